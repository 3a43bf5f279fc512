"""A cumulative index of working days, year by year, so that counting costs the same for 5 days and for 500."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from kit.workdays.zone import LAST_ORDINAL, out_of_range

MAX_YEARS_KEPT: Final = 64
"""Years indexed at once (about 2 KB each): a public calculator must not be able to fill memory with year 9000."""

Classify = Callable[[date], tuple[bool, bool]]
"""(working, provisional) of a day."""


@dataclass(frozen=True, slots=True)
class _Year:
    first: int
    """Ordinal of January 1."""
    working: array[int]
    """working[i]: working days among the first i days."""
    provisional: array[int]
    """provisional[i]: provisional days among the first i days."""
    nth: array[int]
    """nth[k]: position in the year of its working day k, from 0."""


class WorkdayIndex:
    """Working days by number. Days are proleptic ordinals; ranges are (after, through].

    Filled on demand. Threads may fill the same year twice, with the same content; nothing else is shared.
    """

    __slots__ = ("_classify", "_years")

    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self._years: dict[int, _Year] = {}

    def is_working(self, ordinal: int) -> bool:
        """Whether a day counts."""
        return self.count(ordinal - 1, ordinal) == 1

    def nth_after(self, ordinal: int, n: int) -> int:
        """The n-th working day after a day, n ≥ 1. Raises Invalid past the year 9999."""
        year, position = self._locate(ordinal)
        target = year.working[position + 1] + n - 1
        while target >= len(year.nth):
            target -= len(year.nth)
            year = self._year_from(year.first + len(year.working) - 1)
        return year.first + year.nth[target]

    def count(self, after: int, through: int) -> int:
        """Working days in (after, through]; 0 when there is no such day."""
        if through <= after:
            return 0
        return sum(year.working[end] - year.working[start] for year, start, end in self._slices(after, through))

    def any_provisional(self, after: int, through: int) -> bool:
        """Whether a day in (after, through] is provisional."""
        if through <= after:
            return False
        slices = self._slices(after, through)
        return any(year.provisional[end] != year.provisional[start] for year, start, end in slices)

    def _slices(self, after: int, through: int) -> list[tuple[_Year, int, int]]:
        """The range cut at year ends: positions [start, end) in each year."""
        slices = []
        year, position = self._locate(after + 1)
        while through >= year.first + len(year.working) - 1:
            slices.append((year, position, len(year.working) - 1))
            year, position = self._year_from(year.first + len(year.working) - 1), 0
        slices.append((year, position, through - year.first + 1))
        return slices

    def _locate(self, ordinal: int) -> tuple[_Year, int]:
        year = self._year_from(ordinal)
        return year, ordinal - year.first

    def _year_from(self, ordinal: int) -> _Year:
        if not 1 <= ordinal <= LAST_ORDINAL:
            raise out_of_range()
        number = date.fromordinal(ordinal).year
        year = self._years.get(number)
        if year is None:
            year = self._build(number)
            if len(self._years) >= MAX_YEARS_KEPT:
                self._years.clear()
            self._years[number] = year
        return year

    def _build(self, number: int) -> _Year:
        first = date(number, 1, 1).toordinal()
        last = date(number, 12, 31).toordinal()
        working, provisional, nth = array("H", [0]), array("H", [0]), array("H")
        for ordinal in range(first, last + 1):
            counts, unsettled = self._classify(date.fromordinal(ordinal))
            if counts:
                nth.append(ordinal - first)
            working.append(working[-1] + counts)
            provisional.append(provisional[-1] + unsettled)
        return _Year(first, working, provisional, nth)
