"""Whether somebody who failed a moment ago is asked again: a circuit breaker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

#: Our own choices: so many failures in a row, and it isn't asked for so many seconds; then once, to see.
FAILURES: Final = 3
REST_SECONDS: Final = 30.0


class Breaker:
    """Counts failures in a row. ``clock`` in seconds, monotonic."""

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        rest_seconds: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._rest = rest_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._until = 0.0

    def may_ask(self) -> bool:
        """Whether it is to be asked now; after a rest, whoever comes first tries and the others still wait."""
        with self._lock:
            if self._failed < self._most:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._rest
            return True

    def succeeded(self) -> None:
        """It answered, whatever it said."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """It didn't answer, or nothing that can be relied on."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                self._until = self._clock() + self._rest
