"""Calendars of centers, inherited down the tree (rules T02, ZZ6; facts 11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from kit.errors import Invalid
from kit.workdays import Calendar, DayKind, Overrides, WeeklyHours, merge, statutory_days

#: The least that a center's own part says: nothing of its own.
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({"form": 1, "version": 1})


@dataclass(frozen=True, slots=True)
class CenterCalendar:
    """A center's own part of its calendar, and what was last told to hold for it. Its id is the center's."""

    id: str
    own: dict[str, Any] = field(default_factory=lambda: dict(NOTHING))
    told: dict[str, Any] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class CalendarChanged:
    """A center's calendar changed, or that of a parent, or a year was published."""

    calendar: CenterCalendar
    #: Who changed it, here or further up.
    changed_by: str
    #: What is different now, for people.
    difference: str
    rules: str = "rules ZZ6, T02; facts 11"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one center adds to its parent's calendar: its own part, and the hours that its policy sets (ZZ6)."""

    own: Mapping[str, Any]
    policy_hours: Mapping[str, Any] | None = None


def effective(base: Calendar, layers: Iterable[Layer], version: int) -> Calendar:
    """The calendar at the end of a chain from the root down.

    The nearest center's hours win; where one center sets them in its calendar and in its policy, the calendar does.
    """
    calendar = base
    for layer in layers:
        own = Overrides.from_data(layer.own)
        if own.hours is None and layer.policy_hours is not None:
            own = replace(own, hours=WeeklyHours.from_data(layer.policy_hours))
        calendar = merge(calendar, own)
    return replace(calendar, version=version)


def own_part(data: Mapping[str, Any]) -> dict[str, Any]:
    """A center's own part as it is kept: read strictly, written plainly. Raises ``Invalid``."""
    return dict(Overrides.from_data({**NOTHING, **data}).to_data())


def require_holidays_kept(own: Mapping[str, Any], now: Calendar) -> None:
    """A center may open on a holiday, but not have it count: limits are without holidays (许可法 82).

    Raises ``Invalid`` (``calendar_make_up_on_holiday``) with the day that is both.
    """
    for day in Overrides.from_data(own).days:
        if day.kind is DayKind.MAKE_UP and (name := _holiday(day.on, now)):
            raise Invalid(
                "calendar_make_up_on_holiday",
                f"{day.on} 是{name}，办理期限不计入，不能设为调休上班；当天对外服务的，请设为“服务时间调整”。",
                field=f"days.{day.on}",
            )


def _holiday(on: date, now: Calendar) -> str:
    """Which holiday a day is, by the notices and the law; empty: none."""
    published = {day: name for year in now.years for day, name in year.off}
    made_up = {day for year in now.years for day, _ in year.make_up}
    name = published.get(on) or statutory_days(on.year).get(on, "")
    return "" if on in made_up else name


def told(calendar: CenterCalendar, now: Calendar, changed_by: str) -> tuple[CenterCalendar, CalendarChanged]:
    """The document that tells what holds now, a calendar of its next version."""
    changed = replace(calendar, told=dict(now.to_data()))
    difference = differences(Calendar.from_data(calendar.told), now) if calendar.told else ""
    return changed, CalendarChanged(replace(changed, version=calendar.version + 1), changed_by, difference)


def tell(calendar: CenterCalendar, now: Calendar, changed_by: str) -> tuple[CenterCalendar, CalendarChanged] | None:
    """The same where another one was told before, or none; else None."""
    changed, event = told(calendar, now, changed_by)
    same = {**changed.told, "version": 0} == {**calendar.told, "version": 0}
    return None if same and calendar.version else (changed, event)


#: How many of the days that differ are named.
_NAMED: Final = 5


def differences(before: Calendar, after: Calendar) -> str:
    """What changed from one calendar to the next, for people: ``公布 2027 年放假安排；2026-12-01 中心闭馆：台风``."""
    parts = []
    old_years, new_years = ({year.year: year for year in each.years} for each in (before, after))
    parts += [f"公布 {year} 年放假安排" for year in new_years if year not in old_years]
    parts += [
        f"更正 {year} 年放假安排" for year in new_years if new_years[year] != old_years.get(year, new_years[year])
    ]
    parts += [f"撤回 {year} 年放假安排" for year in old_years if year not in new_years]
    old_days, new_days = ({day.on: day for day in each.days} for each in (before, after))
    changed = sorted(on for on in {*old_days, *new_days} if old_days.get(on) != new_days.get(on))
    parts += [f"{on} {after.day_status(on).reason}" for on in changed[:_NAMED]]
    if len(changed) > _NAMED:
        parts.append(f"另有 {len(changed) - _NAMED} 天")
    if before.hours != after.hours:
        parts.append("每周服务时间调整")
    if before.counting != after.counting:
        parts.append("期限届满时点或顺延规则调整")
    return "；".join(parts)
