"""Civil time of the centers, and the exact conversion between it and UTC instants.

Every center keeps Beijing time (Asia/Shanghai): a fixed UTC+8 without daylight saving since 1991, so an offset is
the whole rule and no zone database is needed. Instants are aware datetimes in UTC with millisecond precision, as
the Store keeps them. Inside the package an instant is also a *local millisecond*: the number of milliseconds of
civil time since 0001-01-01 00:00, so that a day is ``DAY_MS`` and no arithmetic can fall off a datetime's range.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from kit.errors import Invalid

CENTER_ZONE: Final = timezone(timedelta(hours=8), "Asia/Shanghai")

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

LAST_ORDINAL: Final = date.max.toordinal()

WEEKDAYS: Final = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")

_ORIGIN: Final = datetime(1, 1, 1, tzinfo=UTC)
_OFFSET_MS: Final = 8 * HOUR_MS
_MILLISECOND: Final = timedelta(milliseconds=1)


def local_ms(at: datetime, field: str) -> int:
    """The local millisecond of an instant; anything finer is cut off. Raises Invalid when it has no time zone."""
    if at.utcoffset() is None:
        raise Invalid("instant_without_zone", f"时间“{field}”缺少时区，请提供带时区的时间。", field=field)
    return (at - _ORIGIN) // _MILLISECOND + _OFFSET_MS


def instant(ms: int) -> datetime:
    """The UTC instant of a local millisecond. Raises Invalid outside the years 1–9999."""
    try:
        return _ORIGIN + timedelta(milliseconds=ms - _OFFSET_MS)
    except OverflowError:
        raise out_of_range() from None


def day_start_ms(ordinal: int) -> int:
    """The local millisecond at which a day (proleptic ordinal) begins."""
    return (ordinal - 1) * DAY_MS


def ordinal_of(ms: int) -> int:
    """The day (proleptic ordinal) that a local millisecond belongs to."""
    return ms // DAY_MS + 1


def date_of(ordinal: int) -> date:
    """The date of a proleptic ordinal. Raises Invalid outside the years 1–9999."""
    if not 1 <= ordinal <= LAST_ORDINAL:
        raise out_of_range()
    return date.fromordinal(ordinal)


def local_date(at: datetime) -> date:
    """The center's date at an instant. Raises Invalid when it has no time zone."""
    return date_of(ordinal_of(local_ms(at, "at")))


def local_instant(on: date, minute: int = 0) -> datetime:
    """The UTC instant of a minute (0–1440, from midnight) of a center's day."""
    return instant(day_start_ms(on.toordinal()) + minute * MINUTE_MS)


@lru_cache(maxsize=1024)  # ends are midnights: a center has few different ones at a time
def local_text(at: datetime) -> str:
    """An instant in the center's time, for people: ``2026-10-13 23:59``."""
    return at.astimezone(CENTER_ZONE).strftime("%Y-%m-%d %H:%M")


def plain_date(on: date) -> date:
    """Refuse a datetime where a date is meant: it is a date to the type checker but finds no entry in a calendar."""
    if isinstance(on, datetime):
        raise TypeError(f"a date is needed, not an instant: {on!r} (use local_date)")
    return on


def out_of_range() -> Invalid:
    """The error of a computation that leaves the years 1–9999."""
    return Invalid("date_out_of_range", "日期超出可计算的范围（公元 1 年至 9999 年），请检查起始日期和期限。")
