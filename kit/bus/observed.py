"""A bus that is watched: a span for each event that is published, and the errors, around whatever adapter there is.

Put around it only where somebody looks, so that it costs nothing where nobody does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from opentelemetry.trace import Span, SpanKind

from kit import telemetry
from kit.bus.port import Bus, Consumer, Received, Tail
from kit.errors import TongbanError
from kit.events import Event


def observed_bus(bus: Bus) -> Bus:
    """The bus itself, or the watched one where anybody may look."""
    return ObservedBus(bus) if telemetry.is_on() else bus


def code_of(error: Exception) -> str:
    """What an error is counted as."""
    return error.code if isinstance(error, TongbanError) else type(error).__name__


@contextmanager
def _watched(operation: str) -> Iterator[None]:
    """Counts what the bus could not do."""
    try:
        yield
    except Exception as error:
        telemetry.bus_errors.add(1, {"operation": operation, "code": code_of(error)})
        raise


class ObservedBus:
    """Passes everything on; says what was published when, for whose trace, and what failed."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def require(self, topics: Sequence[str]) -> None:
        """See ``Bus``."""
        with _watched("require"):
            self._bus.require(topics)

    def publish(self, topic: str, events: Sequence[Event], extra_headers: Sequence[dict[str, str]] = ()) -> None:
        """See ``Bus``. Each event's span belongs to the trace of the write that caused it, and goes on in its consumers."""
        spans = [self._begin(topic, event, len(events)) for event in events]
        traced = [
            replace(event, traceparent=telemetry.traceparent_of(span)) if span.is_recording() else event
            for event, span in zip(events, spans, strict=True)
        ]
        try:
            with _watched("publish"):
                self._bus.publish(topic, traced, extra_headers)
        except Exception as error:
            for span in spans:
                telemetry.failed(span, code_of(error))
            raise
        finally:
            for span in spans:
                span.end()

    @staticmethod
    def _begin(topic: str, event: Event, batch: int) -> Span:
        facts: telemetry.Facts = {
            "messaging.destination.name": topic,
            "messaging.message.id": event.id,
            "messaging.batch.message_count": batch,
        }
        return telemetry.begin_span(f"publish {event.type}", SpanKind.PRODUCER, event.traceparent, facts)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """See ``Bus``."""
        with _watched("join"):
            return _ObservedConsumer(self._bus.consumer(group, topics))

    def tail(self, topics: Sequence[str]) -> Tail:
        """See ``Bus``."""
        return self._bus.tail(topics)

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """See ``Bus``."""
        with _watched("lag"):
            return self._bus.lag(group, topics)

    def read(self, topic: str, after: int = 0, limit: int = 100) -> Sequence[Received]:
        """See ``Bus``."""
        return self._bus.read(topic, after, limit)

    def topics(self) -> Sequence[str]:
        """See ``Bus``."""
        return self._bus.topics()

    def close(self) -> None:
        """See ``Bus``."""
        self._bus.close()


class _ObservedConsumer:
    """A member of a group whose failures are counted."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def poll(self, timeout: float, limit: int = 64) -> Sequence[Received]:
        """See ``Consumer``."""
        with _watched("poll"):
            return self._consumer.poll(timeout, limit)

    def commit(self, received: Received) -> bool:
        """See ``Consumer``."""
        with _watched("commit"):
            return self._consumer.commit(received)

    def rewind(self, received: Received) -> None:
        """See ``Consumer``."""
        with _watched("rewind"):
            self._consumer.rewind(received)

    def close(self) -> None:
        """See ``Consumer``."""
        self._consumer.close()
