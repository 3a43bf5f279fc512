"""Figures: what was measured, against what, and whether the goal was met."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal

from bench.callers import MeasurementError

#: How often each part stands in what a figure is compared with.
Parts = Mapping[str, int]
#: Rates by part, a second.
Rates = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should be."""

    sense: Literal["at least", "at most"]
    value: float

    def met(self, value: float) -> bool:
        """Whether it is."""
        return value >= self.value if self.sense == "at least" else value <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.sense == 'at least' else '≤'} {self.value:g}"


def at_least(value: float) -> Goal:
    """No less than this."""
    return Goal("at least", value)


def at_most(value: float) -> Goal:
    """No more than this."""
    return Goal("at most", value)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; ``samples`` are the rounds that it is the median of."""

    key: str
    title: str
    value: float
    unit: str = ""
    goal: Goal | None = None
    samples: Sequence[float] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; ``None`` where there is none."""
        return None if self.goal is None else self.goal.met(self.value)

    def as_json(self) -> dict[str, Any]:
        """As it stands in bench.json."""
        return {**asdict(self), "met": self.met}


def of_rounds(
    key: str,
    title: str,
    samples: Sequence[float],
    unit: str = "",
    goal: Goal | None = None,
    details: Mapping[str, Any] | None = None,
) -> Figure:
    """The median of several rounds."""
    if not samples:
        raise MeasurementError(f"{key}: no round was measured")
    return Figure(key, title, median(samples), unit, goal, tuple(samples), details or {})


def percentile(times: Sequence[float], percent: float) -> float:
    """The smallest time that so many percent don't exceed (nearest rank)."""
    if not times:
        raise MeasurementError("a percentile of no times")
    return sorted(times)[max(0, math.ceil(len(times) * percent / 100) - 1)]


def spread_ms(times: Sequence[float]) -> dict[str, float]:
    """Median and tail, in milliseconds."""
    return {f"p{percent}_ms": round(percentile(times, percent) * 1000, 2) for percent in (50, 95, 99)}


def floor_rate(parts: Parts, rates: Rates) -> float:
    """How often a second these parts can be done one after the other, and nothing else."""
    return 1 / sum(number / rates[part] for part, number in parts.items())


def named(parts: Parts) -> str:
    """``1 http + 1 grpc + 1 write``."""
    return " + ".join(f"{number} {part}" for part, number in parts.items())
