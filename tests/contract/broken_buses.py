"""Buses that each break one promise, on purpose: the suite must catch every one of them."""

from __future__ import annotations

from collections.abc import Sequence

from kit.bus.port import Received
from kit.bus.sqlite import SqliteBus
from kit.bus.sqlite_group import SqliteConsumer, SqliteTail
from kit.events import MAX_DATA_BYTES, Event


class _ShufflingConsumer(SqliteConsumer):
    def poll(self, timeout: float, limit: int = 64) -> Sequence[Received]:
        return list(reversed(super().poll(timeout, limit)))


class HandsOutOutOfOrder(SqliteBus):
    """The newest of a batch first."""

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        return _ShufflingConsumer(self, group, topics)


class _EagerConsumer(SqliteConsumer):
    def poll(self, timeout: float, limit: int = 64) -> Sequence[Received]:
        batch = super().poll(timeout, limit)
        for received in batch:
            super().commit(received)
        return batch


class CommitsWhatWasOnlyPolled(SqliteBus):
    """Acknowledges before the effect."""

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        return _EagerConsumer(self, group, topics)


class HandsOutToEverybody(SqliteBus):
    """Each member is a group of its own."""

    _members = 0

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        HandsOutToEverybody._members += 1
        return SqliteConsumer(self, f"{group}-{HandsOutToEverybody._members}", topics)


class _LateConsumer(SqliteConsumer):
    def _renew(self) -> None:
        super()._renew()
        if not hasattr(self, "_skipped"):
            self._skipped = True
            self._given = dict.fromkeys(self._given, self._bus.head())


class StartsGroupsAtTheEnd(SqliteBus):
    """A late group misses what was there."""

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        return _LateConsumer(self, group, topics)


class _BoldConsumer(SqliteConsumer):
    def commit(self, done: Received) -> bool:
        self._bus.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)",
                (self._group, done.topic, done.partition, done.offset),
            ),
            durable=False,
        )
        return True


class LetsTheDepartedCommit(SqliteBus):
    """Moves the position for whoever asks."""

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        return _BoldConsumer(self, group, topics)


class LosesEvents(SqliteBus):
    """Answers before it has written, and forgets one in ten."""

    def publish(self, topic: str, events: Sequence[Event], extra_headers: Sequence[dict[str, str]] = ()) -> None:
        kept = [event for event in events if int(event.id[1:]) % 10 != 7]
        if kept:
            super().publish(topic, kept, [] if len(kept) != len(events) else extra_headers)


class PublishesWhatFits(SqliteBus):
    """Leaves out what is too large, and publishes the rest before it says so."""

    def publish(self, topic: str, events: Sequence[Event], extra_headers: Sequence[dict[str, str]] = ()) -> None:
        fitting = [event for event in events if len(event.data) <= MAX_DATA_BYTES]
        super().publish(topic, fitting)
        super().publish(topic, [event for event in events if event not in fitting])


class TailsFromTheStart(SqliteBus):
    """A board that opens shows yesterday's calls."""

    def tail(self, topics: Sequence[str]) -> SqliteTail:
        tail = SqliteTail(self, topics)
        tail._position = 0
        return tail
