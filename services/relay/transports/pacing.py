"""How rounds follow each other, where many lines have something to say: a little apart, so that more share the next one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Pieces of work in one round, at the most.
ROUND: Final = 128
#: How long a round waits for more, counted from the beginning of the one before it, in seconds. Our own choice.
APART: Final = 0.02


@dataclass
class Pacing:
    """Lets a round wait as long as the last ones had several pieces; who is alone never waits."""

    real: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _began: float = float("-inf")
    #: Pieces in a round, as the last ones had them.
    _usual: float = 1.0

    def wait(self) -> None:
        """Before a round takes what waits."""
        left = self._began + APART - self.real() if self._usual > 1.5 else 0.0
        if left > 0:
            self.sleep(left)
        self._began = self.real()

    def took(self, count: int) -> None:
        """So many are in this round."""
        self._usual += (count - self._usual) / 4
