"""Statutory days off, and the lunar table checked against the moon and the sun."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import radians, sin

import pytest

from kit.workdays import statutory_days
from kit.workdays.statutory import lunar_known

BEIJING = timedelta(hours=8)
# How far Terrestrial Time, which the series use, is ahead of UTC in these years.
DELTA_T = timedelta(seconds=70)
J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def test_the_reform_of_2024_gives_thirteen_days() -> None:
    assert {f"{on:%m-%d}": name for on, name in statutory_days(2027).items()} == {
        "01-01": "元旦",
        "02-05": "除夕",
        "02-06": "春节",
        "02-07": "春节",
        "02-08": "春节",
        "04-05": "清明节",
        "05-01": "劳动节",
        "05-02": "劳动节",
        "06-09": "端午节",
        "09-15": "中秋节",
        "10-01": "国庆节",
        "10-02": "国庆节",
        "10-03": "国庆节",
    }


def test_before_the_reform_there_were_eleven() -> None:
    days = statutory_days(2024)

    assert len(days) == 11
    assert date(2024, 2, 9) not in days
    assert date(2024, 5, 2) not in days


def test_beyond_the_lunar_table_only_the_solar_days_are_known() -> None:
    assert not lunar_known(2060)
    assert [f"{on:%m-%d}" for on in statutory_days(2060)] == ["01-01", "05-01", "05-02", "10-01", "10-02", "10-03"]


@pytest.mark.parametrize("year", range(2024, 2051))
def test_the_lunar_table_agrees_with_the_moon_and_the_sun(year: int) -> None:
    days = {name: on for on, names in reversed([*statutory_days(year).items()]) for name in names.split("、")}

    # A lunar month begins on the Beijing day of the new moon: 正月初一, 五月初五, 八月十五.
    for name, day_of_month in (("春节", 1), ("端午节", 5), ("中秋节", 15)):
        first = days[name] - timedelta(days=day_of_month - 1)
        assert beijing_day_of_the_new_moon_near(first) == first, name
    months = [
        round((days[later] - days[earlier]).days / 29.53)
        for earlier, later in (("春节", "端午节"), ("端午节", "中秋节"))
    ]
    assert months in ([4, 3], [5, 3], [4, 4]), "four months, then three, and at most one leap month"
    midnight = datetime.combine(days["清明节"], datetime.min.time(), UTC) - BEIJING
    assert sun_longitude(midnight) < 15 <= sun_longitude(midnight + timedelta(days=1)), "清明节: the sun reaches 15°"


def beijing_day_of_the_new_moon_near(on: date) -> date:
    """The new moon by the leading terms of the usual series (good to a few minutes)."""
    lunation = round(((on - J2000.date()).days - 5.6) / 29.530588861)
    century = lunation / 1236.85
    sun = radians(2.5534 + 29.1053567 * lunation)
    moon = radians(201.5643 + 385.81693528 * lunation + 0.0107582 * century**2)
    node = radians(160.7108 + 390.67050284 * lunation - 0.0016118 * century**2)
    e = 1 - 0.002516 * century
    days = 5.09766 + 29.530588861 * lunation + 0.00015437 * century**2
    days += -0.40720 * sin(moon) + 0.17241 * e * sin(sun) + 0.01608 * sin(2 * moon) + 0.01039 * sin(2 * node)
    days += 0.00739 * e * sin(moon - sun) - 0.00514 * e * sin(moon + sun) + 0.00208 * e * e * sin(2 * sun)
    days += -0.00111 * sin(moon - 2 * node) - 0.00057 * sin(moon + 2 * node) + 0.00056 * e * sin(2 * moon + sun)
    days += -0.00042 * sin(3 * moon) + 0.00042 * e * sin(sun + 2 * node) + 0.00038 * e * sin(sun - 2 * node)
    return (J2000 + timedelta(days=days) - DELTA_T + BEIJING).date()


def sun_longitude(at: datetime) -> float:
    """The sun's apparent longitude in degrees (good to a hundredth, a quarter of an hour)."""
    centuries = (at + DELTA_T - J2000) / timedelta(days=36525)
    anomaly = radians(357.52911 + 35999.05029 * centuries)
    center = (
        (1.914602 - 0.004817 * centuries) * sin(anomaly) + 0.019993 * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    )
    nutation = 0.00569 + 0.00478 * sin(radians(125.04 - 1934.136 * centuries))
    return (280.46646 + 36000.76983 * centuries + center - nutation) % 360
