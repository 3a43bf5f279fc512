"""The outbox: carries pending events from the store to the bus, in order, and clears them once the bus has them.

It is nudged after each write and sweeps besides, so a crash between save and publish loses nothing. An event that was
published and not cleared is published again; consumers know it by its id.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime

from kit.bus.port import Bus
from kit.clock import Clock
from kit.errors import Unavailable
from kit.store.port import PendingEvent, Store

log = logging.getLogger(__name__)

#: How often it looks without being nudged, in seconds.
SWEEP_SECONDS = 0.5
BATCH = 200


class Outbox:
    """Publishes one store's events to one topic."""

    def __init__(self, store: Store, bus: Bus, topic: str) -> None:
        self._store = store
        self._bus = bus
        self._topic = topic
        self._nudged = threading.Event()
        self._stopping = False
        #: When the oldest event was written that is known to wait; ``None``: none is.
        self._oldest: datetime | None = None
        store.listen(self._nudged.set)

    def publish_pending(self) -> int:
        """Publishes what is pending now; returns how many events. Raises ``Unavailable``."""
        total = 0
        while batch := self._store.pending(BATCH):
            self._oldest = batch[0].event.at
            self._publish(batch)
            total += len(batch)
            if len(batch) < BATCH:
                break
        self._oldest = None
        return total

    def age(self, clock: Clock) -> float:
        """How long ago the oldest event was written that waits to be published, in seconds; 0 without any."""
        oldest = self._oldest
        return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())

    def _publish(self, batch: Sequence[PendingEvent]) -> None:
        self._bus.publish(self._topic, [pending.event for pending in batch])
        self._store.published(batch)

    def run(self) -> None:
        """Publishes until ``stop``; what is pending then is published by the next start."""
        pause = SWEEP_SECONDS
        while not self._stopping:
            self._nudged.wait(pause)
            self._nudged.clear()
            try:
                self.publish_pending()
                pause = SWEEP_SECONDS
            except Unavailable as error:
                log.warning("%s: cannot publish: %s", self._topic, error)
                pause = min(pause * 2, 10.0)
            except Exception:
                log.exception("%s: publishing failed", self._topic)
                pause = min(pause * 2, 10.0)

    def stop(self) -> None:
        """Ends ``run`` after the batch that it is at."""
        self._stopping = True
        self._nudged.set()
