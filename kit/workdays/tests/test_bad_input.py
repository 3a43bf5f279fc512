"""Limits, pauses and extensions that can't be: refused with a stable code, in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from kit.errors import Invalid
from kit.workdays import (
    Calendar,
    Deadline,
    Extension,
    Limit,
    Pause,
    Unit,
    WeeklyHours,
    day_hours,
    due,
    local_instant,
    remaining,
    shipped_calendar,
)

CALENDAR = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))
START = local_instant(date(2026, 3, 2), 600)
HOUR = timedelta(hours=1)
TEN_DAYS = Limit(10, Unit.WORKING_DAY)


def pause(start: float, end: float | None) -> Pause:
    """A pause between two hours after the start."""
    return Pause(START + start * HOUR, None if end is None else START + end * HOUR, "检验")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Limit(-1, Unit.WORKING_DAY), "limit_invalid"),
        (lambda: Limit(3651, Unit.WORKING_DAY), "limit_invalid"),
        (lambda: Limit(0, Unit.CALENDAR_DAY), "limit_invalid"),
        (lambda: Limit(0, Unit.HOUR), "limit_invalid"),
        (lambda: Limit(True, Unit.HOUR), "limit_invalid"),
        (lambda: Limit(cast("int", 2.5), Unit.HOUR), "limit_invalid"),
        (lambda: Limit(20, cast("Unit", "working_day")), "unit_unknown"),
        (lambda: Extension(0, Unit.WORKING_DAY, "x"), "extension_invalid"),
        (lambda: Extension(-5, Unit.WORKING_DAY, "x"), "extension_invalid"),
        (lambda: Extension(5, cast("Unit", "week"), "x"), "unit_unknown"),
        (lambda: Pause(START, START - timedelta(milliseconds=1), "检验"), "pause_ends_before_start"),
        (lambda: Pause(START, START + timedelta(days=3651), "检验"), "pause_too_long"),
        (lambda: Pause(START, None, " "), "pause_kind_missing"),
        (lambda: Pause(START.replace(tzinfo=None), None, "检验"), "instant_without_zone"),
        (lambda: Pause(START, START.replace(tzinfo=None), "检验"), "instant_without_zone"),
    ],
)
def test_terms_that_make_no_sense_are_refused(make: Callable[[], Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        make()

    assert refused.value.code == code
    assert any("一" <= character <= "鿿" for character in refused.value.message)


@pytest.mark.parametrize(
    ("pauses", "why"),
    [
        ([pause(1, 3), pause(2, 4)], "overlap"),
        ([pause(2, 4), pause(1, 3)], "in either order"),
        ([pause(1, 9), pause(2, 3)], "one within the other"),
        ([pause(1, 2), pause(1, 2)], "the same twice"),
        ([pause(1, None), pause(2, 3)], "after one that is still going on"),
        ([pause(1, None), pause(1, None)], "two open ones"),
    ],
)
def test_overlapping_pauses_are_refused(pauses: list[Pause], why: str) -> None:
    with pytest.raises(Invalid) as refused:
        due(START, TEN_DAYS, CALENDAR, pauses)

    assert refused.value.code == "pauses_overlap", why


def test_a_pause_of_no_length_costs_nothing_and_collides_with_nothing() -> None:
    pauses = [pause(24, 30), pause(26, 26), Pause(START, START + timedelta(microseconds=9), "检验")]

    assert due(START, TEN_DAYS, CALENDAR, pauses).due_on == due(START, TEN_DAYS, CALENDAR, [pause(24, 30)]).due_on


def test_an_extension_in_another_unit_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        due(START, TEN_DAYS, CALENDAR, extensions=[Extension(5, Unit.CALENDAR_DAY, "x")])

    assert refused.value.code == "extension_unit_differs"


def test_extensions_can_not_add_up_to_an_absurd_limit() -> None:
    with pytest.raises(Invalid) as refused:
        due(START, TEN_DAYS, CALENDAR, extensions=[Extension(3641, Unit.WORKING_DAY, "x")])

    assert refused.value.code == "extension_invalid"


def test_a_time_without_a_zone_is_refused_everywhere() -> None:
    naive = START.replace(tzinfo=None)
    deadline = due(START, TEN_DAYS, CALENDAR)
    asks: list[Callable[[], object]] = [
        lambda: due(naive, TEN_DAYS, CALENDAR),
        lambda: CALENDAR.is_open(naive),
        lambda: CALENDAR.next_opening(naive),
        lambda: remaining(naive, deadline),
    ]
    for ask in asks:
        with pytest.raises(Invalid) as refused:
            ask()
        assert refused.value.code == "instant_without_zone"


@pytest.mark.parametrize("unit", list(Unit))
def test_a_limit_that_leaves_the_years_is_refused(unit: Unit) -> None:
    with pytest.raises(Invalid) as refused:
        due(datetime(9999, 12, 30, tzinfo=UTC), Limit(60, unit), CALENDAR)

    assert refused.value.code == "date_out_of_range"


@pytest.mark.parametrize("start", [datetime.min.replace(tzinfo=UTC), datetime(9999, 12, 31, 20, tzinfo=UTC)])
def test_a_start_at_the_edge_of_time_is_either_answered_or_refused(start: datetime) -> None:
    def ask() -> Deadline | Invalid:
        try:
            return due(start, Limit.same_day(), CALENDAR)
        except Invalid as refused:
            return refused

    answer = ask()
    assert answer.due_at if isinstance(answer, Deadline) else answer.code == "date_out_of_range"


def test_hours_that_never_get_used_up_are_refused() -> None:
    minute_a_week = WeeklyHours(((), (), day_hours("09:00-09:01"), (), (), (), ()), ())

    with pytest.raises(Invalid) as refused:
        due(START, Limit(3650, Unit.HOUR), Calendar(1, minute_a_week))

    assert refused.value.code == "date_out_of_range"


def test_the_longest_limit_and_the_longest_pause_are_answered() -> None:
    long_pause = Pause(START, START + timedelta(days=3650), "检验")

    deadline = due(START, Limit(3650, Unit.WORKING_DAY), CALENDAR, [long_pause])

    assert deadline.due_on is not None
    assert deadline.due_on.year >= 2049
    assert deadline.explain()[-1].number == 3650
