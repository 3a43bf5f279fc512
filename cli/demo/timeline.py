"""Simulated time: things to do in the order of their time, and the demo clock that follows them."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from kit.clock import DemoClock

#: A jump longer than this lets the site's alarms fire before the next thing is done.
SETTLE_AFTER = timedelta(minutes=20)
#: How long the site gets for that, in seconds of real time; its sweepers look five times a second.
SETTLE_SECONDS = 0.45


class Timeline:
    """What is to be done, by simulated time; equal times in the order in which they were planned."""

    def __init__(self, clock: DemoClock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []

    @property
    def now(self) -> datetime:
        """The present of the site."""
        return self._clock.now()

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        """Plans something."""
        heapq.heappush(self._waiting, (when, next(self._order), action))

    def after(self, minutes: float, action: Callable[[], None]) -> None:
        """Plans something that many minutes from now."""
        self.at(self.now + timedelta(minutes=minutes), action)

    def run(self, progress: Callable[[datetime], None]) -> None:
        """Does everything, moving the clock forward to each time."""
        while self._waiting:
            when, _, action = heapq.heappop(self._waiting)
            self.advance_to(when)
            action()
            progress(when)

    def advance_to(self, when: datetime) -> None:
        """Moves the clock; after a long jump the site gets a moment to catch up."""
        ahead = when - self.now
        if ahead <= timedelta(0):
            return
        self._clock.advance(ahead)
        if ahead > SETTLE_AFTER:
            time.sleep(SETTLE_SECONDS)
