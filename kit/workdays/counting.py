"""From terms to the last day: arithmetic on the calendar's index, without walking day by day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from kit.workdays.limits import Unit
from kit.workdays.terms import Terms
from kit.workdays.zone import (
    HOUR_MS,
    LAST_ORDINAL,
    MINUTE_MS,
    date_of,
    day_start_ms,
    ordinal_of,
    out_of_range,
)

MAX_WALK_DAYS: Final = 36_600
"""A limit in hours that isn't used up in a hundred years never will be: hours of a minute a week, say."""


class LastDay(NamedTuple):
    """The day on which a limit in days ends (None while an open pause holds it), and whether that may change."""

    day: int | None
    provisional: bool


class DayCount(Protocol):
    """Days by number: the calendar's index counts working days, EveryDay all of them."""

    def nth_after(self, ordinal: int, n: int) -> int: ...

    def count(self, after: int, through: int) -> int: ...

    def any_provisional(self, after: int, through: int) -> bool: ...


class EveryDay:
    """Calendar days: each counts, none is provisional."""

    __slots__ = ()

    def nth_after(self, ordinal: int, n: int) -> int:
        """The n-th day after a day. Raises Invalid past the year 9999."""
        if ordinal + n > LAST_ORDINAL:
            raise out_of_range()
        return ordinal + n

    def count(self, after: int, through: int) -> int:
        """Days in (after, through]."""
        return max(0, through - after)

    def any_provisional(self, after: int, through: int) -> bool:
        """No: a day is a day."""
        return False


_EVERY_DAY = EveryDay()


def last_day(terms: Terms) -> LastDay:
    """The last day of a limit in working or calendar days. Raises Invalid past the year 9999.

    The day of the start isn't counted (民法典 201); for the same day see same_day.
    """
    if not terms.limit.is_same_day:
        counted = _counted(terms)
        if terms.depends_on_the_start and not counted.provisional:
            # Had one of these days been another, it might have begun on another one.
            return counted._replace(
                provisional=terms.calendar.index.any_provisional(terms.start_day - 1, terms.first_day)
            )
        return counted
    base = same_day(terms)
    if base.day is None or terms.total == 0:
        return base
    extended = _nth_unpaused(terms, terms.calendar.index, base.day, terms.total)
    return LastDay(extended.day, base.provisional or extended.provisional)


def _counted(terms: Terms) -> LastDay:
    if terms.limit.unit is Unit.WORKING_DAY:
        return _nth_unpaused(terms, terms.calendar.index, terms.first_day, terms.total)
    counted = _nth_unpaused(terms, _EVERY_DAY, terms.first_day, terms.total)
    if counted.day is None or not terms.rules.roll_calendar_days:
        return counted
    return _next_working(terms, counted.day)


def same_day(terms: Terms) -> LastDay:
    """The day of receipt if it is a working day and its hours aren't over, else the next one that serves (rules F01)."""
    first = terms.start_day
    hours = terms.calendar.working_intervals(date_of(first))
    if hours and terms.start_ms < day_start_ms(first) + hours[-1].end * MINUTE_MS:
        return _next_working(terms, first, serving=True)
    # The day of receipt was looked at in vain, and what it is may be provisional.
    provisional = _pause_end(terms, first) == first - 1 and terms.calendar.index.any_provisional(first - 1, first)
    following = _next_working(terms, first + 1, serving=True)
    return LastDay(following.day, provisional or following.provisional)


def counted_between(terms: Terms, after: int, through: int) -> int:
    """How many days in (after, through] count, pauses left out; in the limit's unit, working days for hours."""
    days: DayCount = _EVERY_DAY if terms.limit.unit is Unit.CALENDAR_DAY else terms.calendar.index
    total, reached = 0, after
    for first, last in terms.paused_days:
        total += days.count(reached, min(first - 1, through))
        if last is None or last >= through:
            return total
        reached = max(reached, last)
    return total + days.count(reached, through)


def working_slots(terms: Terms, day: int, since_ms: int) -> list[tuple[int, int]]:
    """The local milliseconds [start, end) of a day in which a limit in hours runs: working hours without pauses."""
    midnight = day_start_ms(day)
    slots = []
    for interval in terms.calendar.working_intervals(date_of(day)):
        start, end = max(since_ms, midnight + interval.start * MINUTE_MS), midnight + interval.end * MINUTE_MS
        for pause_start, pause_end in terms.paused:
            if pause_start >= end:
                break
            if pause_end is not None and pause_end <= start:
                continue
            if start < pause_start:
                slots.append((start, pause_start))
            start = end if pause_end is None else min(end, pause_end)
        if start < end:
            slots.append((start, end))
    return slots


def hour_days(terms: Terms) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """The days from the start on with their working slots, until an open pause begins. Raises Invalid far out."""
    open_from = terms.paused[-1][0] if terms.open_pause else None
    for day in range(terms.start_day, min(LAST_ORDINAL, terms.start_day + MAX_WALK_DAYS) + 1):
        yield day, working_slots(terms, day, terms.start_ms)
        if open_from is not None and open_from < day_start_ms(day + 1):
            return
    raise out_of_range()


def last_hour(terms: Terms) -> tuple[int | None, bool]:
    """The local millisecond at which a limit in hours is used up, None while open, and whether that may change."""
    left = terms.total * HOUR_MS
    provisional = False
    for day, slots in hour_days(terms):
        provisional = provisional or terms.calendar.day_status(date_of(day)).provisional
        for start, end in slots:
            if end - start >= left:
                return start + left, provisional
            left -= end - start
    return None, provisional


def _nth_unpaused(terms: Terms, days: DayCount, after: int, n: int) -> LastDay:
    """The n-th day after a day that counts and isn't paused."""
    reached, left, provisional = after, n, False
    for first, last in terms.paused_days:
        if last is not None and last <= reached:
            continue
        target = days.nth_after(reached, left)
        if target < first:
            return LastDay(target, provisional or days.any_provisional(reached, target))
        provisional = provisional or days.any_provisional(reached, first - 1)
        left -= days.count(reached, first - 1)
        if last is None:
            return LastDay(None, provisional)
        reached = last
    target = days.nth_after(reached, left)
    return LastDay(target, provisional or days.any_provisional(reached, target))


def _next_working(terms: Terms, day: int, serving: bool = False) -> LastDay:
    """The first unpaused working day from a day on; `serving` asks that the center opens on it, too."""
    index = terms.calendar.index
    provisional = False
    while True:
        paused_until = _pause_end(terms, day)
        if paused_until is None:
            return LastDay(None, provisional)
        if paused_until >= day:
            day = paused_until + 1
            continue
        provisional = provisional or index.any_provisional(day - 1, day)
        if index.is_working(day) and (not serving or terms.calendar.opening_intervals(date_of(day))):
            return LastDay(day, provisional)
        day += 1


def _pause_end(terms: Terms, day: int) -> int | None:
    """The last day of the pause that covers a day; the day before when none does, None when it is open."""
    for first, last in terms.paused_days:
        if first <= day and (last is None or day <= last):
            return last
    return day - 1


def day_of_instant(ms: int) -> int:
    """The day that a due instant closes: 24:00 still belongs to the day before."""
    return ordinal_of(ms - 1)
