"""The kinds and events that the Store contract is tried with."""

from __future__ import annotations

from datetime import UTC, datetime

from kit.events import Event
from kit.store.port import Index, Kind

THINGS = Kind(
    "thing",
    (
        Index("by_lane", ("lane", "rank")),
        Index("by_group", ("lane", "colour", "rank")),
        Index("alarms", ("due_at",)),
        Index("code", ("code",), unique=True),
        Index("seat", ("day", "seat"), unique=True),
        Index("by_nested", ("place.town", "rank")),
    ),
)
KINDS = [THINGS, Kind("other")]
NOW = datetime(2026, 11, 23, 2, 0, 0, 123000, tzinfo=UTC)


def event(number: int, subject: str = "s") -> Event:
    """A distinguishable event."""
    return Event(
        f"e{number:06}", "tongban.test.thing_done.v1", "site/test", subject, "j", NOW, f"数据{number}".encode()
    )
