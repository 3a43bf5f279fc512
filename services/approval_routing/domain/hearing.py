"""The limits of a hearing: five days to ask for it, twenty to hold it, seven days' notice (许可法 46–48, 82).

The days to ask and to hold it are working days and follow the center's calendar, the applicant's time to ask never below
what they were told (our own choice); the days of notice are calendar days, as the stricter reading of who is called (our
own choice). No special procedure stops them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import CENTER_ZONE, Calendar, Limit, Unit, due, local_date
from services.approval_routing.domain.access import require_held
from services.approval_routing.domain.case import Case, CaseStep, StepKind, with_step
from services.approval_routing.domain.conduct import HEARING_NOTICE_DAYS
from services.approval_routing.domain.records import HearingCourse
from services.approval_routing.domain.renewal import ends_at
from services.approval_routing.domain.worker import Worker

ASKING_DAYS: Final = 5
HOLDING_DAYS: Final = 20


@dataclass(frozen=True, slots=True)
class HearingWatch:
    """When the next limit of a hearing is to be told of; ``told``: those that were."""

    id: str
    case_id: str
    step_key: str
    limit: str = ""
    wake_at: datetime | None = None
    told: tuple[str, ...] = ()
    version: int = 0


def plan(
    case: Case, worker: Worker, said: HearingCourse, calendar: Calendar, *, now: datetime, step_key: str = ""
) -> Case:
    """Writes down how far a hearing has come, by who holds its step; again replaces it until the step is recorded.

    Nobody asks for what the agency holds of its own accord (许可法 46). Raises ``Conflict`` (``hearing_not_wanted``,
    ``hearing_held``), ``Invalid`` (``hearing_day_invalid``, ``hearing_asked_late``, ``hearing_too_late``,
    ``hearing_notice_short``), and what ``require_held`` raises.
    """
    position, step = require_held(case, worker, step_key)
    if step.kind is not StepKind.HEARING:
        raise Conflict("hearing_not_wanted", f"环节“{step.name}”不是听证环节。", step=step.key)
    if step.record is not None:
        raise Conflict("hearing_held", "听证记录已登记，不能再改听证安排。", step=step.key)
    today = local_date(now)
    for day, field in ((said.told_on, "told_on"), (said.asked_on, "asked_on"), (said.notified_on, "notified_on")):
        if day is not None and day > today:
            raise Invalid("hearing_day_invalid", "告知、申请和通知的日期不能晚于今天。", field=field)
    ask_by, provisional = _after(said.told_on, ASKING_DAYS, calendar)
    if said.asked_on is not None and not said.told_on <= said.asked_on <= ask_by:
        raise Invalid(
            "hearing_asked_late",
            f"申请听证应在告知后 {ASKING_DAYS} 日内（至 {ask_by}）提出，请核对日期。",
            field="asked_on",
        )
    hold_by = None
    if said.asked_on is not None:
        hold_by, provisional = _after(said.asked_on, HOLDING_DAYS, calendar)
    if said.planned_on is not None:
        if hold_by is not None and said.planned_on > hold_by:
            raise Invalid(
                "hearing_too_late",
                f"应在申请后 {HOLDING_DAYS} 日内（至 {hold_by}）组织听证，请提前安排。",
                field="planned_on",
            )
        if said.notified_on is not None and (said.planned_on - said.notified_on).days < HEARING_NOTICE_DAYS:
            raise Invalid(
                "hearing_notice_short",
                f"听证应在举行 {HEARING_NOTICE_DAYS} 日前通知（许可法第四十八条），请核对通知日期和举行日期。",
                field="notified_on",
            )
    course = replace(said, ask_by=ask_by, hold_by=hold_by, provisional=provisional)
    return with_step(case, position, replace(step, hearing=course))


def by_calendar(case: Case, calendar: Calendar) -> Case:
    """The case with the limits of its hearings by a calendar; of one that was held, or is no more wanted, as they were."""
    for position, step in enumerate(case.steps):
        if step.hearing is not None and _wanted(case, step):
            case = with_step(case, position, replace(step, hearing=_counted(step.hearing, calendar)))
    return case


def ends(case: Case) -> dict[str, datetime]:
    """The limits of hearings that wait to be asked for or held, by what people call them: their last instants."""
    found: dict[str, datetime] = {}
    for step in case.steps:
        course = step.hearing if _wanted(case, step) else None
        if course is not None and course.hold_by is not None:
            found[f"“{step.name}”听证举行期限"] = ends_at(course.hold_by)
        elif course is not None and course.ask_by is not None:
            found[f"“{step.name}”听证申请期限"] = ends_at(course.ask_by)
    return found


def notify_by(course: HearingCourse) -> date | None:
    """The last day to call those whom it concerns; None: no day is planned."""
    return None if course.planned_on is None else course.planned_on - timedelta(days=HEARING_NOTICE_DAYS)


def _counted(course: HearingCourse, calendar: Calendar) -> HearingCourse:
    if course.asked_on is not None:
        hold_by, provisional = _after(course.asked_on, HOLDING_DAYS, calendar)
        return replace(course, hold_by=hold_by, provisional=provisional)
    ask_by, provisional = _after(course.told_on, ASKING_DAYS, calendar)
    return replace(course, ask_by=max(ask_by, course.ask_by or ask_by), provisional=provisional)


def _wanted(case: Case, step: CaseStep) -> bool:
    return step.record is None and step.state.running and case.state.undecided


def watched(case: Case, step: CaseStep, before: HearingWatch) -> HearingWatch:
    """The watch as the step has it now: the limit that comes next and wasn't told of."""
    found = _limits(step.hearing) if _wanted(case, step) else []
    limit, at = min(
        ((name, at) for name, at in found if _told(name, at) not in before.told),
        key=lambda one: one[1],
        default=("", None),
    )
    return replace(before, limit=limit, wake_at=at)


def woken(watch: HearingWatch) -> HearingWatch:
    """The watch once its limit was told of."""
    told = (*watch.told, _told(watch.limit, watch.wake_at)) if watch.wake_at else watch.told
    return replace(watch, limit="", wake_at=None, told=told)


def _limits(course: HearingCourse | None) -> list[tuple[str, datetime]]:
    """What comes next of a hearing: the end of asking; the last day of notice; the last day to hold it, as it begins."""
    if course is None:
        return []
    found: list[tuple[str, datetime]] = []
    if course.asked_on is None and course.planned_on is None and course.ask_by is not None:
        found.append(("ask", _begins(course.ask_by + timedelta(days=1))))
    last = notify_by(course)
    if last is not None and course.notified_on is None:
        found.append(("notice", _begins(last)))
    if course.hold_by is not None:
        found.append(("hold", _begins(course.hold_by)))
    return found


def _told(limit: str, at: datetime | None) -> str:
    return f"{limit} {local_date(at)}" if at else limit


def _after(day: date, days: int, calendar: Calendar) -> tuple[date, bool]:
    """The last of so many working days after a day, and whether a day counts provisionally that no calendar covers yet."""
    found = due(_begins(day) + timedelta(hours=12), Limit(days, Unit.WORKING_DAY), calendar)
    return (local_date(found.due_at) if found.due_at is not None else day), found.provisional


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), CENTER_ZONE)
