"""The stored form of a calendar and of a center's overrides: read strictly, written plainly.

    {"form": 1, "version": 3,
     "hours": {"mon": ["09:00-12:00", "13:00-17:00"], …, "make_up": ["09:00-12:00", "13:00-17:00"]},
     "years": [{"year": 2026, "source": "…", "off": {"2026-01-01": "元旦"}, "make_up": {"2026-01-04": "元旦"}}],
     "days": {"2026-08-03": {"kind": "closure", "name": "台风"}},
     "counting": {"day_end": "close_of_business", "roll_calendar_days": true, "after_hours": "next_working_day"}}

`counting` is left out where the center counts as usual, and stands in no overrides; so is `after_hours` in it.
In overrides `hours` may be left out (the parent's hold).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kit.errors import Invalid
from kit.workdays import validation
from kit.workdays.hours import WeeklyHours
from kit.workdays.limits import AfterHours, CountingRules, DayEnd
from kit.workdays.published import PublishedYear
from kit.workdays.special_days import SpecialDay

FORM: Final = 1
"""Version of the form itself; a reader refuses one that it doesn't know."""
MAX_YEARS: Final = 200
MAX_SPECIAL_DAYS: Final = 3660

Years = tuple[PublishedYear, ...]
Days = tuple[SpecialDay, ...]


def parse_calendar(data: object) -> tuple[int, WeeklyHours, Years, Days, CountingRules]:
    """Read a whole calendar. Raises Invalid."""
    document = _open(data, required=("form", "version", "hours", "years", "days"), optional=("counting",))
    return (
        _version(document),
        WeeklyHours.from_data(document["hours"]),
        _years(document["years"]),
        _days(document["days"]),
        _counting(document.get("counting", {})),
    )


def parse_overrides(data: object) -> tuple[int, WeeklyHours | None, Years, Days]:
    """Read a center's overrides, of which only the version is required. Raises Invalid."""
    document = _open(data, required=("form", "version"), optional=("hours", "years", "days"))
    hours = WeeklyHours.from_data(document["hours"]) if "hours" in document else None
    return _version(document), hours, _years(document.get("years", [])), _days(document.get("days", {}))


def unparse(
    version: int,
    hours: WeeklyHours | None,
    years: Iterable[PublishedYear],
    days: Iterable[SpecialDay],
    counting: CountingRules = CountingRules(),
) -> Mapping[str, Any]:
    """Write either document; hours that are None are left out, and so is what counts as usual."""
    data: dict[str, Any] = {"form": FORM, "version": version}
    if hours is not None:
        data["hours"] = hours.to_data()
    data["years"] = [year.to_data() for year in years]
    data["days"] = {day.on.isoformat(): day.to_data() for day in days}
    if counting != CountingRules():
        said: dict[str, Any] = {"day_end": counting.day_end.value, "roll_calendar_days": counting.roll_calendar_days}
        if counting.after_hours is not AfterHours.THAT_DAY:  # which earlier releases don't know
            said["after_hours"] = counting.after_hours.value
        data["counting"] = said
    return data


def _open(data: object, required: tuple[str, ...], optional: tuple[str, ...]) -> Mapping[str, Any]:
    document = validation.mapping(data, "calendar")
    validation.known_fields(document, "", required, optional)
    if document["form"] != FORM or isinstance(document["form"], bool):
        raise Invalid(
            "calendar_form_unknown",
            f"无法读取这种格式的日历（form 应为 {FORM}），请升级系统或更正文件。",
            field="form",
        )
    return document


def _version(document: Mapping[str, Any]) -> int:
    return validation.whole_number(document["version"], "version", 1, 2**53)


def _years(value: object) -> Years:
    items = validation.sequence(value, "years", MAX_YEARS)
    return tuple(PublishedYear.from_data(item, f"years[{index}]") for index, item in enumerate(items))


def _counting(value: object) -> CountingRules:
    said = validation.mapping(value, "counting")
    if not said:
        return CountingRules()
    validation.known_fields(said, "counting", ("day_end", "roll_calendar_days"), ("after_hours",))
    end, roll = said["day_end"], said["roll_calendar_days"]
    after_hours = said.get("after_hours", AfterHours.THAT_DAY.value)
    if end not in tuple(DayEnd) or not isinstance(roll, bool) or after_hours not in tuple(AfterHours):
        raise Invalid("calendar_value_invalid", "日历的计算规则（counting）有误，请更正。", field="counting")
    return CountingRules(DayEnd(end), roll, AfterHours(after_hours))


def _days(value: object) -> Days:
    entries = validation.mapping(value, "days")
    if len(entries) > MAX_SPECIAL_DAYS:
        raise Invalid("calendar_value_invalid", f"特殊日期不能超过 {MAX_SPECIAL_DAYS} 天，请清理。", field="days")
    return tuple(SpecialDay.from_data(on, entry) for on, entry in entries.items())
