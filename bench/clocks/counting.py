"""Due dates a second without a pause, and the time of one explanation."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from bench.figures import Figure, at_least, at_most, of_rounds, spread_ms
from kit.workdays import Calendar, Limit, Unit, WeeklyHours, due, local_instant, shipped_calendar

_RATE_GOAL: Final = at_least(50_000)
_EXPLANATION_GOAL: Final = at_most(1)
_ROUNDS: Final = 5
_TWENTY: Final = Limit(20, Unit.WORKING_DAY, "行政许可法第四十二条")


def counting(number: int) -> list[Figure]:
    """Twenty working days from so many instants of 2026 and 2027, and the explanation of some of them."""
    calendar = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))
    starts = _starts(number)
    due(starts[0], _TWENTY, calendar)  # builds the index of the year
    rates = [_rate(starts, calendar) for _ in range(_ROUNDS)]
    times = _explanations(starts[: max(200, number // 20)], calendar)
    spread = spread_ms(times)
    return [
        of_rounds("clocks.due", "due dates of 20 working days, without a pause", rates, "/s", _RATE_GOAL),
        Figure(
            "clocks.explain",
            "explanation of 20 working days: p99",
            spread["p99_ms"],
            "ms",
            _EXPLANATION_GOAL,
            details=spread,
        ),
    ]


def _starts(number: int) -> list[datetime]:
    rng = random.Random(1)
    first = date(2026, 1, 1)
    return [local_instant(first + timedelta(days=rng.randrange(700)), rng.randrange(1440)) for _ in range(number)]


def _rate(starts: Sequence[datetime], calendar: Calendar) -> float:
    began = time.perf_counter()
    for start in starts:
        due(start, _TWENTY, calendar)
    return len(starts) / (time.perf_counter() - began)


def _explanations(starts: Sequence[datetime], calendar: Calendar) -> list[float]:
    times = []
    for start in starts:
        deadline = due(start, _TWENTY, calendar)
        began = time.perf_counter()
        deadline.explain()
        times.append(time.perf_counter() - began)
    return times
