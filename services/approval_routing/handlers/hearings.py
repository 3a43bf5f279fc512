"""Hearings: how far they have come, and alarms before their limits (许可法 46–48)."""

from __future__ import annotations

import contextlib
from typing import Final

from kit.alarms import ALARMS, Alarm
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Invalid
from kit.store.port import Body, Duplicate, Kind
from kit.store.repository import check_version
from services.approval_routing.domain import hearing
from services.approval_routing.domain.access import behalf_of
from services.approval_routing.domain.case import Case, StepKind
from services.approval_routing.domain.events import HearingLimitReached, HearingPlanned
from services.approval_routing.domain.hearing import HearingWatch
from services.approval_routing.domain.records import HearingCourse
from services.approval_routing.domain.tasks import task_id
from services.approval_routing.handlers.access import loaded, worker
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.conduct import day_of
from services.approval_routing.handlers.office import Office
from services.approval_routing.handlers.work import acted_on

HEARINGS: Final = Kind("hearing_watch", (ALARMS,))


def hearing_keys(watch: HearingWatch) -> Body:
    """When it wakes up."""
    return {"due_at": None if watch.wake_at is None else to_ms(watch.wake_at)}


def plan_hearing(
    *,
    office: Office,
    call: Call,
    case_id: str,
    step_key: str,
    told_on: str,
    asked_on: str,
    notified_on: str,
    planned_on: str,
    expected_version: int,
) -> Case:
    """Writes down how far a hearing has come. Days are ISO, empty: not yet.

    Raises what ``hearing.plan`` raises, ``Invalid`` (``day_invalid``, ``hearing_day_invalid``), ``NotFound``, ``Stale``.
    """
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    told = day_of(told_on, "told_on")
    if told is None:
        raise Invalid("hearing_day_invalid", "请填写告知（公告）听证的日期。", field="told_on")
    said = HearingCourse(
        told, day_of(asked_on, "asked_on"), day_of(notified_on, "notified_on"), day_of(planned_on, "planned_on")
    )
    who, calendar = worker(office, call), office.reference.calendar(case.center_id)
    planned = hearing.plan(case, who, said, calendar, now=call.now, step_key=step_key)
    key = acted_on(case, planned)
    planned = office.cases.save(planned, [HearingPlanned(planned, key, on_behalf_of=behalf_of(case, who, key))], call)
    return recounting(office).by_the_present(call, planned, calendar)


def keep_hearings(*, office: Office, call: Call, case: Case) -> None:
    """Makes the watches of a case's hearings say what it says now; again changes nothing. Raises ``Stale``."""
    for step in case.steps:
        if step.kind is not StepKind.HEARING:
            continue
        id = task_id(case.id, step.key)
        there = office.hearings.find_by_id(id)
        now = hearing.watched(case, step, there or HearingWatch(id, case.id, step.key))
        if there is None and now.wake_at is not None:
            with contextlib.suppress(Duplicate):
                office.hearings.create(now, [], call)
        elif there is not None and now != there:
            office.hearings.save(now, [], call)


def hearing_alarms(office: Office) -> list[Alarm]:
    """Tells of a limit of a hearing while it can still be kept; then looks for the one that comes next."""

    def fire(watch: HearingWatch, call: Call) -> None:
        case = office.cases.get(watch.case_id)
        step = next(step for step in case.steps if step.key == watch.step_key)
        told = [HearingLimitReached(case, watch.step_key, watch.limit)]
        office.hearings.save(hearing.watched(case, step, hearing.woken(watch)), told, call)

    return [Alarm("hearing_limit", office.hearings, fire)]
