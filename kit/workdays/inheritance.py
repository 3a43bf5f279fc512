"""A center's overrides of its parent's calendar (province > city hub > county > township > village)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.errors import Invalid
from kit.workdays.calendar import Calendar
from kit.workdays.document import parse_overrides, unparse
from kit.workdays.hours import WeeklyHours
from kit.workdays.published import PublishedYear
from kit.workdays.special_days import DayKind, SpecialDay


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a center sets itself. Hours replace the parent's as a whole week; years and days replace one by one.

    A day of kind REGULAR takes back the parent's exception of that date: the city hub's storm closes no village.
    """

    version: int
    hours: WeeklyHours | None = None
    years: tuple[PublishedYear, ...] = ()
    days: tuple[SpecialDay, ...] = ()

    def __post_init__(self) -> None:
        """Raises Invalid on a year or a day given twice."""
        if len({year.year for year in self.years}) != len(self.years):
            raise Invalid("calendar_date_conflict", "同一年的放假安排出现多次，请只保留一份。", field="years")
        if len({day.on for day in self.days}) != len(self.days):
            raise Invalid("calendar_date_conflict", "同一天的特殊安排出现多次，请只保留一处。", field="days")

    @classmethod
    def from_data(cls, data: object) -> Overrides:
        """Read an overrides document, strictly. Raises Invalid with the field that is wrong."""
        version, hours, years, days = parse_overrides(data)
        return cls(version, hours, years, days)

    def to_data(self) -> Mapping[str, Any]:
        """The document that from_data reads; plain JSON types."""
        return unparse(self.version, self.hours, self.years, self.days)


def merge(parent: Calendar, own: Overrides, version: int | None = None) -> Calendar:
    """The effective calendar of a center under its parent's.

    `version` is the effective calendar's number. The caller passes one when the parent's change must also make a
    new version; without it the overrides' own stands.
    """
    years = {year.year: year for year in parent.years} | {year.year: year for year in own.years}
    days = {day.on: day for day in parent.days} | {day.on: day for day in own.days}
    return Calendar(
        version=own.version if version is None else version,
        hours=own.hours or parent.hours,
        years=tuple(years.values()),
        days=tuple(day for day in days.values() if day.kind is not DayKind.REGULAR),
        counting=parent.counting,
    )
