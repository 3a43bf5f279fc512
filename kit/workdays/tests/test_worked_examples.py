"""Due dates worked out by hand from the published years, each a row (许可法 32, 42, 45, 82; 民法典 201, 203)."""

from __future__ import annotations

from datetime import date

import pytest

from kit.workdays import (
    CountingRules,
    DayEnd,
    DayKind,
    Deadline,
    Extension,
    Limit,
    Overrides,
    Pause,
    PublishedYear,
    SpecialDay,
    Unit,
    WeeklyHours,
    day_hours,
    due,
    local_instant,
    local_text,
    merge,
    shipped_calendar,
)

CALENDAR = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))
TEN, FIVE_PM = 10 * 60, 17 * 60


def day(text: str) -> date:
    return date.fromisoformat(text)


def working_days(start: str, amount: int, *, minute: int = TEN) -> Deadline:
    return due(local_instant(day(start), minute), Limit(amount, Unit.WORKING_DAY), CALENDAR)


@pytest.mark.parametrize(
    ("start", "amount", "expected", "why"),
    [
        ("2026-11-23", 5, "2026-11-30", "an ordinary week: Tuesday to Monday"),
        ("2026-11-21", 5, "2026-11-27", "a start on Saturday: Monday is day one"),
        ("2026-11-23", 1, "2026-11-24", "the day of the start isn't counted"),
        # The six make-up workdays of 2026, two of them Sundays.
        ("2025-12-31", 1, "2026-01-04", "元旦 1–3 off, Sunday 1-4 is day one"),
        ("2026-02-13", 1, "2026-02-14", "the Saturday before 春节"),
        ("2026-02-13", 2, "2026-02-24", "then nine days off, 15–23"),
        ("2026-02-27", 2, "2026-03-02", "Saturday 2-28, then Monday"),
        ("2026-04-30", 4, "2026-05-09", "劳动节 1–5 off: 6, 7, 8 and Saturday 5-09"),
        ("2026-04-30", 5, "2026-05-11", "then Monday"),
        ("2026-09-18", 1, "2026-09-20", "Sunday 9-20"),
        ("2026-10-09", 1, "2026-10-10", "Saturday 10-10"),
        # Across holidays.
        ("2026-09-30", 5, "2026-10-13", "国庆 1–7 off: 8, 9, Saturday 10, 12, 13"),
        ("2026-09-24", 5, "2026-10-09", "中秋 25–27 off: 28, 29, 30, 国庆, 8, 9"),
        ("2024-02-08", 5, "2024-02-21", "除夕 2024 was a workday: 9, Sunday 18, 19, 20, 21"),
        ("2025-01-24", 5, "2025-02-07", "Sunday 1-26, 27, then 春节 to 2-04: 5, 6, 7"),
        ("2026-06-18", 20, "2026-07-17", "端午 19–21 off: 22 is day one, four weeks of five"),
        # To the end of 2026 and over it.
        ("2026-11-22", 29, "2026-12-31", "29 working days are left of 2026"),
        ("2026-12-03", 20, "2026-12-31", "the last start whose 20 days stay in 2026"),
    ],
)
def test_working_days_in_published_years(start: str, amount: int, expected: str, why: str) -> None:
    deadline = working_days(start, amount)

    assert deadline.due_on == day(expected), why
    assert deadline.due_at is not None
    assert local_text(deadline.due_at) == f"{expected} 23:59"
    assert not deadline.provisional


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        ("2026-12-04", 20, "2027-01-04"),  # 19 days in 2026; 2027-01-01 is statutory, 2–3 a weekend
        ("2026-11-22", 30, "2027-01-04"),  # 20 + 10: 29 in 2026
        (
            "2026-12-04",
            45,
            "2027-02-10",
        ),  # 19 in 2026, 20 from 1-04 to 1-29, 2-01 to 2-04; 除夕 2-05 to 初三 2-08; 9, 10
        ("2060-01-30", 1, "2060-02-02"),  # beyond the lunar table only weekends (and 春节 on 2-02 unknown)
        ("9000-01-01", 3, "9000-01-06"),  # a Wednesday that is 元旦: 2, 3, then Monday 6
    ],
)
def test_working_days_that_reach_an_unpublished_year_are_provisional(start: str, amount: int, expected: str) -> None:
    deadline = working_days(start, amount)

    assert deadline.due_on == day(expected)
    assert deadline.provisional
    assert deadline.summary().endswith(f"{day(expected).year} 年放假安排尚未公布，公布后可能调整）。")


