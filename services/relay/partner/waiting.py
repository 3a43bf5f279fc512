"""Long polls: who asks for envelopes that aren't there yet waits for them, a while, on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

#: How often is looked, in seconds: what another replica wrote nudges nobody here.
_EVERY: Final = 0.5


class Waits:
    """The polls of this process that wait."""

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``most`` may wait at once; the others are answered with what is there."""
        self._most = most
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._waiting = 0
        self._stopped = False
        #: Told how many wait, so that the server keeps its threads for the others.
        self.on_count: Callable[[int], None] = lambda _count: None

    def until(self, seconds: float, look: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What ``look`` finds, waiting for it to find anything at the most so long."""
        found = look()
        if found or seconds <= 0:
            return found
        with self._place() as is_free:
            end = self._monotonic() + seconds
            while is_free and not found and not self._stopped:
                left = end - self._monotonic()
                if left <= 0:
                    break
                with self._changed:
                    self._changed.wait(min(left, _EVERY))
                found = look()
        return found

    def nudge(self) -> None:
        """There may be something new."""
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """Sends everybody home."""
        self._stopped = True
        self.nudge()

    @contextmanager
    def _place(self) -> Iterator[bool]:
        with self._changed:
            is_free = self._waiting < self._most
            self._waiting += is_free
            count = self._waiting
        self.on_count(count)
        try:
            yield is_free
        finally:
            with self._changed:
                self._waiting -= is_free
                count = self._waiting
            self.on_count(count)
