"""How much is left, for lists and boards."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.testing import examples
from kit.workdays import (
    Calendar,
    CountingRules,
    DayEnd,
    Extension,
    Limit,
    Pause,
    Standing,
    Unit,
    WeeklyHours,
    due,
    local_date,
    local_instant,
    remaining,
    shipped_calendar,
)
from kit.workdays.tests import oracle

CALENDAR = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))
MONDAY = local_instant(date(2026, 3, 2), 600)
TEN_DAYS = due(MONDAY, Limit(10, Unit.WORKING_DAY), CALENDAR)  # to Monday 2026-03-16


@pytest.mark.parametrize(
    ("now", "minute", "standing", "amount", "text"),
    [
        ("2026-03-01", 600, Standing.RUNNING, 10, "还剩 10 个工作日"),
        ("2026-03-02", 600, Standing.RUNNING, 10, "还剩 10 个工作日"),
        ("2026-03-03", 600, Standing.RUNNING, 9, "还剩 9 个工作日"),
        ("2026-03-07", 600, Standing.RUNNING, 6, "还剩 6 个工作日"),
        ("2026-03-13", 600, Standing.RUNNING, 1, "还剩 1 个工作日"),
        ("2026-03-14", 600, Standing.RUNNING, 1, "还剩 1 个工作日"),
        ("2026-03-16", 1439, Standing.DUE_TODAY, 0, "今天到期"),
        ("2026-03-17", 0, Standing.OVERDUE, 1, "已超期 1 个工作日"),
        ("2026-03-22", 600, Standing.OVERDUE, 4, "已超期 4 个工作日"),
    ],
)
def test_working_days_left_and_over(now: str, minute: int, standing: Standing, amount: int, text: str) -> None:
    left = remaining(local_instant(date.fromisoformat(now), minute), TEN_DAYS)

    assert (left.standing, left.amount, left.unit, left.text) == (standing, amount, Unit.WORKING_DAY, text)


def test_the_last_millisecond_is_in_time_and_the_next_is_late() -> None:
    assert TEN_DAYS.due_at is not None

    assert remaining(TEN_DAYS.due_at, TEN_DAYS).standing is Standing.DUE_TODAY
    assert remaining(TEN_DAYS.due_at + timedelta(milliseconds=1), TEN_DAYS).standing is Standing.OVERDUE


def test_late_on_the_evening_of_the_last_day_is_less_than_a_day() -> None:
    rules = CountingRules(day_end=DayEnd.CLOSE_OF_BUSINESS)
    deadline = due(MONDAY, Limit(4, Unit.WORKING_DAY), CALENDAR, rules=rules)  # Friday 17:00

    assert remaining(local_instant(date(2026, 3, 6), 1021), deadline).text == "已超期不足 1 个工作日"
    assert remaining(local_instant(date(2026, 3, 7), 600), deadline).text == "已超期不足 1 个工作日"
    assert remaining(local_instant(date(2026, 3, 9), 600), deadline).text == "已超期 1 个工作日"


def test_a_paused_clock_says_so_and_what_is_left_when_it_goes_on() -> None:
    wednesday = local_instant(date(2026, 3, 4), 600)
    ended = Pause(wednesday, wednesday + timedelta(days=2), "专家评审")
    open_ended = Pause(wednesday, None, "专家评审")

    for pause in (ended, open_ended):
        deadline = due(MONDAY, Limit(10, Unit.WORKING_DAY), CALENDAR, [pause])
        left = remaining(wednesday + timedelta(days=1), deadline)
        assert (left.standing, left.amount, left.text) == (Standing.PAUSED, 9, "暂停计时，还剩 9 个工作日")


def test_a_clock_runs_before_and_after_its_pause() -> None:
    wednesday = local_instant(date(2026, 3, 4), 600)
    deadline = due(MONDAY, Limit(10, Unit.WORKING_DAY), CALENDAR, [Pause(wednesday, wednesday + oracle.DAY, "检验")])

    assert remaining(wednesday - timedelta(milliseconds=1), deadline).standing is Standing.RUNNING
    assert remaining(wednesday, deadline).standing is Standing.PAUSED
    assert remaining(wednesday + oracle.DAY, deadline).standing is Standing.RUNNING


def test_calendar_days_left_and_over() -> None:
    deadline = due(MONDAY, Limit(10, Unit.CALENDAR_DAY), CALENDAR)  # Thursday the 12th

    assert remaining(MONDAY, deadline).text == "还剩 10 天"
    assert remaining(MONDAY + timedelta(days=12), deadline).text == "已超期 2 天"


def test_hours_left_are_rounded_up_and_hours_over_down() -> None:
    deadline = due(MONDAY, Limit(10, Unit.HOUR), CALENDAR)  # 6 on Monday, 4 on Tuesday: 14:00

    assert remaining(MONDAY, deadline).text == "还剩 10 个工作小时"
    assert remaining(MONDAY + timedelta(minutes=1), deadline).amount == 10
    assert remaining(local_instant(date(2026, 3, 2), 1200), deadline).amount == 4
    assert remaining(local_instant(date(2026, 3, 3), 780), deadline).text == "今天到期，还剩 1 个工作小时"
    late = remaining(local_instant(date(2026, 3, 3), 959), deadline)
    assert (late.standing, late.amount) == (Standing.OVERDUE, 1)
    assert remaining(local_instant(date(2026, 3, 3), 841), deadline).text == "已超期不足 1 个工作小时"


def test_an_immediate_case_is_due_today() -> None:
    assert remaining(MONDAY, due(MONDAY, Limit.same_day(), CALENDAR)).text == "今天到期"


@settings(max_examples=examples(150))
@given(st.data(), oracle.calendars, oracle.instants(), oracle.limits())
def test_what_is_left_is_what_a_walk_still_counts(
    data: st.DataObject, calendar: Calendar, start: datetime, limit_and_extensions: tuple[Limit, list[Extension]]
) -> None:
    limit, extensions = limit_and_extensions
    pauses = data.draw(oracle.pause_lists(start))
    deadline = due(start, limit, calendar, pauses, extensions)
    now = start + timedelta(days=data.draw(st.integers(0, 40)))
    if deadline.due_on is None or (deadline.due_at is not None and now > deadline.due_at):
        return

    counted = 0
    on = local_date(now)
    while on < deadline.due_on:
        on += oracle.DAY
        counts = limit.unit is Unit.CALENDAR_DAY or oracle.truth(calendar, on).working
        counted += counts and oracle.touched(pauses, on) is False
    assert remaining(now, deadline).amount == counted
