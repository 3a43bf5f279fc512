"""The clocks of a case as dated intervals, and their due dates (许可法 42, 44, 45, 82; rules E02, F01; facts 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import MAX_AMOUNT, Calendar, CountingRules, Deadline, Extension, Limit, Pause, Unit, due, local_date
from services.approval_routing.domain.access import require_here, require_in_charge, require_undecided
from services.approval_routing.domain.case import Case, CaseState, ClockPause
from services.approval_routing.domain.elsewhere import SENT_UP_STOP
from services.approval_routing.domain.worker import Worker

#: Longer is a typing error (our own choice).
MOST_EXPECTED_DAYS = 365


def promised_deadline(case: Case, calendar: Calendar) -> Deadline:
    """The center's promise: the day of acceptance isn't counted; an immediate case is due the same day (facts 8)."""
    return due(case.accepted_at, case.promised, calendar, pauses(case), _extended_promise(case))


def statutory_deadline(case: Case, calendar: Calendar) -> Deadline | None:
    """What the law gives; None where it sets nothing (rules F05)."""
    if case.statutory is None:
        return None
    return due(case.accepted_at, case.statutory, calendar, pauses(case), _extended(case, case.statutory))


def with_deadlines(case: Case, calendar: Calendar) -> Case:
    """The case with its due dates by a calendar. A clock that has stopped for good keeps the date that it had."""
    if case.state.undecided:
        promised, statutory = promised_deadline(case, calendar), statutory_deadline(case, calendar)
        return replace(
            case,
            due_at=promised.due_at,
            due_provisional=promised.provisional or (statutory is not None and statutory.provisional),
            statutory_due_at=None if statutory is None else statutory.due_at,
            calendar_version=calendar.version,
        )
    delivery = delivery_deadline(case, calendar)
    if delivery is None or case.state.closed:
        return case
    return replace(
        case,
        delivery_due_at=delivery.due_at,
        delivery_due_provisional=delivery.provisional,
        calendar_version=calendar.version,
    )


def delivery_deadline(case: Case, calendar: Calendar) -> Deadline | None:
    """The second clock, from the decision to the delivery (许可法 44); None before it."""
    if case.decision is None:
        return None
    return due(case.decision.decided_at, Limit(case.delivery_days, Unit.WORKING_DAY, "行政许可法第四十四条"), calendar)


def renewal_deadline(case: Case, calendar: Calendar) -> Deadline | None:
    """The end of what a case renews, by which it has to be decided (许可法 50): a day like any other, which nothing stops.

    None where it renews nothing, or wasn't applied for in time, or was accepted when the end had come.
    """
    if case.renewal is None or not case.renewal.in_time:
        return None
    days = (case.renewal.valid_until - local_date(case.accepted_at)).days
    if not 0 < days <= MAX_AMOUNT:
        return None
    limit = Limit(days, Unit.CALENDAR_DAY, "行政许可法第五十条")
    return due(case.accepted_at, limit, calendar, rules=CountingRules(roll_calendar_days=False))


def deadlines_differ(case: Case, other: Case) -> bool:
    """Whether any due date, or what is known of it, differs."""
    return _dates(case) != _dates(other)


def _dates(case: Case) -> tuple[object, ...]:
    return (
        case.due_at,
        case.due_provisional,
        case.statutory_due_at,
        case.delivery_due_at,
        case.delivery_due_provisional,
        tuple(step.hearing for step in case.steps),
    )


def pause(
    case: Case, worker: Worker, calendar: Calendar, *, kind: str, expected_days: int, reason: str, now: datetime
) -> Case:
    """Stops the clock for a special procedure that the item names (rules E01, E02; 许可法 45).

    Raises ``Conflict``: paused already (``case_already_paused``), decided (``case_decided``), a kind that the item
    doesn't have (``procedure_not_of_item``), at another site (``step_elsewhere``); ``Invalid`` without reason or
    expected days; ``Forbidden`` for others than who holds the step, or their chief.
    """
    if case.state is CaseState.PAUSED:
        raise Conflict("case_already_paused", "该办件已暂停计时，请先恢复。", id=case.id)
    require_undecided(case)
    require_here(case)
    require_in_charge(case, worker)
    if not 1 <= expected_days <= MOST_EXPECTED_DAYS:
        raise Invalid(
            "expected_days_invalid", f"请填写特别程序预计所需天数（1 至 {MOST_EXPECTED_DAYS}）。", field="expected_days"
        )
    if not reason:
        raise Invalid("text_required", "请写明暂停计时的原因。", field="reason")
    if kind not in case.special_procedures:
        raise Conflict("procedure_not_of_item", "该事项的实施清单没有这一特别程序，不能据此暂停计时。", kind=kind)
    stopped = ClockPause(kind, expected_days, reason, now)
    return with_deadlines(replace(case, state=CaseState.PAUSED, pauses=(*case.pauses, stopped)), calendar)


def resume(case: Case, worker: Worker, calendar: Calendar, *, now: datetime) -> Case:
    """Lets the clock run again. Raises ``Conflict`` (``case_not_paused``), ``Forbidden``."""
    stopped = case.open_pause
    if case.state is not CaseState.PAUSED or stopped is None:
        raise Conflict("case_not_paused", "该办件没有暂停计时，无需恢复。", id=case.id)
    require_in_charge(case, worker)
    pauses = (*case.pauses[:-1], replace(stopped, ended_at=now))
    return with_deadlines(replace(case, state=CaseState.IN_PROGRESS, pauses=pauses), calendar)


def _extended(case: Case, limit: Limit) -> tuple[Extension, ...]:
    """What was added to a limit; one of another unit stays as it is."""
    return tuple(
        Extension(each.amount, each.unit, each.reason, each.basis)
        for each in case.extensions
        if each.granted and each.unit is limit.unit
    )


def _extended_promise(case: Case) -> tuple[Extension, ...]:
    """What was added to the promise: nothing where it had been missed by then."""
    return _extended(case, case.promised) if any(each.moves_promise for each in case.extensions) else ()


def pauses(case: Case) -> tuple[Pause, ...]:
    """What stopped the case's clocks, by names that a citizen understands."""
    return tuple(
        Pause(each.started_at, each.ended_at, _NAMES.get(each.kind, each.kind), each.reason) for each in case.pauses
    )


#: Of the procedures of rules E01, E03, and of the site above.
_NAMES: Final = {
    "hearing": "听证",
    "bidding": "招标",
    "auction": "拍卖",
    "inspection": "检验",
    "testing": "检测",
    "quarantine": "检疫",
    "surveying": "测绘",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
    "site_visit": "现场踏勘",
    "public_notice": "公示",
    SENT_UP_STOP: "报送上级",
}
