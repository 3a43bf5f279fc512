"""Tickets that callers of this process are claiming: keeps them off each other's heads.

Only an optimisation. That no ticket is called twice rests on the compare-and-set of the save alone; another process
knows nothing of what stands here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Claims remembered; far more than can be under way at a time.
_REMEMBERED: Final = 4096


class Claims:
    """Versions of tickets that somebody has tried to call; a version can be called once, so none is tried again."""

    def __init__(self) -> None:
        self._claimed: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._lock = threading.Condition()
        self._outcomes = 0
        self._choosing: dict[str, threading.Lock] = {}

    @contextmanager
    def choosing(self, center_id: str) -> Iterator[None]:
        """One caller of a center at a time looks and claims; the durable write comes after, side by side."""
        with self._lock:
            lock = self._choosing.setdefault(center_id, threading.Lock())
        with lock:
            yield

    def holds(self, ticket_id: str, version: int) -> bool:
        """Whether this version is being called, or was."""
        return (ticket_id, version) in self._claimed

    def add(self, ticket_id: str, version: int) -> None:
        """Remembers that this version is being called."""
        with self._lock:
            self._claimed[ticket_id, version] = None
            while len(self._claimed) > _REMEMBERED:
                self._claimed.popitem(last=False)

    def spent(self) -> None:
        """An attempt is over and its version was called, by this caller or another."""
        with self._lock:
            self._outcomes += 1
            self._lock.notify_all()

    def release(self, ticket_id: str, version: int) -> None:
        """It wasn't called after all."""
        with self._lock:
            self._claimed.pop((ticket_id, version), None)
            self._outcomes += 1
            self._lock.notify_all()

    @property
    def outcomes(self) -> int:
        """How many attempts have come to an end."""
        with self._lock:
            return self._outcomes

    def wait_for_outcome(self, since: int, seconds: float) -> bool:
        """Waits until more attempts than ``since`` have come to an end. False: none did in time."""
        with self._lock:
            return self._lock.wait_for(lambda: self._outcomes > since, seconds)
