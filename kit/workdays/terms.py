"""The terms of one deadline, checked together and turned into day and millisecond numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from kit.errors import Invalid
from kit.workdays.calendar import Calendar
from kit.workdays.limits import MAX_AMOUNT, AfterHours, CountingRules, Extension, Limit, Pause, Unit
from kit.workdays.zone import MINUTE_MS, date_of, day_start_ms, local_ms, ordinal_of

Spans = tuple[tuple[int, int | None], ...]
"""Stretches in order; None is an end that isn't known yet."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that a due date depends on. Pauses are put in order; one that lasted no time is left out."""

    start_at: datetime
    limit: Limit
    calendar: Calendar
    pauses: Sequence[Pause]
    extensions: Sequence[Extension]
    rules: CountingRules
    start_ms: int = field(init=False, repr=False, compare=False)
    start_day: int = field(init=False, repr=False, compare=False)
    first_day: int = field(init=False, repr=False, compare=False)
    """The day that isn't counted and behind which counting begins: that of the start, or a later one (``AfterHours``)."""
    total: int = field(init=False, repr=False, compare=False)
    """Limit and extensions together."""
    paused: Spans = field(init=False, repr=False, compare=False)
    """Local milliseconds [start, end) in which the clock stands."""
    paused_days: Spans = field(init=False, repr=False, compare=False)
    """Ordinals (first, last), both included, of the days that each pause touches; two may share a day."""

    def __post_init__(self) -> None:
        """Raises Invalid when pauses overlap, an extension has another unit, or all together is too long."""
        start_ms = local_ms(self.start_at, "start_at")
        pauses, paused = _in_order(self.pauses)
        put = object.__setattr__
        put(self, "pauses", pauses)
        put(self, "extensions", tuple(self.extensions))
        put(self, "start_ms", start_ms)
        put(self, "start_day", ordinal_of(start_ms))
        put(self, "first_day", self._first_day())
        put(self, "total", self.limit.amount + self._extended())
        put(self, "paused", paused)
        put(self, "paused_days", tuple(map(_days, paused)))

    def pauses_by_day(self) -> list[tuple[int, int | None, Pause]]:
        """Each pause that keeps days from being counted, with its first and last day (None while open)."""
        return [(*days, pause) for days, pause in zip(self.paused_days, self.pauses, strict=True)]

    @property
    def open_pause(self) -> Pause | None:
        """The pause that has no end yet."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].end_at is None else None

    @property
    def depends_on_the_start(self) -> bool:
        """Whether it matters for the count if the start was within the hours of a working day."""
        in_days = self.limit.unit is not Unit.HOUR and not self.limit.is_same_day
        return in_days and self.rules.after_hours is AfterHours.NEXT_WORKING_DAY

    def is_paused(self, ms: int) -> bool:
        """Whether the clock stands at a local millisecond."""
        return any(start <= ms and (end is None or ms < end) for start, end in self.paused)

    def _first_day(self) -> int:
        day = self.start_day
        if not self.depends_on_the_start:
            return day
        hours = self.calendar.working_intervals(date_of(day))
        if hours and self.start_ms < day_start_ms(day) + hours[-1].end * MINUTE_MS:
            return day
        day += 1
        while not self.calendar.working_intervals(date_of(day)):
            day += 1
        return day

    def _extended(self) -> int:
        for extension in self.extensions:
            if extension.unit is not self.limit.unit:
                raise Invalid("extension_unit_differs", f"延期的单位应与时限（{self.limit.text}）一致，请更正。")
        extended = sum(extension.amount for extension in self.extensions)
        if self.limit.amount + extended > MAX_AMOUNT:
            raise Invalid("extension_invalid", f"时限与延期合计超过 {MAX_AMOUNT}，请核对。", amount=extended)
        return extended


def _in_order(pauses: Sequence[Pause]) -> tuple[tuple[Pause, ...], Spans]:
    """The pauses that lasted, with their milliseconds. Raises Invalid when two overlap."""
    spans = []
    for pause in pauses:
        start = local_ms(pause.start_at, "pause.start_at")
        end = None if pause.end_at is None else local_ms(pause.end_at, "pause.end_at")
        if end is None or end > start:
            spans.append((start, end, pause))
    spans.sort(key=lambda span: span[0])
    for (_, end, _), (start, _, pause) in pairwise(spans):
        if end is None or start < end:
            raise Invalid("pauses_overlap", f"“{pause.kind}”与另一次暂停的时间重叠，请更正。", kind=pause.kind)
    return tuple(pause for _, _, pause in spans), tuple((start, end) for start, end, _ in spans)


def _days(span: tuple[int, int | None]) -> tuple[int, int | None]:
    start, end = span
    return ordinal_of(start), None if end is None else ordinal_of(end - 1)
