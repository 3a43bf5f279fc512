"""What days are, and when the doors are open."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.testing import examples
from kit.workdays import (
    Calendar,
    DayKind,
    SpecialDay,
    WeeklyHours,
    day_hours,
    local_date,
    local_instant,
    shipped_calendar,
    shipped_years,
)
from kit.workdays.index import MAX_YEARS_KEPT
from kit.workdays.tests import oracle

OFFICE = WeeklyHours.weekdays("09:00-12:00", "13:00-17:00")
SHIPPED = shipped_calendar(OFFICE)


@settings(max_examples=examples(60))
@given(oracle.calendars)
def test_every_day_of_a_calendar_is_what_its_fields_say(calendar: Calendar) -> None:
    on = date(2025, 12, 15)
    while on <= date(2029, 1, 15):
        expected = oracle.truth(calendar, on)
        status = calendar.day_status(on)
        assert (status.working, status.provisional) == (expected.working, expected.provisional), on
        assert calendar.opening_intervals(on) == expected.hours, on
        assert calendar.working_intervals(on) == (expected.hours if expected.working else ()), on
        assert status.reason
        on += oracle.DAY


@settings(max_examples=examples(100))
@given(oracle.calendars, oracle.dates, st.integers(0, 500), st.integers(1, 400))
def test_counting_by_the_index_equals_counting_by_hand(calendar: Calendar, after: date, span: int, n: int) -> None:
    through = after + timedelta(days=span)
    days = [after + timedelta(days=offset) for offset in range(1, span + 1)]
    by_hand = [on for on in days if oracle.truth(calendar, on).working]

    assert calendar.working_days(after, through) == len(by_hand)
    if n <= len(by_hand):
        assert calendar.next_working_day(after, n) == by_hand[n - 1]


@pytest.mark.parametrize(
    ("after", "through", "expected"),
    [
        ("2026-12-30", "2027-01-01", 1),
        ("2026-12-31", "2027-01-01", 0),
        ("2026-12-30", "2026-12-31", 1),
        ("2025-12-31", "2026-12-31", 248),  # 261 weekdays, 19 of them off, 6 make-up days
        ("2026-06-01", "2026-06-01", 0),
        ("2026-06-02", "2026-06-01", 0),
    ],
)
def test_counting_at_the_turn_of_the_year(after: str, through: str, expected: int) -> None:
    assert SHIPPED.working_days(date.fromisoformat(after), date.fromisoformat(through)) == expected


def test_intervals_may_touch() -> None:
    assert [interval.form for interval in day_hours("09:00-12:00", "12:00-17:00")] == ["09:00-12:00", "12:00-17:00"]


@given(st.dates())
def test_no_date_is_unknown(on: date) -> None:
    status = SHIPPED.day_status(on)

    assert status.provisional is (on.year not in {2024, 2025, 2026})
    assert status.reason


@settings(max_examples=examples(60))
@given(oracle.calendars, oracle.instants())
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar: Calendar, at: datetime) -> None:
    opening = calendar.next_opening(at)

    assert opening is not None
    assert calendar.is_open(opening)
    minute = at
    while minute < opening:
        assert not calendar.is_open(minute)
        minute += timedelta(minutes=1)


def test_opening_hours_include_their_start_and_not_their_end() -> None:
    monday = date(2026, 11, 23)

    assert SHIPPED.is_open(local_instant(monday, 540))
    assert not SHIPPED.is_open(local_instant(monday, 540) - timedelta(milliseconds=1))
    assert SHIPPED.is_open(local_instant(monday, 720) - timedelta(milliseconds=1))
    assert not SHIPPED.is_open(local_instant(monday, 720))


def test_the_next_opening_skips_the_holiday() -> None:
    assert SHIPPED.next_opening(local_instant(date(2026, 9, 30), 1020)) == local_instant(date(2026, 10, 8), 540)


def test_there_is_no_opening_after_the_end_of_time() -> None:
    assert SHIPPED.next_opening(local_instant(date(9999, 12, 31), 1020)) is None


def test_a_center_keeps_beijing_time() -> None:
    assert local_date(datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert local_date(datetime(2026, 11, 22, 16, 0, 0, tzinfo=UTC)) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("on", "working", "reason"),
    [
        ("2026-11-23", True, "工作日"),
        ("2026-11-22", False, "周末"),
        ("2026-10-01", False, "国庆节假期"),
        ("2025-10-06", False, "国庆节、中秋节假期"),
        ("2026-09-20", True, "国庆节调休上班"),
        ("2024-02-09", True, "工作日"),  # 除夕 wasn't statutory in 2024
        ("2027-02-05", False, "除夕（法定节假日）"),
        ("2031-10-01", False, "中秋节、国庆节（法定节假日）"),
        ("2027-02-10", True, "工作日"),  # 补假 isn't guessed
    ],
)
def test_a_day_says_why(on: str, working: bool, reason: str) -> None:
    status = SHIPPED.day_status(date.fromisoformat(on))

    assert (status.working, status.reason) == (working, reason)


def test_a_provisional_day_says_why() -> None:
    assert SHIPPED.day_status(date(2026, 12, 31)).provisional_reason == ""
    near, far = SHIPPED.day_status(date(2027, 1, 4)), SHIPPED.day_status(date(2060, 1, 5))
    assert near.provisional_reason == "2027 年放假安排尚未公布，暂按周末和法定节假日推算"
    assert "农历节日也暂无数据" in far.provisional_reason


def test_a_centers_own_holiday_is_settled_even_in_an_unpublished_year() -> None:
    own = Calendar(1, OFFICE, shipped_years(), (SpecialDay(date(2027, 3, 1), DayKind.HOLIDAY, "本地节日"),))

    assert not own.day_status(date(2027, 3, 1)).provisional
    assert own.day_status(date(2027, 3, 2)).provisional


def test_special_hours_leave_a_provisional_day_provisional() -> None:
    half = SpecialDay(date(2027, 3, 1), DayKind.SPECIAL_HOURS, "培训", day_hours("09:00-12:00"))

    assert Calendar(1, OFFICE, shipped_years(), (half,)).day_status(date(2027, 3, 1)).provisional


def test_a_later_notice_overrides_the_december_that_it_reaches_into() -> None:
    shipped = {year.year: year for year in shipped_years()}
    bridge = shipped[2026].__class__(2027, "测试通知", ((date(2026, 12, 31), "元旦"), (date(2027, 1, 1), "元旦")), ())
    calendar = Calendar(1, OFFICE, (bridge, *shipped.values()))

    assert not calendar.day_status(date(2026, 12, 31)).working
    assert calendar.day_status(date(2026, 12, 30)).working


def test_a_gap_between_published_years_is_provisional_and_no_error() -> None:
    years = tuple(year for year in shipped_years() if year.year != 2025)
    calendar = Calendar(1, OFFICE, years)

    assert [calendar.day_status(date(year, 7, 1)).provisional for year in (2024, 2025, 2026)] == [False, True, False]


def test_a_datetime_is_not_taken_for_a_date() -> None:
    with pytest.raises(TypeError, match="a date is needed"):
        SHIPPED.day_status(local_instant(date(2026, 10, 1)))


def test_the_index_keeps_only_so_many_years() -> None:
    calendar = shipped_calendar(OFFICE)
    for year in range(3000, 3000 + 2 * MAX_YEARS_KEPT):
        calendar.working_days(date(year, 1, 1), date(year, 12, 31))

    assert len(calendar.index._years) <= MAX_YEARS_KEPT
    assert calendar.working_days(date(2026, 11, 22), date(2026, 12, 31)) == 29


def test_a_calendar_survives_copying_and_pickling() -> None:
    for twin in (pickle.loads(pickle.dumps(SHIPPED)), copy.deepcopy(SHIPPED)):
        assert twin == SHIPPED
        assert hash(twin) == hash(SHIPPED)
        assert twin.working_days(date(2026, 11, 22), date(2026, 12, 31)) == 29


# ── Shipped years ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("year", "off", "make_up"), [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)])
def test_a_shipped_year_has_the_days_of_its_notice(year: int, off: int, make_up: int) -> None:
    [notice] = [shipped for shipped in shipped_years() if shipped.year == year]

    assert (len(notice.off), len(notice.make_up)) == (off, make_up)
    assert notice.source.startswith(f"国务院办公厅关于{year}年部分节假日安排的通知")
    assert notice.missing_statutory_days() == {}


def test_the_make_up_days_of_2026_count() -> None:
    days = [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]

    assert [on for on, _ in shipped_years()[-1].make_up] == days
    assert all(SHIPPED.day_status(on).working and SHIPPED.opening_intervals(on) for on in days)
