"""An operator's look at a topic: no group, no position that moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

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
        deadline = time.monotonic() + self._clients.settings.kafka_request_seconds
        found: list[Received] = []
        for place in places:
            start = max(begins[place], first_offset(after, place.partition, len(places)))
            if start < ends[place]:
                records = _records(client, place, start, ends[place], limit, deadline)
                found += [numbered(received(record, topic), len(places)) for record in records]
        # No partition has more than ``limit`` among the first.
        return in_order(found, limit)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(KafkaError, RuntimeError):
                client.close(autocommit=False, timeout_ms=1000)


def _records(
    client: KafkaConsumer, place: TopicPartition, start: int, end: int, limit: int, deadline: float
) -> Sequence[Any]:
    """Up to ``limit`` records of one partition. Raises ``KafkaTimeoutError``."""
    client.assign([place])
    client.seek(place, start)
    records: list[Any] = []
    while len(records) < limit and client.position(place, timeout_ms=1000) < end:
        if time.monotonic() > deadline:
            raise KafkaTimeoutError(f"{place.topic}/{place.partition} could not be read from {start} to {end}")
        records += client.poll(timeout_ms=500, max_records=limit - len(records)).get(place, ())
    return records
