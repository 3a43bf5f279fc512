"""Events: what a service tells the others after it has written it down.

A domain raises plain frozen dataclasses; a service's ``events.py`` says how each becomes a protobuf message; the
store keeps the encoded event with the state that caused it, and the outbox publishes it (CloudEvents 1.0, binary).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from google.protobuf.message import Message

from kit.call import Call
from kit.clock import from_ms, to_ms
from kit.errors import Invalid

#: The largest content of an event, in bytes: what a topic takes (kit.bus.topics), less room for headers and key.
MAX_DATA_BYTES = 768 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One encoded event, as it is kept, published and received.

    ``subject`` is the aggregate's id and the key that orders it; ``rules`` names the rules that it follows from.
    """

    id: str
    type: str
    source: str
    subject: str
    journey: str
    at: datetime
    data: bytes = field(repr=False)
    actor_id: str = ""
    actor_name: str = ""
    rules: str = ""
    traceparent: str = ""

    def headers(self) -> dict[str, str]:
        """CloudEvents attributes as ``ce_`` headers (convention 11)."""
        headers = {
            "ce_specversion": "1.0",
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_subject": self.subject,
            "ce_time": str(to_ms(self.at)),
            "ce_journey": self.journey,
            "ce_actor": self.actor_id,
            "ce_actorname": self.actor_name,
            "ce_rules": self.rules,
        }
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], data: bytes) -> Event:
        """The event that these headers describe. Raises ``KeyError`` or ``ValueError`` on undecodable ones."""
        return cls(
            id=headers["ce_id"],
            type=headers["ce_type"],
            source=headers["ce_source"],
            subject=headers["ce_subject"],
            journey=headers.get("ce_journey", ""),
            at=from_ms(int(headers["ce_time"])),
            data=data,
            actor_id=headers.get("ce_actor", ""),
            actor_name=headers.get("ce_actorname", ""),
            rules=headers.get("ce_rules", ""),
            traceparent=headers.get("traceparent", ""),
        )


def require_size(events: Sequence[Event]) -> None:
    """Raises ``Invalid`` (``event_too_large``) when one of them is more than a bus takes."""
    for event in events:
        if len(event.data) > MAX_DATA_BYTES:
            raise Invalid(
                "event_too_large",
                "内容过大，无法记录为事件；请减少内容后重试。",
                event=event.id,
                type=event.type,
                bytes=len(event.data),
                limit=MAX_DATA_BYTES,
            )


class DomainEvent(Protocol):
    """What a domain raises: a frozen dataclass whose name is the event's name, with the rules that it follows."""

    @property
    def rules(self) -> str:
        """Rule numbers, e.g. ``"rules C05; 许可法 32"``."""
        ...


@dataclass(frozen=True)
class Mapped:
    """How one domain event becomes a message: which document it is about, which journey, and its content."""

    subject: Callable[[Any], str]
    journey: Callable[[Any], str]
    message: Callable[[Any], Message]


def event_type(service: str, name: str) -> str:
    """``tongban.<service>.<snake_name>.v1`` of a domain event's or message's class name."""
    return f"tongban.{service}.{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}.v1"


def topic_of(service: str) -> str:
    """The one topic of a service."""
    return f"tongban.{service}.v1"


class EventEncoder:
    """Encodes a service's domain events by a declared table; an event without a row is an error at the save."""

    def __init__(
        self, site: str, service: str, table: Mapping[Any, Mapped], traceparent: Callable[[], str] | None = None
    ) -> None:
        self._source = f"{site}/{service}"
        self._service = service
        self._table = dict(table)
        self._traceparent = traceparent or (lambda: "")

    def encode(self, event: DomainEvent, call: Call, event_id: str) -> Event:
        """The event as it is kept and published. Raises ``Invalid`` (``event_too_large``), before anything is kept."""
        row = self._table[type(event)]
        encoded = Event(
            id=event_id,
            type=event_type(self._service, type(event).__name__),
            source=self._source,
            subject=row.subject(event),
            journey=row.journey(event),
            at=call.now,
            data=row.message(event).SerializeToString(),
            actor_id=call.actor.id,
            actor_name=call.actor.name,
            rules=event.rules,
            traceparent=self._traceparent(),
        )
        require_size([encoded])
        return encoded
