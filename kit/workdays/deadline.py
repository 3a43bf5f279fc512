"""The due date of a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kit.workdays import explain
from kit.workdays.calendar import Calendar
from kit.workdays.counting import day_of_instant, last_day, last_hour
from kit.workdays.explain import DayLine
from kit.workdays.limits import CountingRules, DayEnd, Extension, Limit, Pause, Unit
from kit.workdays.terms import Terms
from kit.workdays.zone import DAY_MS, MINUTE_MS, date_of, day_start_ms, instant


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a limit ends, and all that it follows from.

    `due_at` is the last instant in time (UTC, milliseconds), `due_on` the center's date of it. Both are None while
    an open pause holds the clock: nobody can say when it ends. `provisional` says that a day in between belongs to
    a year that the State Council hasn't published; compute again when it has.
    """

    terms: Terms
    due_at: datetime | None
    due_on: date | None
    provisional: bool

    @property
    def is_open(self) -> bool:
        """Whether an open pause keeps the due date unknown."""
        return self.due_at is None

    @property
    def calendar_version(self) -> int:
        """The version of the calendar that it was computed with."""
        return self.terms.calendar.version

    def explain(self) -> list[DayLine]:
        """Each day from the start to the due date: counted, skipped or paused, and why. Computed when asked."""
        return explain.explain(self.terms, self.due_at, self.due_on)

    def spans(self) -> list[str]:
        """The explanation with days of one kind told together, for a paper."""
        return explain.spans(self.explain())

    def summary(self) -> str:
        """One sentence for people."""
        return explain.summary(self.terms, self.due_at, self.due_on, self.provisional)


def due(
    start_at: datetime,
    limit: Limit,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    rules: CountingRules | None = None,
) -> Deadline:
    """The deadline of a limit that starts at an instant (许可法 42, 45, 82; 民法典 201, 203; rules E02, F01–F05).

    It is counted as the calendar's center counts, unless ``rules`` say otherwise. Raises Invalid: no time zone, pauses
    that overlap, an extension in another unit, more than 3650 units in all, a date past the year 9999.
    """
    rules = rules or calendar.counting
    terms = Terms(start_at, limit, calendar, pauses, extensions, rules)
    if limit.unit is Unit.HOUR:
        ms, provisional = last_hour(terms)
        if ms is None:
            return Deadline(terms, None, None, provisional)
        return Deadline(terms, instant(ms), date_of(day_of_instant(ms)), provisional)
    day, provisional = last_day(terms)
    if day is None:
        return Deadline(terms, None, None, provisional)
    on = date_of(day)
    return Deadline(terms, instant(day_start_ms(day) + _last_ms(on, calendar, rules)), on, provisional)


def _last_ms(on: date, calendar: Calendar, rules: CountingRules) -> int:
    """The last millisecond of the last day, from its midnight; handing in at the stroke of closing is in time."""
    if rules.day_end is DayEnd.CLOSE_OF_BUSINESS and (hours := calendar.opening_intervals(on)):
        return min(hours[-1].end * MINUTE_MS, DAY_MS - 1)
    return DAY_MS - 1
