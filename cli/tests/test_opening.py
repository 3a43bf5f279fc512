"""A demonstration begins within opening hours, whatever day it is started on."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli.opening import ROOM, first_opening, open_the_day
from cli.refusal import Refusal
from cli.site import Site
from cli.up import options
from kit.clock import DemoClock
from kit.workdays import CENTER_ZONE, WeeklyHours, shipped_calendar

CALENDAR = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTER_ZONE)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-23T10:00", "2026-11-23T10:00"),
        ("2026-11-23T10:59", "2026-11-23T10:59"),
        ("2026-11-23T11:30", "2026-11-23T13:01"),
        ("2026-11-23T12:30", "2026-11-23T13:01"),
        ("2026-11-23T16:30", "2026-11-24T09:01"),
        ("2026-11-22T19:14", "2026-11-23T09:01"),
        ("2026-10-01T10:00", "2026-10-08T09:01"),
    ],
)
def test_the_first_time_at_which_people_can_come(now: str, begins: str) -> None:
    assert first_opening([CALENDAR], at(now)) == at(begins)


def test_all_centers_have_to_be_open() -> None:
    late = shipped_calendar(WeeklyHours.weekdays("10:00-16:00"))
    begin = first_opening([CALENDAR, late], at("2026-11-22T19:14"))
    assert begin == at("2026-11-23T10:01")
    assert late.is_open(begin + ROOM)


def test_the_clock_moves_only_where_it_must(tmp_path: Path) -> None:
    site = Site.at(tmp_path)
    clock = DemoClock(site.demo_clock_file)
    begin = open_the_day(site)
    assert open_the_day(site) is None
    assert begin is None or timedelta(0) <= clock.now() - begin < timedelta(seconds=30)


def test_without_a_demo_clock_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="--demo-clock"):
        options(tmp_path, 0, None, True, {}, open_day=True)
