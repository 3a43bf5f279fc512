"""The Bus port: events between services.

What every adapter promises (tests/contract/bus_contract.py holds each to it):

- ``publish`` returns when the events are durable; events of one key keep their order. An event that is too large for
  the bus is ``Invalid``, and then none of its batch is published.
- A consumer group gets every event at least once; a group that comes late reads from the start. Events of one key
  are handed out in order, and not to two members of a group at the same time, but for a handover after a crash.
- Nothing counts as consumed before ``commit``.
- ``tail`` gives what is published from now on, to each listener, without a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kit.events import Event


@dataclass(frozen=True, slots=True)
class Received:
    """An event as it came from a topic, undecoded: ``event`` is ``None`` when its headers can't be read."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    data: bytes
    event: Event | None


class Consumer(Protocol):
    """A member of a consumer group; used by one thread."""

    def poll(self, timeout: float, limit: int = 64) -> Sequence[Received]:
        """Events that are this member's to handle; waits up to ``timeout`` seconds for the first."""
        ...

    def commit(self, received: Received) -> bool:
        """Everything of its partition up to and with this event is done. False: the partition was taken away."""
        ...

    def rewind(self, received: Received) -> None:
        """This event and what follows in its partition will be polled again."""
        ...

    def close(self) -> None:
        """Leaves the group at once, so that others take over."""
        ...


class Tail(Protocol):
    """A listener without a group; used by one thread."""

    def poll(self, timeout: float) -> Sequence[Received]:
        """What was published since the last poll."""
        ...

    def close(self) -> None:
        """Stops listening."""
        ...


class Bus(Protocol):
    """Events of a site. Every method may raise ``Unavailable``."""

    def require(self, topics: Sequence[str]) -> None:
        """Raises ``SettingsError`` when these can't be used as they are, saying what mends it; for a start."""
        ...

    def publish(self, topic: str, events: Sequence[Event], extra_headers: Sequence[dict[str, str]] = ()) -> None:
        """Appends events to a topic in this order, durably."""
        ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """Joins a group."""
        ...

    def tail(self, topics: Sequence[str]) -> Tail:
        """Listens from now on."""
        ...

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """How many events a group has before it."""
        ...

    def read(self, topic: str, after: int = 0, limit: int = 100) -> Sequence[Received]:
        """Events of a topic beyond a position, for operators' tools; ``offset`` is the position, from 1.

        Positions grow with the events of a key; where keys lie in several partitions, what is published later may stand
        before what was read, so a reader that wants all begins anew.
        """
        ...

    def topics(self) -> Sequence[str]:
        """The topics that are there, for operators' tools."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...
