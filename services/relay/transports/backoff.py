"""When a broken line is dialled again: later each time, and not all children of a hub at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Pauses that double from ``first`` to ``longest`` seconds, each cut by a random part of its half."""

    first: float
    longest: float
    _random: Callable[[], float] = field(default=random.random, repr=False)
    _failures: int = 0

    def pause(self) -> float:
        """How long to wait now, after one more failure."""
        whole = min(self.longest, self.first * 2.0 ** min(self._failures, 40))
        self._failures += 1
        return whole * (1.0 - self._random() / 2)

    def succeeded(self) -> None:
        """The line has held for a while: begin anew."""
        self._failures = 0
