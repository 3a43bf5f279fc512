"""How much of a limit is left, for lists and boards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.workdays.counting import counted_between, day_of_instant, working_slots
from kit.workdays.deadline import Deadline
from kit.workdays.limits import Unit
from kit.workdays.terms import Terms
from kit.workdays.zone import HOUR_MS, date_of, local_ms, ordinal_of


class Standing(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    DUE_TODAY = "due_today"
    PAUSED = "paused"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left, or by how much it is over, in `unit`.

    Days left are those that still count after today, so 0 means today is the last. Hours left are rounded up and
    hours over rounded down: neither flatters the office nor alarms the citizen.
    """

    standing: Standing
    amount: int
    unit: Unit
    text: str


_UNIT_TEXTS = {Unit.WORKING_DAY: "个工作日", Unit.CALENDAR_DAY: "天", Unit.HOUR: "个工作小时"}


def remaining(now: datetime, deadline: Deadline) -> Remaining:
    """What is left of a deadline at an instant. Raises Invalid when it has no time zone."""
    terms, unit = deadline.terms, deadline.terms.limit.unit
    ms = local_ms(now, "now")
    if deadline.due_at is not None and now > deadline.due_at:
        over = _over(terms, local_ms(deadline.due_at, "due_at"), ms)
        text = f"已超期 {over} {_UNIT_TEXTS[unit]}" if over else f"已超期不足 1 {_UNIT_TEXTS[unit]}"
        return Remaining(Standing.OVERDUE, over, unit, text)
    left = _hours_left(deadline, ms) if unit is Unit.HOUR else _days_left(deadline, ms)
    left_text = f"还剩 {left} {_UNIT_TEXTS[unit]}"
    if terms.is_paused(ms):
        return Remaining(Standing.PAUSED, left, unit, f"暂停计时，{left_text}")
    if deadline.due_on is not None and deadline.due_on == date_of(ordinal_of(ms)):
        return Remaining(Standing.DUE_TODAY, left, unit, f"今天到期，{left_text}" if unit is Unit.HOUR else "今天到期")
    return Remaining(Standing.RUNNING, left, unit, left_text)


def _days_left(deadline: Deadline, ms: int) -> int:
    terms = deadline.terms
    today = max(ordinal_of(ms), terms.first_day)
    if deadline.due_on is not None:
        return counted_between(terms, today, deadline.due_on.toordinal())
    return max(0, terms.total - counted_between(terms, terms.first_day, today))


def _over(terms: Terms, due_ms: int, ms: int) -> int:
    """By how much it is late. A pause of days that begins when it is already late doesn't make it less late."""
    due_day, today = day_of_instant(due_ms), ordinal_of(ms)
    match terms.limit.unit:
        case Unit.WORKING_DAY:
            return terms.calendar.index.count(due_day, today)
        case Unit.CALENDAR_DAY:
            return today - due_day
        case Unit.HOUR:
            return _used_ms(terms, due_ms, ms) // HOUR_MS


def _hours_left(deadline: Deadline, ms: int) -> int:
    """Whole working hours left, rounded up."""
    terms = deadline.terms
    used = _used_ms(terms, terms.start_ms, max(ms, terms.start_ms))
    return -(-max(0, terms.total * HOUR_MS - used) // HOUR_MS)


def _used_ms(terms: Terms, since: int, until: int) -> int:
    """Milliseconds of a limit in hours between two local milliseconds."""
    return sum(
        max(0, min(end, until) - start)
        for day in range(ordinal_of(since), ordinal_of(until) + 1)
        for start, end in working_slots(terms, day, since)
    )
