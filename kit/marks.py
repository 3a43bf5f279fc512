"""Marks are forgotten once their events can't come again, a batch at a time.

An event comes again to a group in three ways, and each is over before its mark goes:

- **From the bus**, while the group's position is behind it: after a crash, a hand-over, or a restore that put a position
  before effects that the restored store holds. So nothing is forgotten while the group has anything before it (``lag``):
  positions only move forward, and what lies behind them isn't handed out any more.
- **From an outbox** that was killed between publishing and clearing, or restored so: it publishes again as soon as its
  service runs. So nothing is forgotten in the first ``SETTLE`` of a process, nor before the window is over: no service may
  stay off for longer than that.
- **From an operator**, who replays a dead letter: only the group whose it is takes that (``kit.dead_letters.REPLAY_FOR``), and
  one that is older than the window isn't replayed (``tongban dlq``).

The window is counted in real time from when the mark was written. A clock that jumps ahead by more than the window makes
marks look old; the first two reasons hold all the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from kit.bus.port import Bus
from kit.errors import Unavailable
from kit.store.port import Store

log = logging.getLogger(__name__)

#: How long a process runs before it forgets anything, and how often it looks then, in seconds.
SETTLE: Final = 3600.0
#: Marks that go in one write.
BATCH: Final = 500
#: Between two batches, in seconds, so that others' writes get in between.
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class MarkedGroup:
    """A group whose effects leave marks. ``topics`` empty: its marks are of nothing that comes from the bus."""

    name: str
    topics: Sequence[str] = ()


class MarkPruner:
    """Forgets one service's old marks."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        groups: Sequence[MarkedGroup],
        window: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._bus = bus
        self._groups = groups
        self._window = window
        #: Real time.
        self._now = now
        self._stop = threading.Event()

    def forget(self) -> int:
        """Forgets what is old, of each group that has nothing before it; how many marks. Raises ``Unavailable``."""
        total = 0
        for group in self._groups:
            if group.topics and self._bus.lag(group.name, group.topics):
                continue
            while gone := self._store.forget_marks(group.name, self._now() - self._window, BATCH):
                total += gone
                if gone < BATCH or self._stop.wait(_PAUSE):
                    break
        return total

    def run(self, pause: float = SETTLE) -> None:
        """Forgets now and then until ``stop``; ``pause`` in seconds of real time."""
        while not self._stop.wait(pause):
            try:
                if gone := self.forget():
                    log.info("%d old marks are forgotten", gone)
            except Unavailable as error:
                log.warning("old marks are looked at again later: %s", error)
            except Exception:
                log.exception("forgetting old marks failed")

    def stop(self) -> None:
        """Ends ``run`` after the batch that it is at."""
        self._stop.set()


def may_be_forgotten(window: timedelta, at: datetime, now: datetime) -> bool:
    """Whether marks that were written at that time may be gone; a window of nothing is for ever."""
    return bool(window) and at < now - window
