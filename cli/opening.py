"""Begins a demonstration within opening hours: moves the demo clock on where the sample centers are closed.

Whoever tries the sample on a Sunday evening can then take a ticket all the same. Only with the demo clock on; real
time is never touched.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cli.sample.load import load_federation
from cli.sample.model import Center
from cli.site import Site
from kit.clock import DemoClock
from kit.workdays import Calendar, WeeklyHours, shipped_calendar

#: A demonstration wants at least this long before the centers close.
ROOM: Final = timedelta(minutes=60)
#: How far ahead is looked; a longer closure is nothing for a demonstration.
_FURTHEST: Final = timedelta(days=30)


def open_the_day(site: Site) -> datetime | None:
    """Moves the demo clock to when all sample centers have been open for a minute and stay so for ``ROOM``.

    Goes by the sample's own hours and the shipped years, so that it can be done before anything runs. ``None`` when
    they are open already.
    """
    clock = DemoClock(site.demo_clock_file)
    now = clock.now()
    begin = first_opening([_calendar(center) for center in load_federation().centers], now)
    if begin is None or begin <= now:
        return None
    clock.advance(begin - now)
    return begin


def first_opening(calendars: list[Calendar], now: datetime) -> datetime | None:
    """The first time from now on at which all are open, and still are ``ROOM`` later; ``None`` within a month."""
    at = now
    while calendars and at - now < _FURTHEST:
        closed = [calendar for calendar in calendars if not (calendar.is_open(at) and calendar.is_open(at + ROOM))]
        if not closed:
            return at
        openings = [_next(calendar, at) for calendar in closed]
        if not all(openings):
            return None
        at = max(opening for opening in openings if opening is not None)
    return None


def _next(calendar: Calendar, at: datetime) -> datetime | None:
    """A minute into the next opening after this time, or after the closing that is too near."""
    step = at if not calendar.is_open(at) else at + ROOM
    while calendar.is_open(step):
        step += timedelta(minutes=1)
    opening = calendar.next_opening(step)
    return None if opening is None else opening + timedelta(minutes=1)


def _calendar(center: Center) -> Calendar:
    slots = (f"{slot.opens}-{slot.closes}" for slot in center.working_hours)
    return shipped_calendar(WeeklyHours.weekdays(*slots))
