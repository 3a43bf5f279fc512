"""An operator's look at a topic: no group, no position that moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

from kit.bus.kafka.clients import Clients, translated
from kit.bus.kafka.records import first_offset, in_order, numbered, received
from kit.bus.port import Received


class Reader:
    """One connection, opened when it is first needed; threads take turns."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._client: KafkaConsumer | None = None

    def read(self, topic: str, places: Sequence[TopicPartition], after: int, limit: int) -> Sequence[Received]:
        """The first ``limit`` events by position beyond ``after``. Raises ``Unavailable``."""
        with self._lock, translated(self._clients.settings):
            try:
                return self._read(topic, places, after, limit)
            except KafkaError:
                self._drop()
                raise

    def close(self) -> None:
        """Lets go of the connection."""
        with self._lock:
            self._drop()

    def _read(self, topic: str, places: Sequence[TopicPartition], after: int, limit: int) -> Sequence[Received]:
        if self._client is None:
            self._client = self._clients.consumer(None)
        client = self._client
        begins, ends = client.beginning_offsets(list(places)), client.end_offsets(list(places))
        starts = {place: max(begins[place], first_offset(after, place.partition, len(places))) for place in places}
        open_places = {place for place in places if starts[place] < ends[place]}
        if not open_places:
            return ()
        client.assign(list(open_places))
        client.resume(*open_places)  # one that was paused by the last look is still
        for place in open_places:
            client.seek(place, starts[place])
        found: list[Received] = []
        counts = dict.fromkeys(open_places, 0)
        end = time.monotonic() + self._clients.settings.kafka_request_seconds
        while open_places:
            if time.monotonic() > end:
                raise KafkaTimeoutError(f"{topic} could not be read to its end")
            for place, batch in client.poll(timeout_ms=1000, max_records=limit).items():
                found += [numbered(received(record, topic), len(places)) for record in batch]
                counts[place] += len(batch)
            # No partition can have more than ``limit`` among the first.
            done = {place for place in open_places if counts[place] >= limit or client.position(place) >= ends[place]}
            open_places -= done
            if done:
                client.pause(*done)
        return in_order(found, limit)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(KafkaError, RuntimeError):
                client.close(autocommit=False, timeout_ms=1000)
