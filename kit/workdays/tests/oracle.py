"""A second, slow and simple telling of the rules, and random calendars to compare it with the fast one.

The oracle reads the calendar's fields by linear search and walks day by day (minute by minute for hours); it uses
none of the package's indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st

from kit.workdays import (
    AfterHours,
    Calendar,
    CountingRules,
    DayEnd,
    DayKind,
    Extension,
    Hours,
    Interval,
    Limit,
    Overrides,
    Pause,
    PublishedYear,
    SpecialDay,
    Unit,
    WeeklyHours,
    local_instant,
    statutory_days,
)

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
DAY = timedelta(days=1)
OFFSET = timedelta(hours=8)


class Truth(NamedTuple):
    working: bool
    provisional: bool
    hours: Hours


def truth(calendar: Calendar, on: date) -> Truth:
    """What a day is, told from the fields alone."""
    week = calendar.hours.days[on.weekday()]
    ordinary = Truth(on.weekday() < 5, not any(year.year == on.year for year in calendar.years), week)
    if ordinary.provisional and on in statutory_days(on.year):
        ordinary = Truth(False, True, ())
    for year in calendar.years:
        if on in [day for day, _ in year.off]:
            ordinary = Truth(False, False, ())
        if on in [day for day, _ in year.make_up]:
            ordinary = Truth(True, False, calendar.hours.make_up)
    for special in calendar.days:
        if special.on != on:
            continue
        if special.kind is DayKind.SPECIAL_HOURS:
            return ordinary._replace(hours=special.hours)
        if special.kind is DayKind.MAKE_UP:
            return Truth(True, False, special.hours or calendar.hours.make_up)
        return Truth(False, False, ())
    return ordinary


class Answer(NamedTuple):
    on: date | None
    provisional: bool


def touched(pauses: list[Pause], on: date) -> bool | None:
    """Whether a pause touches a day; None when the pause that does has no end."""
    for pause in pauses:
        begins = (pause.start_at + OFFSET).date()
        if pause.end_at is None:
            if begins <= on:
                return None
        elif pause.end_at > pause.start_at:
            ends = (pause.end_at - timedelta(milliseconds=1) + OFFSET).date()
            if begins <= on <= ends:
                return True
    return False


def last_day(
    calendar: Calendar, start: datetime, limit: Limit, pauses: list[Pause], total: int, rules: CountingRules
) -> Answer:
    """The last day of a limit in days, walking."""
    on = (start + OFFSET).date()
    provisional = False
    if rules.after_hours is AfterHours.NEXT_WORKING_DAY and limit.amount:
        minute = (start + OFFSET).hour * 60 + (start + OFFSET).minute
        day = truth(calendar, on)
        provisional = day.provisional
        if not (day.working and day.hours and minute < day.hours[-1].end):
            while True:
                on += DAY
                day = truth(calendar, on)
                provisional = provisional or day.provisional
                if day.working and day.hours:
                    break
    seeking = limit.amount == 0
    rolling = False
    number = 0
    if seeking and touched(pauses, on) is False:
        day = truth(calendar, on)
        provisional = day.provisional
        minute = (start + OFFSET).hour * 60 + (start + OFFSET).minute
        if day.working and day.hours and minute < day.hours[-1].end:
            seeking = False
            if total == 0:
                return Answer(on, provisional)
    while True:
        on += DAY
        paused = touched(pauses, on)
        if paused is None:
            return Answer(None, provisional)
        if paused:
            continue
        day = truth(calendar, on)
        if limit.unit is Unit.CALENDAR_DAY and not rolling:
            number += 1
            if number < total:
                continue
            if not rules.roll_calendar_days:
                return Answer(on, provisional)
            rolling = True
        provisional = provisional or day.provisional
        if not day.working:
            continue
        if rolling:
            return Answer(on, provisional)
        if seeking:
            if not day.hours:
                continue
            seeking = False
        else:
            number += 1
        if number == total:
            return Answer(on, provisional)


def last_minute(calendar: Calendar, start: datetime, hours: int, pauses: list[Pause]) -> datetime | None:
    """When a limit in hours is used up, minute by minute (every instant must stand on a whole minute)."""
    at, left = start, hours * 60
    while True:
        local = at + OFFSET
        day = truth(calendar, local.date())
        minute = local.hour * 60 + local.minute
        if any(pause.end_at is None and pause.start_at <= at for pause in pauses):
            return None
        running = not any(pause.start_at <= at < (pause.end_at or at) for pause in pauses)
        if running and day.working and any(slot.start <= minute < slot.end for slot in day.hours):
            left -= 1
        at += timedelta(minutes=1)
        if left == 0:
            return at


# ── Random calendars and terms ───────────────────────────────────────────────────────────────────────────────

dates = st.dates(FIRST, LAST)
names = st.sampled_from(["元旦", "春节", "台风", "培训", "系统升级"])
limit_units = st.sampled_from([Unit.WORKING_DAY, Unit.CALENDAR_DAY])
rules = st.builds(CountingRules, st.sampled_from(DayEnd), st.booleans(), st.sampled_from(AfterHours))


@st.composite
def day_hours(draw: st.DrawFn, least: int = 0) -> Hours:
    cuts = draw(st.lists(st.integers(0, 96), min_size=2 * least, max_size=6, unique=True))
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    return tuple(Interval(start * 15, end * 15) for start, end in zip(cuts[::2], cuts[1::2], strict=True))


@st.composite
def weeks(draw: st.DrawFn) -> WeeklyHours:
    office = (Interval(540, 720), Interval(780, 1020))
    mon, tue, thu, fri, sat, sun, make_up = (draw(st.one_of(st.just(office), day_hours())) for _ in range(7))
    return WeeklyHours((mon, tue, draw(day_hours(least=1)), thu, fri, sat, sun), make_up)


@st.composite
def published_years(draw: st.DrawFn, year: int) -> PublishedYear:
    days = st.dates(date(year - 1, 12, 20), date(year, 12, 31))
    off = draw(st.dictionaries(days, names, min_size=1, max_size=25))
    weekends = days.filter(lambda on: on.weekday() >= 5 and on not in off)
    make_up = draw(st.dictionaries(weekends, names, max_size=6))
    return PublishedYear(year, "测试通知", tuple(sorted(off.items())), tuple(sorted(make_up.items())))


def published() -> st.SearchStrategy[tuple[PublishedYear, ...]]:
    return st.tuples(*(st.none() | published_years(year) for year in (2026, 2027, 2028))).map(
        lambda years: tuple(year for year in years if year is not None)
    )


@st.composite
def special_days(draw: st.DrawFn, kinds: Sequence[DayKind]) -> SpecialDay:
    kind = draw(st.sampled_from(kinds))
    hours: Hours = ()
    if kind is DayKind.SPECIAL_HOURS:
        hours = draw(day_hours(least=1))
    elif kind is DayKind.MAKE_UP:
        hours = draw(day_hours())
    return SpecialDay(draw(dates), kind, draw(names), hours)


def exceptions(kinds: Sequence[DayKind]) -> st.SearchStrategy[tuple[SpecialDay, ...]]:
    return st.lists(special_days(kinds), max_size=20, unique_by=lambda day: day.on).map(tuple)


EFFECTIVE_KINDS = [kind for kind in DayKind if kind is not DayKind.REGULAR]
calendars = st.builds(Calendar, st.integers(1, 99), weeks(), published(), exceptions(EFFECTIVE_KINDS))
overrides = st.builds(Overrides, st.integers(1, 99), st.none() | weeks(), published(), exceptions(list(DayKind)))


@st.composite
def instants(draw: st.DrawFn, first: date = FIRST, last: date = date(2027, 12, 31)) -> datetime:
    """On whole minutes, with the edges of days drawn often."""
    minute = draw(st.one_of(st.sampled_from([0, 539, 540, 1019, 1020, 1439]), st.integers(0, 1439)))
    return local_instant(draw(st.dates(first, last)), minute)


@st.composite
def pause_lists(draw: st.DrawFn, start: datetime, within_days: int = 60) -> list[Pause]:
    """Pauses that don't overlap, some touching, some on one day, some empty, the last perhaps open; shuffled."""
    at = start + timedelta(days=draw(st.integers(-3, 5)), minutes=draw(st.integers(-600, 600)))
    pauses = []
    for _ in range(draw(st.integers(0, 3))):
        length = draw(st.one_of(st.just(0), st.integers(1, 1440), st.integers(1, 1440 * within_days // 3)))
        end = at + timedelta(minutes=length)
        pauses.append(Pause(at, end, "专家评审", draw(st.sampled_from(["", "等待意见"]))))
        at = end + timedelta(minutes=draw(st.one_of(st.just(0), st.integers(1, 1440), st.integers(1, 14400))))
    if draw(st.integers(0, 5)) == 0:
        pauses.append(Pause(at, None, "检验"))
    return draw(st.permutations(pauses))


@st.composite
def limits(draw: st.DrawFn) -> tuple[Limit, list[Extension]]:
    """A limit in days, sometimes the same day, with its extensions."""
    unit = draw(limit_units)
    least = 0 if unit is Unit.WORKING_DAY else 1
    # Short limits often: there pauses, the same day and the moving of a last day meet.
    amount = draw(st.one_of(st.integers(least, 4), st.integers(least, 60)))
    extended = draw(st.lists(st.integers(1, 20), max_size=2))
    return Limit(amount, unit), [Extension(days, unit, "情况复杂") for days in extended]
