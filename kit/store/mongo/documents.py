"""How a document, its key, its marks and its events look in MongoDB.

``_id`` is ``<kind>/<id>``; ``kind``, ``version``, ``schema`` and ``body`` say what it is; ``created`` holds the
idempotency key of the call that made it; ``marks`` what it has consumed; ``pending`` its events that aren't known to be
published, and ``outbox`` which replica publishes them; ``write`` tells one write from its repetition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kit.call import Idempotency
from kit.events import Event
from kit.store.port import Body, Document, Kind, Mark, Scalar

#: The collections of a service's database.
DOCUMENTS: Final = "documents"
NUMBERS: Final = "numbers"

#: What a reader of a document needs of it.
READ: Final = {"version": 1, "schema": 1, "body": 1, "created": 1}

#: What a reader of a head doesn't need: beside what the kind keeps apart, what only writers ask for.
_UNREAD: Final = ("kind", "write", "marks", "pending", "outbox")

#: Marks that a document keeps, the latest: our own choice, so that a document that lives on events for years doesn't
#: grow with them. An event that comes again after so many others had their effect on the same document isn't known.
MARKS_KEPT: Final = 1000


def reading(kind: Kind, *, heads: bool) -> dict[str, int]:
    """What is read of a document of a kind."""
    if not heads or not kind.apart:
        return READ
    return dict.fromkeys((*_UNREAD, *(f"body.{name}" for name in kind.apart)), 0)


def key_of(kind: str, id: str) -> str:
    """The ``_id`` of a document."""
    return f"{kind}/{id}"


def bounds_of(kind: str) -> dict[str, str]:
    """The range of ``_id`` that a kind's documents lie in."""
    return {"$gt": f"{kind}/", "$lt": f"{kind}0"}  # "0" is the character after "/"


def created_key(kind: str, key: str) -> str:
    """An idempotency key as its unique index has it: unique within the kind."""
    return f"{kind}/{key}"


def mark_key(mark: Mark) -> str:
    """A mark as its unique index has it. Groups have no spaces in their names."""
    return f"{mark.group} {mark.event_id} {mark.part}"


def document_of(kind: str, raw: Mapping[str, Any]) -> Document:
    """A document as it was read."""
    created = raw.get("created") or {}
    id = raw["_id"].removeprefix(f"{kind}/")
    return Document(kind, id, raw["version"], raw["body"], raw["schema"], created.get("fingerprint", ""))


def new_document(
    kind: str, id: str, schema: int, body: Body, write: str, mark: Mark | None, idempotency: Idempotency | None
) -> dict[str, Any]:
    """A document as it is inserted, without its events."""
    raw: dict[str, Any] = {
        "_id": key_of(kind, id),
        "kind": kind,
        "version": 1,
        "schema": schema,
        "body": body,
        "write": write,
    }
    if idempotency is not None:
        raw["created"] = {"key": created_key(kind, idempotency.key), "fingerprint": idempotency.fingerprint}
    if mark is not None:
        raw["marks"] = [mark_key(mark)]
    return raw


def raw_events(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Events as they wait in their document."""
    return [{"id": event.id, "headers": event.headers(), "data": event.data} for event in events]


def event_of(raw: Mapping[str, Any]) -> Event:
    """A waiting event."""
    return Event.from_headers(raw["headers"], raw["data"])


def value_at(body: Mapping[str, Any], path: str) -> Scalar:
    """What a document holds at a field of an index; ``None`` where it has none."""
    found: Any = body
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found if isinstance(found, str | int) else None


def wall_clock() -> datetime:
    """Now, for what only orders and expires: nothing of a use case hangs on it."""
    return datetime.now(UTC)