# Monday 2026-03-02, 10 working days: without a pause 2026-03-16.
@pytest.mark.parametrize(
    ("pauses", "expected", "why"),
    [
        ([], "2026-03-16", "3 to 6, 9 to 13, 16"),
        ([("2026-03-05 10:00", "2026-03-10 15:00")], "2026-03-20", "5 to 10 not counted: four working days"),
        ([("2026-03-05 16:59", "2026-03-05 17:00")], "2026-03-17", "a minute takes the whole day"),
        ([("2026-03-05 00:00", "2026-03-06 00:00")], "2026-03-17", "the end isn't in the pause: one day"),
        ([("2026-03-05 00:00", "2026-03-06 00:01")], "2026-03-18", "but a minute later it is two"),
        ([("2026-03-07 00:00", "2026-03-08 23:59")], "2026-03-16", "a weekend costs nothing"),
        ([("2026-03-05 09:00", "2026-03-05 10:00"), ("2026-03-05 15:00", "2026-03-05 16:00")], "2026-03-17", "one day"),
        (
            [("2026-03-04 09:00", "2026-03-05 09:00"), ("2026-03-05 09:00", "2026-03-06 09:00")],
            "2026-03-19",
            "touching",
        ),
        ([("2026-03-16 10:00", "2026-03-18 10:00")], "2026-03-19", "on the last day: 16, 17, 18 not counted"),
        ([("2026-03-17 00:00", None)], "2026-03-16", "after the due date, though open"),
        ([("2026-02-20 00:00", "2026-03-03 09:00")], "2026-03-17", "from before the start"),
        ([("2026-03-16 23:59", None)], None, "open on the last day"),
        ([("2026-03-02 10:00", None)], None, "open from the start"),
    ],
)
def test_pauses_take_out_every_day_that_they_touch(
    pauses: list[tuple[str, str | None]], expected: str | None, why: str
) -> None:
    def at(text: str) -> tuple[date, int]:
        on, clock = text.split()
        hour, minute = clock.split(":")
        return day(on), int(hour) * 60 + int(minute)

    dated = [
        Pause(local_instant(*at(start)), None if end is None else local_instant(*at(end)), "专家评审")
        for start, end in pauses
    ]

    deadline = due(local_instant(day("2026-03-02"), TEN), Limit(10, Unit.WORKING_DAY), CALENDAR, dated)

    assert deadline.due_on == (None if expected is None else day(expected)), why
    assert deadline.is_open is (expected is None)


@pytest.mark.parametrize(
    ("received", "minute", "expected", "why"),
    [
        ("2026-11-23", TEN, "2026-11-23", "in opening hours"),
        ("2026-11-23", 7 * 60, "2026-11-23", "before opening"),
        ("2026-11-23", 12 * 60 + 30, "2026-11-23", "over lunch"),
        ("2026-11-23", FIVE_PM - 1, "2026-11-23", "a minute before closing"),
        ("2026-11-23", FIVE_PM, "2026-11-24", "at closing"),
        ("2026-11-20", FIVE_PM + 60, "2026-11-23", "on Friday evening: Monday"),
        ("2026-11-21", TEN, "2026-11-23", "on Saturday: Monday"),
        ("2026-09-30", FIVE_PM + 30, "2026-10-08", "on the evening before 国庆"),
        ("2026-10-10", TEN, "2026-10-10", "on a make-up Saturday"),
        ("2026-02-21", TEN, "2026-02-24", "in 春节"),
    ],
)
def test_an_immediate_case_is_due_the_same_day_or_the_next_working_day(
    received: str, minute: int, expected: str, why: str
) -> None:
    deadline = due(local_instant(day(received), minute), Limit.same_day(), CALENDAR)

    assert deadline.due_on == day(expected), why
    assert deadline.explain()[-1].on == day(expected)


@pytest.mark.parametrize(
    ("start", "amount", "roll", "expected", "why"),
    [
        ("2026-11-02", 10, True, "2026-11-12", "a Thursday"),
        ("2026-11-04", 10, True, "2026-11-16", "Saturday the 14th moves to Monday"),
        ("2026-11-04", 10, False, "2026-11-14", "unless the center's rules say no"),
        ("2026-09-20", 11, True, "2026-10-08", "国庆 moves it a week"),
        ("2026-09-30", 10, True, "2026-10-10", "a make-up Saturday isn't off"),
    ],
)
def test_calendar_days_count_every_day_and_end_on_a_working_day(
    start: str, amount: int, roll: bool, expected: str, why: str
) -> None:
    deadline = due(
        local_instant(day(start), TEN),
        Limit(amount, Unit.CALENDAR_DAY),
        CALENDAR,
        rules=CountingRules(roll_calendar_days=roll),
    )

    assert deadline.due_on == day(expected), why


def test_calendar_days_in_an_unpublished_year_are_provisional_only_for_their_last_day() -> None:
    unrolled = CountingRules(roll_calendar_days=False)
    start = local_instant(day("2026-12-20"), TEN)

    assert due(start, Limit(30, Unit.CALENDAR_DAY), CALENDAR).provisional
    assert not due(start, Limit(30, Unit.CALENDAR_DAY), CALENDAR, rules=unrolled).provisional
    assert not due(start, Limit(10, Unit.CALENDAR_DAY), CALENDAR).provisional


