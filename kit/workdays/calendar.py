"""A center's calendar: which days count, when the center is open, and why.

Precedence for a day, the most specific first: the center's own exception, the State Council's notice, and the
ordinary week (Monday to Friday count; 国务院关于职工工作时间的规定 7). A year without a notice is computed from
weekends and statutory days and every day of it that nothing settles is *provisional*: it can change when the
notice appears. No year is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kit.errors import Invalid
from kit.workdays.document import parse_calendar, unparse
from kit.workdays.hours import Hours, WeeklyHours
from kit.workdays.index import WorkdayIndex
from kit.workdays.limits import CountingRules
from kit.workdays.published import PublishedYear
from kit.workdays.special_days import DayKind, SpecialDay
from kit.workdays.statutory import lunar_known, statutory_days
from kit.workdays.zone import LAST_ORDINAL, MINUTE_MS, date_of, day_start_ms, instant, local_ms, ordinal_of, plain_date


@dataclass(frozen=True, slots=True)
class DayStatus:
    """What a day is. `working` says whether it counts towards a limit in working days, not whether doors are open."""

    on: date
    working: bool
    reason: str
    provisional_reason: str = ""

    @property
    def provisional(self) -> bool:
        """Whether the day may still change when the State Council publishes its year."""
        return bool(self.provisional_reason)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A center's effective calendar, whole in itself (architecture 14; rules T02, ZZ6).

    `version` is its own version number, kept by the owner of the document. Years and days are put in order.
    """

    version: int
    hours: WeeklyHours
    years: tuple[PublishedYear, ...] = ()
    days: tuple[SpecialDay, ...] = ()
    counting: CountingRules = CountingRules()
    """How the center counts where the sources leave room."""
    _special: dict[date, SpecialDay] = field(init=False, repr=False, compare=False)
    _notices: dict[date, tuple[bool, str]] = field(init=False, repr=False, compare=False)
    _published: frozenset[int] = field(init=False, repr=False, compare=False)
    _index: WorkdayIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises Invalid on a year or a day given twice, and on REGULAR, which has nothing to take back here."""
        years = tuple(sorted(self.years, key=lambda year: year.year))
        days = tuple(sorted(self.days, key=lambda day: day.on))
        published = frozenset(year.year for year in years)
        special = {day.on: day for day in days}
        if len(published) != len(years):
            raise Invalid("calendar_date_conflict", "同一年的放假安排出现多次，请只保留一份。", field="years")
        if len(special) != len(days):
            raise Invalid("calendar_date_conflict", "同一天的特殊安排出现多次，请只保留一处。", field="days")
        if any(day.kind is DayKind.REGULAR for day in days):
            raise Invalid("calendar_value_invalid", "“照常”只能用于取消上级中心的安排。", field="days")
        # In order of years: a notice overrides the older one in the December that it reaches into.
        notices: dict[date, tuple[bool, str]] = {}
        for year in years:
            notices.update({on: (False, name) for on, name in year.off})
            notices.update({on: (True, name) for on, name in year.make_up})
        self._set(years=years, days=days, _special=special, _notices=notices, _published=published)
        self._set(_index=WorkdayIndex(self._classify))

    @classmethod
    def from_data(cls, data: object) -> Calendar:
        """Read a calendar document, strictly. Raises Invalid with the field that is wrong."""
        version, hours, years, days, counting = parse_calendar(data)
        return cls(version, hours, years, days, counting)

    def to_data(self) -> Mapping[str, Any]:
        """The document that from_data reads; plain JSON types."""
        return unparse(self.version, self.hours, self.years, self.days, self.counting)

    @property
    def index(self) -> WorkdayIndex:
        """Working days by number, for arithmetic over long spans."""
        return self._index

    def is_published(self, year: int) -> bool:
        """Whether the State Council's notice of a year stands in the calendar."""
        return year in self._published

    def day_status(self, on: date) -> DayStatus:
        """Whether a day counts, with the reason for a citizen. Never raises, however far the year."""
        working, reason, settled = self._decide(plain_date(on))
        return DayStatus(on, working, reason, "" if settled else _provisional_reason(on.year))

    def opening_intervals(self, on: date) -> Hours:
        """When the center serves on a day, whether or not the day counts."""
        special = self._special.get(plain_date(on))
        if special is not None and special.kind is not DayKind.MAKE_UP:
            return special.hours
        if special is not None:
            return special.hours or self.hours.make_up
        if on in self._notices:
            counts, _ = self._notices[on]
            return self.hours.make_up if counts else ()
        if on.year not in self._published and on in statutory_days(on.year):
            return ()
        return self.hours.days[on.weekday()]

    def working_intervals(self, on: date) -> Hours:
        """The hours of a day that counts, none on others: what a limit in working hours runs on."""
        return self.opening_intervals(on) if self._decide(on)[0] else ()

    def is_open(self, at: datetime) -> bool:
        """Whether the center serves at an instant. Raises Invalid when it has no time zone."""
        ms = local_ms(at, "at")
        ordinal = ordinal_of(ms)
        within = ms - day_start_ms(ordinal)
        return any(
            slot.start * MINUTE_MS <= within < slot.end * MINUTE_MS for slot in self.opening_intervals(date_of(ordinal))
        )

    def next_opening(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which the center serves: `at` itself when open. None past the year 9999."""
        ms = local_ms(at, "at")
        first = ordinal_of(ms)
        for ordinal in range(first, LAST_ORDINAL + 1):
            midnight = day_start_ms(ordinal)
            for slot in self.opening_intervals(date_of(ordinal)):
                if ms < midnight + slot.end * MINUTE_MS:
                    return instant(max(ms, midnight + slot.start * MINUTE_MS))
        return None

    def next_working_day(self, on: date, n: int = 1) -> date:
        """The n-th working day after a day (n ≥ 1)."""
        return date_of(self._index.nth_after(plain_date(on).toordinal(), n))

    def working_days(self, after: date, through: date) -> int:
        """How many working days lie in (after, through]."""
        return self._index.count(plain_date(after).toordinal(), plain_date(through).toordinal())

    def _decide(self, on: date) -> tuple[bool, str, bool]:
        """(counts, reason, settled) of a day."""
        special = self._special.get(on)
        if special is None:
            return self._ordinarily(on)
        if special.kind is DayKind.SPECIAL_HOURS:
            working, reason, settled = self._ordinarily(on)
            return working, special.reason(reason), settled
        return special.kind is DayKind.MAKE_UP, special.reason(""), True

    def _ordinarily(self, on: date) -> tuple[bool, str, bool]:
        """The same without the center's own exceptions."""
        if on in self._notices:
            counts, name = self._notices[on]
            return counts, f"{name}调休上班" if counts else f"{name}假期", True
        published = on.year in self._published
        if not published and (name := statutory_days(on.year).get(on, "")):
            return False, f"{name}（法定节假日）", False
        return (True, "工作日", published) if on.weekday() < 5 else (False, "周末", published)

    def _classify(self, on: date) -> tuple[bool, bool]:
        working, _, settled = self._decide(on)
        return working, not settled

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


def _provisional_reason(year: int) -> str:
    if lunar_known(year):
        return f"{year} 年放假安排尚未公布，暂按周末和法定节假日推算"
    return f"{year} 年放假安排尚未公布，农历节日也暂无数据，仅按周末和固定日期的法定节假日推算"
