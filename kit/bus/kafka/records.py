"""Events as Kafka records and back: CloudEvents 1.0 in binary mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kit.bus.port import Received
from kit.clock import from_ms, to_ms
from kit.events import Event

_TYPE = ("content-type", b"application/protobuf")


def headers_of(event: Event, extra: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """A record's headers: attributes that say nothing are left out, as CloudEvents wants, and times are RFC 3339."""
    return headers_from({**event.headers(), **extra})


def headers_from(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """The same of attributes that were received before."""
    headers = {**headers, "ce_time": _as_text(headers.get("ce_time", ""))}
    return [_TYPE, *((name, value.encode()) for name, value in headers.items() if value and name != _TYPE[0])]


def received(record: Any, topic: str) -> Received:
    """A record as an event; one whose headers can't be read comes as it is."""
    headers = {name: _text(value) for name, value in record.headers}
    if "ce_time" in headers:
        headers["ce_time"] = _as_ms(headers["ce_time"])
    data = record.value or b""
    event: Event | None = None
    try:
        if record.value is not None and all(_is_text(value) for _, value in record.headers):
            event = Event.from_headers(headers, data)
    except (KeyError, ValueError, TypeError, OverflowError):
        event = None
    return Received(topic, record.partition, record.offset, _text(record.key), headers, data, event)


def numbered(one: Received, partitions: int) -> Received:
    """The event with its position among all of its topic: partitions take turns, offset by offset.

    Positions of a topic hold as long as it has as many partitions; in a topic of one they are 1, 2, 3, …
    """
    return replace(one, offset=one.offset * partitions + one.partition + 1)


def first_offset(after: int, partition: int, partitions: int) -> int:
    """The first offset of a partition whose position is beyond ``after``."""
    return max(0, (after - partition - 1) // partitions + 1)


def in_order(found: Sequence[Received], limit: int) -> Sequence[Received]:
    """The first of them by position."""
    return sorted(found, key=lambda one: one.offset)[:limit]


def _as_text(ms: str) -> str:
    """Milliseconds as RFC 3339; what is no time, in a dead letter, stays as it is."""
    try:
        return from_ms(int(ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return ms


def _as_ms(text: str) -> str:
    """RFC 3339 as milliseconds, as all adapters give it; what is no time stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else str(to_ms(at))


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def _is_text(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True
