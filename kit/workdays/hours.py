"""Opening hours: intervals within a day, and a week of them.

Hours say when a center serves; they don't say which days count. A village point that opens on Wednesdays only still
has every legal working day counted against it, and a Saturday service doesn't shorten anybody's limit.
Values are the center's policy (rules T02, ZZ6 `work_calendar`), so no hours stand in this package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final

from kit.errors import Invalid
from kit.workdays import validation
from kit.workdays.zone import local_instant

DAY_MINUTES: Final = 24 * 60
MAX_INTERVALS: Final = 12
_KEYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM: Final = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of one day, in minutes from local midnight: start included, end not; the end may be 24:00."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Raises Invalid unless 0 ≤ start < end ≤ 1440."""
        if not 0 <= self.start < self.end <= DAY_MINUTES:
            raise _bad_hours("hours", f"{_clock(self.start)}-{_clock(self.end)}")

    @classmethod
    def parse(cls, form: object, field: str = "hours") -> Interval:
        """Read ``09:00-12:00``. Raises Invalid on any other form."""
        match = _FORM.fullmatch(form) if isinstance(form, str) else None
        if match is None:
            raise _bad_hours(field, form)
        start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
        start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
        if not start < end <= DAY_MINUTES:
            raise _bad_hours(field, form)
        return cls(start, end)

    @property
    def form(self) -> str:
        """``09:00-12:00``, as it stands in documents."""
        return f"{_clock(self.start)}-{_clock(self.end)}"

    def on(self, day: date) -> tuple[datetime, datetime]:
        """The UTC instants at which it begins and ends on a day."""
        return local_instant(day, self.start), local_instant(day, self.end)


Hours = tuple[Interval, ...]
"""The intervals of one day, in order and apart; empty when closed."""


def day_hours(*forms: str) -> Hours:
    """The hours of a day, such as ``day_hours("09:00-12:00", "13:00-17:00")``. Raises Invalid on bad hours."""
    return parse_hours(list(forms), "hours")


def parse_hours(value: object, field: str) -> Hours:
    """Read a list of intervals; they must come in order and must not overlap."""
    items = validation.sequence(value, field, MAX_INTERVALS)
    hours = tuple(Interval.parse(item, f"{field}[{index}]") for index, item in enumerate(items))
    _check_order(hours, field)
    return hours


def hours_text(hours: Hours) -> str:
    """Hours for people: ``09:00–12:00、13:00–17:00``."""
    return "、".join(interval.form.replace("-", "–") for interval in hours)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The hours of an ordinary week, Monday first, and those of a make-up workday (调休上班).

    A make-up workday falls on a weekend whose own hours are usually empty, so it has hours of its own.
    """

    days: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    make_up: Hours

    def __post_init__(self) -> None:
        """Raises Invalid unless there are seven days, in order within, and one of Monday–Friday is open.

        Without an open weekday there'd be no next working day to hand anything in.
        """
        if len(self.days) != 7:
            raise Invalid("calendar_hours_invalid", "每周服务时间须包含周一至周日七天。", field="hours")
        for key, hours in zip((*_KEYS, "make_up"), (*self.days, self.make_up), strict=True):
            _check_order(hours, f"hours.{key}")
        if not any(self.days[:5]):
            raise Invalid("calendar_hours_invalid", "周一至周五至少应有一天对外服务，请填写服务时间。", field="hours")

    @classmethod
    def weekdays(cls, *forms: str) -> WeeklyHours:
        """The same hours on Monday to Friday and on make-up workdays, closed at weekends."""
        hours = day_hours(*forms)
        return cls((hours, hours, hours, hours, hours, (), ()), hours)

    @classmethod
    def from_data(cls, data: object, field: str = "hours") -> WeeklyHours:
        """Read a document; a weekday left out is closed. Raises Invalid."""
        week = validation.mapping(data, field)
        validation.known_fields(week, field, required=("make_up",), optional=_KEYS)
        mon, tue, wed, thu, fri, sat, sun = (parse_hours(week.get(key, []), f"{field}.{key}") for key in _KEYS)
        return cls((mon, tue, wed, thu, fri, sat, sun), parse_hours(week["make_up"], f"{field}.make_up"))

    def to_data(self) -> Mapping[str, Any]:
        """The document that from_data reads."""
        data: dict[str, Any] = {key: hours_data(hours) for key, hours in zip(_KEYS, self.days, strict=True) if hours}
        data["make_up"] = hours_data(self.make_up)
        return data


def hours_data(hours: Hours) -> list[str]:
    """The list that parse_hours reads."""
    return [interval.form for interval in hours]


def _check_order(hours: Sequence[Interval], field: str) -> None:
    for before, after in pairwise(hours):
        if after.start < before.end:
            raise _bad_hours(field, f"{before.form}, {after.form}")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _bad_hours(field: str, form: object) -> Invalid:
    return Invalid(
        "calendar_hours_invalid",
        f"服务时间“{field}”有误：请写成 09:00-12:00 的形式，开始早于结束，按先后排列且不重叠。",
        field=field,
        value=str(form)[:60],
    )
