"""A State Council notice of a year's holidays (国务院办公厅节假日安排通知) as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kit.errors import Invalid
from kit.workdays import validation
from kit.workdays.statutory import statutory_days

MAX_DAYS: Final = 366

NamedDays = tuple[tuple[date, str], ...]
"""Dates with the holiday that they belong to, in order."""


@dataclass(frozen=True, slots=True)
class PublishedYear:
    """One notice: the days off it grants and the weekend days it makes workdays (调休上班).

    A notice may also rule days of the December before (the New Year bridge), where it overrides the older notice.
    """

    year: int
    source: str
    off: NamedDays
    make_up: NamedDays

    def __post_init__(self) -> None:
        """Raises Invalid on a date outside the notice's reach, given twice, or a make-up day that is no weekend.

        A notice without a day off is refused: an empty file would turn every holiday of the year into a workday.
        """
        if not self.off:
            message = f"{self.year} 年放假安排没有放假日，请填写通知全文的日期。"
            raise Invalid("calendar_year_empty", message, year=self.year)
        seen: set[date] = set()
        for on, _ in (*self.off, *self.make_up):
            if on.year != self.year and (on.year, on.month) != (self.year - 1, 12):
                raise _bad_date(on, f"日期 {on} 不属于 {self.year} 年的放假安排，请更正。")
            if on in seen:
                raise _bad_date(on, f"日期 {on} 在 {self.year} 年放假安排中出现多次，请只保留一处。")
            seen.add(on)
        for on, _ in self.make_up:
            if on.weekday() < 5:
                raise _bad_date(on, f"调休上班日 {on} 不是周末，请核对通知。")

    @classmethod
    def from_data(cls, data: object, field: str = "year") -> PublishedYear:
        """Read a notice document ``{year, source, off: {date: name}, make_up: {date: name}}``. Raises Invalid."""
        notice = validation.mapping(data, field)
        validation.known_fields(notice, field, required=("year", "source", "off", "make_up"), optional=())
        return cls(
            year=validation.whole_number(notice["year"], f"{field}.year", 2, 9999),
            source=validation.text(notice["source"], f"{field}.source", validation.MAX_SOURCE),
            off=_named_days(notice["off"], f"{field}.off"),
            make_up=_named_days(notice["make_up"], f"{field}.make_up"),
        )

    def to_data(self) -> Mapping[str, Any]:
        """The document that from_data reads."""
        return {
            "year": self.year,
            "source": self.source,
            "off": {on.isoformat(): name for on, name in self.off},
            "make_up": {on.isoformat(): name for on, name in self.make_up},
        }

    def missing_statutory_days(self) -> dict[date, str]:
        """Statutory days that the notice doesn't grant: usually a sign of a half-typed one, so warn who enters it."""
        granted = {on for on, _ in self.off}
        return {on: name for on, name in statutory_days(self.year).items() if on not in granted}


def _named_days(value: object, field: str) -> NamedDays:
    days = validation.mapping(value, field)
    if len(days) > MAX_DAYS:
        raise Invalid("calendar_value_invalid", f"日历字段“{field}”超过 {MAX_DAYS} 天，请核对。", field=field)
    named = ((validation.day(on, f"{field}.{on}"), validation.text(name, f"{field}.{on}")) for on, name in days.items())
    return tuple(sorted(named))


def _bad_date(on: date, message: str) -> Invalid:
    return Invalid("calendar_date_conflict", message, date=on.isoformat())
