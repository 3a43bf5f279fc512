"""Calendars as documents: written, read back, inherited, and refused when wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import Invalid
from kit.testing import examples
from kit.workdays import (
    AfterHours,
    Calendar,
    CountingRules,
    DayEnd,
    DayKind,
    Interval,
    Overrides,
    PublishedYear,
    SpecialDay,
    WeeklyHours,
    day_hours,
    merge,
    shipped_calendar,
)
from kit.workdays.tests import oracle

OFFICE = WeeklyHours.weekdays("09:00-12:00", "13:00-17:00")
SHIPPED = shipped_calendar(OFFICE)
Document = dict[str, Any]


def document() -> Document:
    """A good one, with every kind of entry, to be spoilt."""
    days = (
        SpecialDay(date(2026, 8, 3), DayKind.CLOSURE, "台风"),
        SpecialDay(date(2026, 8, 4), DayKind.SPECIAL_HOURS, "培训", day_hours("09:00-12:00")),
        SpecialDay(date(2026, 8, 8), DayKind.MAKE_UP, "补班", day_hours("09:00-24:00")),
    )
    data = Calendar(3, OFFICE, SHIPPED.years, days).to_data()
    copy: Document = json.loads(json.dumps(data))
    return copy


@settings(max_examples=examples(100))
@given(oracle.calendars)
def test_a_calendar_read_back_is_the_same(calendar: Calendar) -> None:
    assert Calendar.from_data(json.loads(json.dumps(calendar.to_data()))) == calendar


@settings(max_examples=examples(100))
@given(oracle.overrides)
def test_overrides_read_back_are_the_same(overrides: Overrides) -> None:
    assert Overrides.from_data(json.loads(json.dumps(overrides.to_data()))).to_data() == overrides.to_data()


def test_the_form_of_the_document_is_fixed() -> None:
    week = {key: ["09:00-12:00", "13:00-17:00"] for key in ("mon", "tue", "wed", "thu", "fri", "make_up")}
    notice = {"year": 2026, "source": "通知", "off": {"2026-01-01": "元旦"}, "make_up": {"2026-01-04": "元旦"}}
    days = {
        "2026-08-03": {"kind": "closure", "name": "台风"},
        "2026-08-04": {"kind": "special_hours", "name": "培训", "hours": ["09:00-12:00"]},
    }
    data = {"form": 1, "version": 3, "hours": week, "years": [notice], "days": days}

    assert Calendar.from_data(data).to_data() == data


def test_years_and_days_are_put_in_order() -> None:
    data = document()
    data["years"].reverse()
    data["days"] = dict(reversed(data["days"].items()))

    assert Calendar.from_data(data) == Calendar.from_data(document())


# ── Inheritance ──────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=examples(100))
@given(oracle.calendars, oracle.overrides, oracle.dates)
def test_a_center_has_its_own_days_and_otherwise_its_parents(parent: Calendar, own: Overrides, on: date) -> None:
    merged = merge(parent, own)

    assert merged.hours == (own.hours or parent.hours)
    years = {year.year: year for year in (*parent.years, *own.years)}
    assert merged.years == tuple(years[number] for number in sorted(years))
    own_days = {day.on: day for day in own.days}
    expected = own_days.get(on) or {day.on: day for day in parent.days}.get(on)
    effective = {day.on: day for day in merged.days}.get(on)
    assert effective == (None if expected and expected.kind is DayKind.REGULAR else expected)


@given(oracle.calendars)
def test_a_center_that_overrides_nothing_has_its_parents_calendar(parent: Calendar) -> None:
    assert merge(parent, Overrides(1), version=parent.version) == parent


def test_a_village_takes_back_its_hubs_storm_day() -> None:
    storm = date(2026, 8, 3)
    hub = merge(SHIPPED, Overrides(2, days=(SpecialDay(storm, DayKind.CLOSURE, "台风"),)))
    village = merge(hub, Overrides(1, days=(SpecialDay(storm, DayKind.REGULAR, "照常"),)), version=7)

    assert not hub.day_status(storm).working
    assert village.day_status(storm).working
    assert (hub.version, village.version) == (2, 7)


def test_a_newly_published_year_replaces_the_computed_one_for_all_below() -> None:
    notice = PublishedYear(2027, "测试通知", ((date(2027, 1, 1), "元旦"), (date(2027, 1, 4), "元旦")), ())
    province = merge(SHIPPED, Overrides(2, years=(notice,)))
    county = merge(province, Overrides(1, hours=WeeklyHours.weekdays("08:30-12:00", "14:30-18:00")))

    assert SHIPPED.day_status(date(2027, 1, 4)).provisional
    status = county.day_status(date(2027, 1, 4))
    assert (status.working, status.provisional, status.reason) == (False, False, "元旦假期")


def test_a_half_typed_notice_names_the_statutory_days_that_it_lacks() -> None:
    notice = PublishedYear(2027, "测试通知", ((date(2027, 1, 1), "元旦"),), ())

    missing = notice.missing_statutory_days()

    assert len(missing) == 12
    assert missing[date(2027, 6, 9)] == "端午节"


# ── Bad documents ────────────────────────────────────────────────────────────────────────────────────────────


def put(path: str, value: object) -> Callable[[Document], None]:
    """Set one place, such as ``years.0.off``."""

    def spoil(data: Any) -> None:
        *parents, last = path.split("/")
        for key in parents:
            data = data[int(key) if key.isdigit() else key]
        data[last] = value

    return spoil


def drop(key: str) -> Callable[[Document], None]:
    return lambda data: data.pop(key)


@pytest.mark.parametrize(
    ("spoil", "code", "field"),
    [
        (drop("hours"), "calendar_field_missing", "hours"),
        (drop("version"), "calendar_field_missing", "version"),
        (drop("days"), "calendar_field_missing", "days"),
        (put("holidays", {}), "calendar_field_unknown", "holidays"),
        (put("form", 2), "calendar_form_unknown", "form"),
        (put("form", True), "calendar_form_unknown", "form"),
        (put("version", 0), "calendar_value_invalid", "version"),
        (put("version", True), "calendar_value_invalid", "version"),
        (put("version", "3"), "calendar_value_invalid", "version"),
        (put("years", {}), "calendar_value_invalid", "years"),
        (put("years/0/source", " "), "calendar_value_invalid", "years[0].source"),
        (put("years/0/source", "长" * 501), "calendar_value_invalid", "years[0].source"),
        (put("years/0/year", 1.5), "calendar_value_invalid", "years[0].year"),
        (put("years/0/off", ["2024-01-01"]), "calendar_value_invalid", "years[0].off"),
        (put("years/0/off/2024-02-30", "元旦"), "calendar_date_invalid", "years[0].off.2024-02-30"),
        (put("years/0/off/20240110", "元旦"), "calendar_date_invalid", "years[0].off.20240110"),
        (put("years/0/off/2024-01-02", ""), "calendar_value_invalid", "years[0].off.2024-01-02"),
        (put("years/0/off/2024-01-02", "元\n旦"), "calendar_value_invalid", "years[0].off.2024-01-02"),
        (put("years/0/note", "x"), "calendar_field_unknown", "years[0].note"),
        (put("days/2026-8-3", {"kind": "closure", "name": "台风"}), "calendar_date_invalid", "days.2026-8-3"),
        (put("days/2026-08-03/kind", "storm"), "calendar_value_invalid", "days.2026-08-03.kind"),
        (put("days/2026-08-03/kind", []), "calendar_value_invalid", "days.2026-08-03.kind"),
        (put("days/2026-08-03/hours", ["09:00-12:00"]), "calendar_hours_invalid", "days.2026-08-03.hours"),
        (put("days/2026-08-04/hours", []), "calendar_hours_invalid", "days.2026-08-04.hours"),
        (put("days/2026-08-03/kind", "regular"), "calendar_value_invalid", "days"),
        (put("hours/mon", ["12:00-09:00"]), "calendar_hours_invalid", "hours.mon[0]"),
        (put("hours/mon", ["09:00-09:00"]), "calendar_hours_invalid", "hours.mon[0]"),
        (put("hours/mon", ["09:00-24:01"]), "calendar_hours_invalid", "hours.mon[0]"),
        (put("hours/mon", ["9:00-12:00"]), "calendar_hours_invalid", "hours.mon[0]"),
        (put("hours/mon", [900]), "calendar_hours_invalid", "hours.mon[0]"),
        (put("hours/mon", ["09:00-12:00", "11:00-17:00"]), "calendar_hours_invalid", "hours.mon"),
        (put("hours/mon", ["13:00-17:00", "09:00-12:00"]), "calendar_hours_invalid", "hours.mon"),
        (put("hours/holiday", []), "calendar_field_unknown", "hours.holiday"),
        (put("hours", {"make_up": []}), "calendar_hours_invalid", "hours"),
        (put("hours", {"sat": ["09:00-12:00"], "make_up": []}), "calendar_hours_invalid", "hours"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place_that_is_wrong(
    spoil: Callable[[Document], None], code: str, field: str
) -> None:
    data = document()
    spoil(data)

    with pytest.raises(Invalid) as refused:
        Calendar.from_data(data)

    assert (refused.value.code, refused.value.details["field"]) == (code, field)


@pytest.mark.parametrize(
    ("spoil", "code", "word"),
    [
        (put("years/0/off", {}), "calendar_year_empty", "2024"),
        (put("years/0/off/2025-01-01", "元旦"), "calendar_date_conflict", "2025-01-01"),
        (put("years/0/off/2023-11-30", "元旦"), "calendar_date_conflict", "2023-11-30"),
        (put("years/0/make_up/2024-01-01", "元旦"), "calendar_date_conflict", "2024-01-01"),
        (put("years/0/make_up/2024-01-03", "元旦"), "calendar_date_conflict", "2024-01-03"),
        (put("years/1/year", 2024), "calendar_date_conflict", "2024"),
    ],
)
def test_a_contradictory_notice_is_refused_with_its_date(
    spoil: Callable[[Document], None], code: str, word: str
) -> None:
    data = document()
    spoil(data)

    with pytest.raises(Invalid) as refused:
        Calendar.from_data(data)

    assert refused.value.code == code
    assert word in refused.value.message


def test_a_year_or_a_day_given_twice_is_refused() -> None:
    twice = document()
    twice["years"].append(twice["years"][0])
    storm = SpecialDay(date(2026, 8, 3), DayKind.CLOSURE, "台风")

    with pytest.raises(Invalid, match="同一年的放假安排出现多次"):
        Calendar.from_data(twice)
    with pytest.raises(Invalid, match="同一天的特殊安排出现多次"):
        Calendar(1, OFFICE, (), (storm, storm))
    with pytest.raises(Invalid, match="同一天的特殊安排出现多次"):
        Overrides(1, days=(storm, storm))
    with pytest.raises(Invalid, match="同一年的放假安排出现多次"):
        Overrides(1, years=SHIPPED.years[:1] * 2)


def test_a_year_of_400_days_is_refused() -> None:
    data = document()
    data["years"][0]["off"] = {f"2024-{month:02d}-{day:02d}": "假" for month in range(1, 13) for day in range(1, 34)}

    with pytest.raises(Invalid, match="超过 366 天"):
        Calendar.from_data(data)


def test_too_many_special_days_are_refused() -> None:
    data = document()
    data["days"] = {str(date.fromordinal(day)): {"kind": "closure", "name": "闭"} for day in range(1, 3662)}

    with pytest.raises(Invalid, match="不能超过 3660 天"):
        Calendar.from_data(data)


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (60, 60), (60, 1441)])
def test_an_interval_outside_the_day_is_refused(start: int, end: int) -> None:
    with pytest.raises(Invalid) as refused:
        Interval(start, end)

    assert refused.value.code == "calendar_hours_invalid"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=examples(200))
@given(st.data())
def test_any_value_in_any_place_is_either_read_or_refused(data: st.DataObject) -> None:
    spoilt = document()
    place: Any = spoilt
    while True:
        keys = list(range(len(place))) if isinstance(place, list) else list(place)
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)

    def outcome(read: Callable[[object], Calendar | Overrides]) -> Calendar | Overrides | Invalid:
        try:
            return read(spoilt)
        except Invalid as refused:
            return refused

    for read in (Calendar.from_data, Overrides.from_data):
        answer = outcome(read)
        if isinstance(answer, Invalid):
            assert answer.code.startswith("calendar_")
        else:
            assert read(answer.to_data()) == answer


@given(JSON)
def test_a_document_of_another_kind_is_refused(data: object) -> None:
    with pytest.raises(Invalid):
        Calendar.from_data(data)


def test_how_a_center_counts_stands_in_its_calendar_only_where_it_is_not_as_usual() -> None:
    usual = shipped_calendar(WeeklyHours.weekdays("09:00-17:00"))
    assert "counting" not in usual.to_data()
    own = replace(usual, counting=CountingRules(DayEnd.CLOSE_OF_BUSINESS, roll_calendar_days=False))
    assert Calendar.from_data(own.to_data()) == own
    assert merge(own, Overrides(2)).counting == own.counting
    assert "after_hours" not in own.to_data()["counting"]
    later = replace(usual, counting=CountingRules(after_hours=AfterHours.NEXT_WORKING_DAY))
    assert Calendar.from_data(later.to_data()) == later


@pytest.mark.parametrize(
    "counting",
    [
        {"day_end": "noon", "roll_calendar_days": True},
        {"day_end": "midnight"},
        {"day_end": "midnight", "roll_calendar_days": True, "after_hours": "tomorrow"},
        7,
    ],
)
def test_a_way_of_counting_that_nobody_knows_is_refused(counting: object) -> None:
    data = {**shipped_calendar(WeeklyHours.weekdays("09:00-17:00")).to_data(), "counting": counting}
    with pytest.raises(Invalid):
        Calendar.from_data(data)
