"""Events out: durable when it returns, in order per key also over failures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from kafka import KafkaProducer
from kafka.errors import KafkaError

from kit.bus.kafka.clients import Clients, translated
from kit.bus.kafka.records import headers_of
from kit.events import Event, require_size

log = logging.getLogger(__name__)


class Publisher:
    """One producer, shared by a process's threads.

    A producer that failed is never used again: what it still holds could reach the log after its successors, behind
    later events of the same key. Published anew it all comes in order, and what arrived twice is known by its mark.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None

    def publish(self, topic: str, events: Sequence[Event], extra_headers: Sequence[dict[str, str]]) -> None:
        """Appends events in this order. Raises ``Unavailable``, or ``Invalid`` before anything was sent."""
        require_size(events)
        records = [
            (event.subject.encode(), headers_of(event, extra), event.data)
            for event, extra in zip(events, extra_headers, strict=True)
        ]
        producer = self._current()
        end = time.monotonic() + self._clients.settings.kafka_publish_seconds
        with translated(self._clients.settings):
            try:
                sent = [producer.send(topic, value=data, key=key, headers=headers) for key, headers, data in records]
                for each in sent:
                    each.get(timeout=max(0.0, end - time.monotonic()))
            except BaseException:
                self._abandon(producer)
                raise

    def close(self) -> None:
        """Nothing waits to be sent, as every publication was waited for."""
        with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            _end(producer)

    def _current(self) -> KafkaProducer:
        with self._lock:
            if self._producer is None:
                self._producer = self._clients.producer()
            return self._producer

    def _abandon(self, producer: KafkaProducer) -> None:
        with self._lock:
            if self._producer is producer:
                self._producer = None
        _end(producer)


def _end(producer: KafkaProducer) -> None:
    """Ends a producer with whatever it holds. Its own ``close`` would first wait for that, and give up waiting."""
    with suppress(KafkaError, RuntimeError):
        producer._sender.force_close()
        producer._sender.join(2.0)
        producer.close(timeout=0.1)
