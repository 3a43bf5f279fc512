"""Calendars and clocks: pure arithmetic of dated intervals in working days, and its explanation.

The model, in four sentences. A `Calendar` says of every day whether it *counts* (working day, holiday, make-up
workday, closure) and, apart from that, when the center is *open*; a year that the State Council hasn't published is
computed and marked provisional. A `Limit` (20 working days, with its legal basis) starts at an instant, stands still
during each `Pause`, grows by each `Extension`, and `due` turns that into a `Deadline`. A deadline explains itself
line by line, and `remaining` says how it stands now. `Overrides` and `merge` give a center its parent's calendar
with its own changes.

How it counts:

- The day of the start isn't counted (民法典 201). Hours run from the instant itself (ibid.), within opening hours of
  working days.
- Working days are the law's (许可法 82), not the center's opening days: a point that opens on Wednesdays only still
  has its five days a week counted, and a Saturday service isn't a working day. A center's closure (中心闭馆) isn't
  counted; a half day is.
- A day during any part of which the clock is paused isn't counted (our own choice; see `Pause`).
- A limit ends at 23:59:59.999 of its last day (as the centers' systems do), or at the close of business (民法典 203) if the center says
  so; in calendar days, a last day that is off moves on to the next working day (民法典 203).
- Zero working days is the same day; received after hours or on a day off, the next working day.

Everything is frozen and may be shared between threads. Instants are aware UTC datetimes in milliseconds. The only
input is `years`, which reads the shipped notices. Bad input raises `kit.errors.Invalid` with a stable code.
"""

from kit.workdays.calendar import Calendar, DayStatus
from kit.workdays.deadline import Deadline, due
from kit.workdays.explain import DayLine, Outcome
from kit.workdays.hours import Hours, Interval, WeeklyHours, day_hours
from kit.workdays.inheritance import Overrides, merge
from kit.workdays.limits import MAX_AMOUNT, AfterHours, CountingRules, DayEnd, Extension, Limit, Pause, Unit
from kit.workdays.published import PublishedYear
from kit.workdays.remaining import Remaining, Standing, remaining
from kit.workdays.special_days import DayKind, SpecialDay
from kit.workdays.statutory import statutory_days
from kit.workdays.years import shipped_calendar, shipped_years
from kit.workdays.zone import CENTER_ZONE, local_date, local_instant, local_text

__all__ = [
    "CENTER_ZONE",
    "MAX_AMOUNT",
    "AfterHours",
    "Calendar",
    "CountingRules",
    "DayEnd",
    "DayKind",
    "DayLine",
    "DayStatus",
    "Deadline",
    "Extension",
    "Hours",
    "Interval",
    "Limit",
    "Outcome",
    "Overrides",
    "Pause",
    "PublishedYear",
    "Remaining",
    "SpecialDay",
    "Standing",
    "Unit",
    "WeeklyHours",
    "day_hours",
    "due",
    "local_date",
    "local_instant",
    "local_text",
    "merge",
    "remaining",
    "shipped_calendar",
    "shipped_years",
    "statutory_days",
]
