"""The embedded bus as a backup reads it, and an empty one as a restore fills it (kit/snapshot.py)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import orjson

from kit.bus.sqlite import SCHEMA, partition_of, received
from kit.bus.topics import PARTITIONS
from kit.errors import Unavailable
from kit.snapshot import Position, Published
from kit.store.sqlite_file import FileSnapshot, FileSource, FileTarget


class SqliteBusSource:
    """The site's events in one file; a file that isn't there is a bus without events."""

    def __init__(self, path: Path) -> None:
        self._file = FileSource(path, SCHEMA, _unavailable)

    def hold(self) -> AbstractContextManager[None]:
        """Nobody publishes or moves a position inside. Raises ``Unavailable``."""
        return self._file.hold()

    @contextmanager
    def snapshot(self) -> Iterator[SqliteBusSnapshot]:
        """The bus as it is now."""
        with self._file.snapshot() as file:
            yield SqliteBusSnapshot(file)

    def disturbed(self) -> bool:
        """Never: ``hold`` locks everybody out."""
        return False


class SqliteBusSnapshot:
    """Reads the bus in one read transaction."""

    def __init__(self, file: FileSnapshot) -> None:
        self._file = file

    def topics(self) -> Sequence[str]:
        """The topics that hold anything."""
        return [row[0] for row in self._file.rows("SELECT DISTINCT topic FROM events ORDER BY topic")]

    def events(self, topic: str) -> Iterator[Published]:
        """Every event of a topic in the order of publication."""
        sql = "SELECT position, topic, part, key, headers, data FROM events WHERE topic = ? ORDER BY position"
        for row in self._file.rows(sql, topic):
            one = received(row)
            yield Published(one.topic, one.partition, one.offset, one.key, one.headers, one.data)

    def positions(self) -> Sequence[Position]:
        """How far each group has come."""
        rows = self._file.rows("SELECT grp, topic, part, position FROM positions ORDER BY grp, topic, part")
        return [Position(group, topic, part, position + 1) for group, topic, part, position in rows]


class SqliteBusTarget:
    """A file that a restore makes.

    ``keep_positions``: the events come from such a file, so each keeps its position, and whatever names one (a dead
    letter's number) still means the same.
    """

    def __init__(self, path: Path, *, keep_positions: bool) -> None:
        self._file = FileTarget(path, SCHEMA, _unavailable)
        self._keep_positions = keep_positions

    def lacking(self, topics: Sequence[str]) -> Sequence[str]:
        """None: a topic is there when it is written to."""
        return ()

    def in_use(self) -> Sequence[str]:
        """None: a restore holds the lock of the site's folder."""
        return ()

    def is_empty(self) -> bool:
        """Whether there is no such file yet."""
        return self._file.is_empty()

    def write(self, events: Sequence[Published]) -> Sequence[tuple[int, int]]:
        """Adds events in one transaction. Raises ``Unavailable``, e.g. when the disk is full."""
        with self._file.transaction() as connection:
            return [self._add(connection, event) for event in events]

    def _add(self, connection: sqlite3.Connection, event: Published) -> tuple[int, int]:
        part = partition_of(event.key)
        row = (event.topic, part, event.key, orjson.dumps(dict(event.headers)).decode(), event.data)
        position = event.offset if self._keep_positions else None
        cursor = connection.execute(
            "INSERT INTO events (position, topic, part, key, headers, data) VALUES (?, ?, ?, ?, ?, ?)", (position, *row)
        )
        return part, int(cursor.lastrowid or 0)

    def ends(self, topic: str) -> Mapping[int, int]:
        """For each partition the position that is free next."""
        with self._file.transaction() as connection:
            head = int(connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])
        return dict.fromkeys(range(PARTITIONS), head + 1)

    def place(self, positions: Sequence[Position]) -> None:
        """Says how far each group has come."""
        rows = [(each.group, each.topic, each.partition, each.next_offset - 1) for each in positions]
        with self._file.transaction() as connection:
            connection.executemany("INSERT INTO positions VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Puts everything into the one file, durably."""
        self._file.close()


def _unavailable(error: BaseException) -> Unavailable:
    return Unavailable("bus_unavailable", "消息暂时无法传递，请稍后重试。", reason=str(error))
