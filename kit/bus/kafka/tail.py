"""A listener without a group: what is published from now on, in every partition."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from kafka import TopicPartition
from kafka.errors import KafkaError

from kit.bus.kafka.clients import Clients, translated
from kit.bus.kafka.records import received
from kit.bus.port import Received

#: How often a topic is asked whether it has more partitions now, in seconds.
_LOOK_SECONDS = 60.0
_BATCH = 500


class KafkaTail:
    """Used by one thread. ``places`` asks for the partitions of the topics."""

    def __init__(
        self, clients: Clients, places: Callable[[], Sequence[TopicPartition]], own_name: Callable[[str], str]
    ) -> None:
        self._settings = clients.settings
        self._places = places
        self._own_name = own_name
        self._client = clients.consumer(None)
        try:
            found = places()
            with translated(self._settings):
                ends = self._client.end_offsets(list(found))
                self._client.assign(list(found))
                for place in found:
                    self._client.seek(place, ends[place])
        except BaseException:
            self.close()
            raise
        self._looked = time.monotonic()

    def poll(self, timeout: float) -> Sequence[Received]:
        """What was published since the last poll. Raises ``Unavailable``."""
        if time.monotonic() - self._looked > _LOOK_SECONDS:
            self._look_for_more()
        with translated(self._settings):
            batches = self._client.poll(timeout_ms=int(timeout * 1000), max_records=_BATCH)
        return [received(record, self._own_name(place.topic)) for place, batch in batches.items() for record in batch]

    def close(self) -> None:
        """Stops listening."""
        with suppress(KafkaError, RuntimeError):
            self._client.close(autocommit=False, timeout_ms=1000)

    def _look_for_more(self) -> None:
        """Listens to partitions that were added, from their start: nothing of them was heard yet."""
        self._looked = time.monotonic()
        known = self._client.assignment()
        added = set(self._places()) - known
        if not added:
            return
        with translated(self._settings):
            positions = {place: self._client.position(place) for place in known}
            self._client.assign([*known, *added])
            for place in known:
                self._client.seek(place, positions[place])
            for place in added:
                self._client.seek(place, 0)