@pytest.mark.parametrize(
    ("start", "minute", "hours", "expected"),
    [
        ("2026-11-23", TEN, 2, "2026-11-23 12:00"),  # to the stroke of noon
        ("2026-11-23", TEN, 3, "2026-11-23 14:00"),  # over lunch
        ("2026-11-20", 16 * 60, 4, "2026-11-23 12:00"),  # Friday 16:00: one hour, then Monday morning
        ("2026-11-21", TEN, 1, "2026-11-23 10:00"),  # Saturday
        ("2026-11-23", 0, 14, "2026-11-24 17:00"),  # two whole days
        ("2026-10-09", 16 * 60, 2, "2026-10-10 10:00"),  # a make-up Saturday
    ],
)
def test_hours_run_in_opening_hours_of_working_days(start: str, minute: int, hours: int, expected: str) -> None:
    deadline = due(local_instant(day(start), minute), Limit(hours, Unit.HOUR), CALENDAR)

    assert deadline.due_at is not None
    assert local_text(deadline.due_at) == expected


def test_hours_lose_exactly_the_paused_time() -> None:
    pause = Pause(local_instant(day("2026-11-23"), TEN + 30), local_instant(day("2026-11-23"), TEN + 50), "系统故障")

    deadline = due(local_instant(day("2026-11-23"), TEN), Limit(1, Unit.HOUR), CALENDAR, [pause])

    assert deadline.due_at == local_instant(day("2026-11-23"), 11 * 60 + 20)


def test_a_center_may_end_limits_at_the_close_of_business() -> None:
    rules = CountingRules(day_end=DayEnd.CLOSE_OF_BUSINESS)

    deadline = due(local_instant(day("2026-11-23"), TEN), Limit(1, Unit.WORKING_DAY), CALENDAR, rules=rules)

    assert deadline.due_at == local_instant(day("2026-11-24"), FIVE_PM)
    assert deadline.explain()[-1].reason.endswith("期限至当日 17:00 届满")


def test_a_storm_day_moves_the_due_date_and_a_half_day_does_not() -> None:
    def with_day(special: SpecialDay) -> date | None:
        calendar = merge(CALENDAR, Overrides(2, days=(special,)))
        return due(local_instant(day("2026-08-03"), TEN), Limit(2, Unit.WORKING_DAY), calendar).due_on

    storm = SpecialDay(day("2026-08-04"), DayKind.CLOSURE, "台风")
    half_day = SpecialDay(day("2026-08-04"), DayKind.SPECIAL_HOURS, "培训", day_hours("09:00-12:00"))
    saturday = SpecialDay(day("2026-08-08"), DayKind.SPECIAL_HOURS, "周六延时服务", day_hours("09:00-12:00"))

    assert with_day(storm) == day("2026-08-06")
    assert with_day(half_day) == day("2026-08-05")
    assert with_day(saturday) == day("2026-08-05")


def test_a_point_that_opens_on_wednesdays_still_has_its_working_days_counted() -> None:
    closed, wednesday = (), day_hours("09:00-12:00")
    village = shipped_calendar(WeeklyHours((closed, closed, wednesday, closed, closed, closed, closed), closed))
    thursday = local_instant(day("2026-11-26"), TEN)

    assert due(thursday, Limit(5, Unit.WORKING_DAY), village).due_on == day("2026-12-03")
    assert due(thursday, Limit.same_day(), village).due_on == day("2026-12-02")
    assert "当天中心不对外服务" in due(thursday, Limit.same_day(), village).explain()[0].reason


def test_only_milliseconds_of_a_start_matter() -> None:
    start = local_instant(day("2026-11-23"), TEN).replace(microsecond=999)

    assert due(start, Limit(1, Unit.HOUR), CALENDAR).due_at == local_instant(day("2026-11-23"), TEN + 60)


@pytest.mark.parametrize(
    ("limit", "expected", "why"),
    [
        (Limit.same_day(), "2026-11-24", "an immediate case that is paused on its day is due on the next"),
        (
            Limit(2, Unit.CALENDAR_DAY),
            "2026-11-24",
            "a Sunday that would move to the paused Monday moves on to Tuesday",
        ),
    ],
)
def test_a_pause_of_one_day_holds_the_day_that_a_limit_moves_to(limit: Limit, expected: str, why: str) -> None:
    monday = day("2026-11-23")
    start = local_instant(monday, TEN) if limit.is_same_day else local_instant(day("2026-11-20"), TEN)
    pause = Pause(local_instant(monday, TEN), local_instant(monday, FIVE_PM), "系统故障")

    assert due(start, limit, CALENDAR, [pause]).due_on == day(expected), why


def test_an_immediate_case_from_an_unpublished_year_stays_provisional_when_extended_into_a_published_one() -> None:
    notice = PublishedYear(2028, "测试通知", ((day("2028-01-01"), "元旦"),), ())
    calendar = merge(CALENDAR, Overrides(2, years=(notice,)))
    friday = local_instant(day("2027-12-31"), TEN)

    deadline = due(friday, Limit.same_day(), calendar, extensions=[Extension(1, Unit.WORKING_DAY, "系统故障")])

    assert deadline.due_on == day("2028-01-03")
    assert deadline.provisional
