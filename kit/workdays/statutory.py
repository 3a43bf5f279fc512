"""Statutory days off (法定节假日) computed from the law, for years whose State Council notice isn't out yet.

The law is the 全国年节及纪念日放假办法 as revised in 2024: 13 days from 2025 on. Before that it was 11: 除夕 and
May 2 were added. Days off in lieu of a statutory day on a weekend (补假) are *not* guessed: the law promises them
but leaves the workday to the notice. So a computed year has at most as many days off as the published one, and a
due date computed in it can only move later through a holiday, or earlier through a make-up workday.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_REVISED: Final = 2025
"""First year of the 2024 revision."""

_LUNAR: Final[dict[int, tuple[str, str, str, str]]] = {
    # year: 春节 (正月初一), 清明 (solar term), 端午 (五月初五), 中秋 (八月十五).
    # Lunar dates from lunardate 0.3.0 and, independently, holidays 0.109; they agree on every date. 清明 from the
    # latter. The tests check each row again against the mean new moon and the sun's longitude.
    2024: ("02-10", "04-04", "06-10", "09-17"),
    2025: ("01-29", "04-04", "05-31", "10-06"),
    2026: ("02-17", "04-05", "06-19", "09-25"),
    2027: ("02-06", "04-05", "06-09", "09-15"),
    2028: ("01-26", "04-04", "05-28", "10-03"),
    2029: ("02-13", "04-04", "06-16", "09-22"),
    2030: ("02-03", "04-05", "06-05", "09-12"),
    2031: ("01-23", "04-05", "06-24", "10-01"),
    2032: ("02-11", "04-04", "06-12", "09-19"),
    2033: ("01-31", "04-04", "06-01", "09-08"),
    2034: ("02-19", "04-05", "06-20", "09-27"),
    2035: ("02-08", "04-05", "06-10", "09-16"),
    2036: ("01-28", "04-04", "05-30", "10-04"),
    2037: ("02-15", "04-04", "06-18", "09-24"),
    2038: ("02-04", "04-05", "06-07", "09-13"),
    2039: ("01-24", "04-05", "05-27", "10-02"),
    2040: ("02-12", "04-04", "06-14", "09-20"),
    2041: ("02-01", "04-04", "06-03", "09-10"),
    2042: ("01-22", "04-04", "06-22", "09-28"),
    2043: ("02-10", "04-05", "06-11", "09-17"),
    2044: ("01-30", "04-04", "05-31", "10-05"),
    2045: ("02-17", "04-04", "06-19", "09-25"),
    2046: ("02-06", "04-04", "06-08", "09-15"),
    2047: ("01-26", "04-05", "05-29", "10-04"),
    2048: ("02-14", "04-04", "06-15", "09-22"),
    2049: ("02-02", "04-04", "06-04", "09-11"),
    2050: ("01-23", "04-04", "06-23", "09-30"),
}


def lunar_known(year: int) -> bool:
    """Whether the lunar days (春节, 端午, 中秋) and 清明 of a year stand in the table."""
    return year in _LUNAR


@lru_cache(maxsize=64)
def statutory_days(year: int) -> Mapping[date, str]:
    """The statutory days off of a year with their names; beyond the lunar table only those on fixed solar dates."""
    days: dict[date, str] = {}

    def add(first: date, count: int, name: str) -> None:
        for offset in range(count):
            on = first + timedelta(days=offset)
            # 中秋 can fall on October 1–3 (2031): both names stand.
            days[on] = f"{days[on]}、{name}" if on in days else name

    revised = year >= _REVISED
    add(date(year, 1, 1), 1, "元旦")
    if year in _LUNAR:
        spring, qingming, dragon_boat, mid_autumn = (date.fromisoformat(f"{year}-{day}") for day in _LUNAR[year])
        if revised:
            add(spring - timedelta(days=1), 1, "除夕")
        add(spring, 3, "春节")
        add(qingming, 1, "清明节")
        add(dragon_boat, 1, "端午节")
        add(mid_autumn, 1, "中秋节")
    add(date(year, 5, 1), 2 if revised else 1, "劳动节")
    add(date(year, 10, 1), 3, "国庆节")
    return MappingProxyType(days)
