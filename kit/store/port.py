"""The Store port: documents by kind, one database per service.

What every adapter promises (tests/contract/test_store.py holds each to it):

- ``insert`` fails when the id or a declared unique key exists; ``save`` compares and sets on ``version``: of two
  concurrent saves of one version exactly one wins, the other gets ``Stale``.
- ``append`` inserts many in their order: whatever happens, those that stand are the first of them.
- The document, the events that it causes and the mark of the event that caused it are written in one atomic
  write, durable when the call returns. There is never an event without its state, nor a state without its event.
- ``remove`` takes away what still has the version that was read; nothing else ever disappears.
- An idempotency key is unique within a kind and outlives every save.
- A mark is unique for the whole database: the second effect of one event is refused with ``AlreadyApplied``. It is known
  until its document goes or ``forget_marks`` takes it away.
- ``find`` reads by declared indexes only: equality, ``in`` and one range, in the order of the index's last field,
  with a limit and a cursor. No other query exists, so no query's cost grows with what is stored.
- A read after a write sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kit.call import Idempotency
from kit.errors import Conflict
from kit.events import Event

Body = dict[str, Any]
#: What an indexed field may hold. Times are milliseconds since 1970.
Scalar = str | int | bool | None


#: The name that ``Duplicate`` gives to a repeated idempotency key.
IDEMPOTENCY = "idempotency"


class AlreadyApplied(Conflict):
    """The mark is there: this event has had its effect. Not an error for a consumer."""

    def __init__(self, mark: Mark) -> None:
        super().__init__("event_already_applied", "该事件已处理。", group=mark.group, event=mark.event_id)


class Duplicate(Conflict):
    """The id or a unique key exists."""

    def __init__(self, kind: str, index: str, id: str = "") -> None:
        super().__init__("duplicate", "记录已存在。", kind=kind, index=index)
        self.index = index
        #: Of an ``append``: which of its documents was refused.
        self.id = id


@dataclass(frozen=True, slots=True)
class Index:
    """A declared query shape: equality on the leading fields, order and range on the last.

    A field is a top-level name of the body or a dotted path. A document without a field, or with a null there, is
    left out of a unique index.
    """

    name: str
    fields: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document. Give one that must wake up an index over ``due_at`` alone: see ``kit.alarms``."""

    name: str
    indexes: tuple[Index, ...] = ()
    schema_version: int = 1
    #: Long fields of the body that its head goes without (``Query.heads``); no index has one. For good: what a kind kept
    #: apart once, it goes on keeping apart, and begins to with a new schema version.
    apart: tuple[str, ...] = ()

    def index(self, name: str) -> Index:
        """The index of this name. Raises ``KeyError``."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(f"{self.name} declares no index {name!r}")


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document; ``version`` starts at 1 and grows by one with each save."""

    kind: str
    id: str
    version: int
    body: Body
    schema_version: int = 1
    #: What the creating call said, when it came with an idempotency key.
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """That an event had its effect in a consumer group; ``part`` tells the effects of one event apart."""

    group: str
    event_id: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of the last field of an index; ``None`` leaves a side open. ``least`` is included, ``below`` is not."""

    least: Scalar = None
    below: Scalar = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a find returns: documents in order, and where to go on (empty: nothing more)."""

    documents: tuple[Document, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A find: ``where`` gives each leading field of the index (a tuple of values means *in*, for one of them).

    The last field of the index may be left out of ``where``: then it is the order, and ``range`` may bound it.
    ``heads``: what the kind keeps apart isn't read, so that a page costs the same however long that is. Of what an earlier
    schema version wrote the whole comes, as its upgrades may need it.
    """

    kind: str
    index: str
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    range: Range = Range()
    descending: bool = False
    limit: int = 50
    cursor: str = ""
    heads: bool = False


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event that is written and not yet known to be published; ``position`` orders it among those handed out with it."""

    position: int
    event: Event
    #: Opaque to others: what the adapter needs to clear it.
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Append:
    """An append that is to be carried out: see ``Store.append``."""

    kind: str
    documents: Sequence[tuple[str, Body]]
    durable: bool = True


@dataclass(frozen=True, slots=True)
class Save:
    """A save that is to be carried out: see ``Store.save``."""

    kind: str
    id: str
    body: Body
    version: int
    events: Sequence[Event] = ()
    mark: Mark | None = None
    durable: bool = True


Write = Append | Save


class Store(Protocol):
    """Documents of one service. Every method may raise ``Unavailable``."""

    def get(self, kind: str, id: str) -> Document | None:
        """One document, or ``None``."""
        ...

    def insert(
        self,
        kind: str,
        id: str,
        body: Body,
        *,
        events: Sequence[Event] = (),
        mark: Mark | None = None,
        idempotency: Idempotency | None = None,
    ) -> Document:
        """A new document with its events and mark. Raises ``Duplicate``, ``AlreadyApplied``.

        An idempotency key is unique within the kind (``Duplicate`` with index ``idempotency``) and kept through
        every later save.
        """
        ...

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], *, durable: bool = True) -> None:
        """New documents (id, body), in order and durable when it returns; without events.

        ``durable=False``, here and in ``save``: it survives ``kill -9`` at once, and a power cut no later than the next
        durable write of this store; an adapter may keep more than that. For what is done again if it is lost.

        Raises ``Duplicate`` naming (``id``, ``index``) the first that is refused: exactly those before it stand. After any
        other failure some of the first may stand, never one without all before it.
        """
        ...

    def save(
        self,
        kind: str,
        id: str,
        body: Body,
        version: int,
        *,
        events: Sequence[Event] = (),
        mark: Mark | None = None,
        durable: bool = True,
    ) -> Document:
        """Replaces version ``version``. Raises ``Stale``, ``Duplicate``, ``AlreadyApplied``, ``NotFound``."""
        ...

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        """Several writes that don't rest on each other, made durable together: what each answers, or was refused with.

        Each stands or falls by itself, as if it had been asked for alone; they may be carried out in any order.
        """
        ...

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        """Takes away documents (id, version) for good, in order; durable when it returns.

        One that was saved since, isn't there, or still has events to publish stays as it is. With a document goes its
        idempotency key and what it consumed: remove only what nothing will come for any more. After a failure some of
        the first may be gone, never one with one before it left that was to go.
        """
        ...

    def find(self, query: Query) -> Page:
        """A page of documents by a declared index. Raises ``KeyError`` on an undeclared query shape."""
        ...

    def find_unique(self, kind: str, index: str, values: Sequence[Scalar]) -> Document | None:
        """The document with this unique key."""
        ...

    def find_created(self, kind: str, idempotency_key: str) -> Document | None:
        """The document that was inserted with this idempotency key."""
        ...

    def count(self, query: Query) -> int:
        """How many documents a query meets, counted to ``query.limit`` at the most."""
        ...

    def next_number(self, name: str) -> int:
        """The next number of a series, from 1: atomic, never given twice; a crash may leave a gap."""
        ...

    def is_marked(self, mark: Mark) -> bool:
        """Whether an event has had its effect."""
        ...

    def forget_marks(self, group: str, before: datetime, limit: int) -> int:
        """Takes away marks of a group that were written before a time (real time), up to ``limit``; how many went.

        Only for marks whose events can't come again: see ``kit.marks``. An adapter that keeps marks in their documents, a
        bounded number each, leaves them there.
        """
        ...

    def pending(self, limit: int) -> Sequence[PendingEvent]:
        """The oldest events that aren't known to be published, in order per document.

        Of several replicas each gets its own, and before long what another left; none is lost, and few come twice.
        """
        ...

    def published(self, events: Sequence[PendingEvent]) -> None:
        """Clears events that the bus has."""
        ...

    def pending_depth(self) -> int:
        """How many events wait to be published."""
        ...

    def listen(self, nudge: Callable[[], None]) -> None:
        """Calls ``nudge`` after each write that left events pending."""
        ...

    def ping(self) -> None:
        """Raises ``Unavailable`` when a write would fail."""
        ...

    def scan(self, kind: str) -> Iterator[Document]:
        """Every document of a kind, for operators' tools (backup, verify); never for a use case."""
        ...

    def close(self) -> None:
        """Lets go of files and connections; everything acknowledged is already durable."""
        ...
