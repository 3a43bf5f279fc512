"""What a backup asks of the adapters: everything a store or the bus holds at one instant, and the way back.

Apart from the ports that use cases know: only operators' tools read a whole database or write into an empty one. An
adapter hands out and takes in the same plain records, so that an archive says nothing of where it came from. The
reasoning, above all why all stores and the bus are read at one instant, stands in
docs/decisions/0011-a-backup-is-one-instant.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from kit.store.port import Document, Mark


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with what is kept beside it."""

    document: Document
    #: Of the call that created it; ``None`` where it came without one.
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class StoredMark:
    """A mark; ``kind`` and ``id`` name the document that it was written with, where the adapter knows it."""

    mark: Mark
    #: When it was written, in milliseconds since 1970; 0: not known.
    at: int = 0
    kind: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class StoredNumber:
    """How far a series of numbers has come."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that waits to be published, undecoded; ``kind`` and ``id`` as of a mark."""

    headers: Mapping[str, str]
    data: bytes = field(repr=False)
    kind: str = ""
    id: str = ""


Record = StoredDocument | StoredMark | StoredNumber | StoredEvent


class StoreSnapshot(Protocol):
    """One service's store at the instant of the cut; read once, by one thread."""

    def documents(self) -> Iterator[StoredDocument]:
        """Every document of every kind, also of kinds that nobody declares any more, kind by kind."""
        ...

    def marks(self) -> Iterator[StoredMark]:
        """Every mark."""
        ...

    def numbers(self) -> Iterator[StoredNumber]:
        """Every series."""
        ...

    def pending(self) -> Iterator[StoredEvent]:
        """The events that wait to be published, in the order in which they have to be."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """An event on the bus, undecoded, and where it is."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Position:
    """That a group has done everything of a topic's partition below ``next_offset``."""

    group: str
    topic: str
    partition: int
    next_offset: int


class BusSnapshot(Protocol):
    """The bus at the instant of the cut; read once, by one thread."""

    def topics(self) -> Sequence[str]:
        """The topics that hold anything."""
        ...

    def events(self, topic: str) -> Iterator[Published]:
        """Every event of a topic, each key's in order."""
        ...

    def positions(self) -> Sequence[Position]:
        """How far each group has come: never further than the effects that the stores' snapshots hold."""
        ...


class StoreSource(Protocol):
    """A store that can be frozen for the moment of the cut and then be read as it was."""

    def hold(self) -> AbstractContextManager[None]:
        """Nobody writes inside, where the adapter can do that; else it is ready to be read. Raises ``Unavailable``."""
        ...

    def snapshot(self) -> AbstractContextManager[StoreSnapshot]:
        """The store as it is when this is entered; inside ``hold`` of all of them, for a site."""
        ...


class BusSource(Protocol):
    """A bus that can tell whether anything was published during the cut."""

    def hold(self) -> AbstractContextManager[None]:
        """Nobody publishes inside, where the adapter can do that; else it remembers where each topic ends."""
        ...

    def snapshot(self) -> AbstractContextManager[BusSnapshot]:
        """The bus as it was when ``hold`` was entered."""
        ...

    def disturbed(self) -> bool:
        """Whether anything was published since ``hold`` was entered: the cut is then none."""
        ...


class StoreTarget(Protocol):
    """An empty store that an archive is written into, while no service uses it."""

    def is_empty(self) -> bool:
        """Whether there is nothing in it that a restore would mix with."""
        ...

    def write(self, records: Sequence[Record]) -> None:
        """Adds records as they are: versions, marks and numbers are not counted on."""
        ...

    def close(self) -> None:
        """Makes what was written durable and lets go."""
        ...


class BusTarget(Protocol):
    """An empty bus that an archive is written into, while nobody uses it."""

    def lacking(self, topics: Sequence[str]) -> Sequence[str]:
        """Those of these topics that can't be written to."""
        ...

    def in_use(self) -> Sequence[str]:
        """The groups that somebody consumes in now."""
        ...

    def is_empty(self) -> bool:
        """Whether no topic holds anything."""
        ...

    def write(self, events: Sequence[Published]) -> Sequence[tuple[int, int]]:
        """Adds events of one topic in this order; returns the partition and offset that each has now."""
        ...

    def ends(self, topic: str) -> Mapping[int, int]:
        """For each partition of a topic the offset that its next event will have."""
        ...

    def place(self, positions: Sequence[Position]) -> None:
        """Says how far each group has come."""
        ...

    def close(self) -> None:
        """Makes what was written durable and lets go."""
        ...
