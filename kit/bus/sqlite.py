"""The Bus on one SQLite file: the embedded default, shared by all processes of a machine.

One table holds every topic in the order of publication. A key belongs to one of a fixed number of partitions; within
a group each partition is claimed by one member at a time (a lease in the file), and its position moves only by the
member that holds it. Publishers wake the other processes by a datagram; whoever misses it looks anyway within a second.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import orjson

from kit.bus.port import Received
from kit.bus.sqlite_group import SqliteConsumer, SqliteTail
from kit.bus.topics import PARTITIONS
from kit.bus.wake import Wake
from kit.errors import Unavailable
from kit.events import Event, require_size
from kit.store.groupcommit import connect

T = TypeVar("T")

#: How long a member that says nothing keeps its partitions, in seconds of real time.
LEASE_SECONDS = 5.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, part INTEGER NOT NULL, key TEXT NOT NULL,
  headers TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS events_topic ON events (topic, position);
CREATE INDEX IF NOT EXISTS events_part ON events (topic, part, position);
CREATE TABLE IF NOT EXISTS positions (
  grp TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (grp, topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
  grp TEXT NOT NULL, member TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (grp, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
  grp TEXT NOT NULL, part INTEGER NOT NULL, member TEXT NOT NULL, PRIMARY KEY (grp, part)) WITHOUT ROWID;
"""


def received(row: tuple[int, str, int, str, str, bytes]) -> Received:
    """A row as an event; one whose headers can't be read comes as it is."""
    position, topic, part, key, text, data = row
    headers: dict[str, str] = {}
    event: Event | None = None
    try:
        found = orjson.loads(text)
        headers = {str(name): str(value) for name, value in found.items()}
        event = Event.from_headers(headers, data)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        event = None
    return Received(topic, part, position, key, headers, data, event)


def partition_of(key: str) -> int:
    """The partition of a key: the same everywhere and always."""
    return zlib.crc32(key.encode()) % PARTITIONS


class SqliteBus:
    """The events of a site in one file; threads share it. ``run_dir`` is where processes wake each other."""

    def __init__(self, path: Path, run_dir: Path, lease_seconds: float = LEASE_SECONDS) -> None:
        self._path = str(path)
        self.lease_seconds = lease_seconds
        self._lock = threading.Lock()
        self._file_lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        with self._exclusive():
            self._connection = connect(self._path)
            self._connection.executescript(SCHEMA)
        self.wake = Wake(run_dir)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """One writer of the machine at a time; the kernel wakes the next, where SQLite itself would sleep and try."""
        with self._lock:
            fcntl.flock(self._file_lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file_lock, fcntl.LOCK_UN)

    def write(self, work: Callable[[sqlite3.Connection], T], *, durable: bool) -> T:
        """Carries out ``work`` in a transaction. Raises ``Unavailable`` when the file refuses."""
        try:
            with self._exclusive():
                self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    result = work(self._connection)
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
                return result
        except sqlite3.Error as error:
            raise Unavailable("bus_unavailable", "消息暂时无法传递，请稍后重试。", reason=str(error)) from error

    def read_rows(self, sql: str, values: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]
        """Reads in this thread's own connection. Raises ``Unavailable`` when the file refuses."""
        try:
            reader: sqlite3.Connection | None = getattr(self._local, "connection", None)
            if reader is None:
                reader = connect(self._path, read_only=True, cache_kb=512)
                self._local.connection = reader
                with self._lock:
                    self._readers.append(reader)
            return reader.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise Unavailable("bus_unavailable", "消息暂时无法传递，请稍后重试。", reason=str(error)) from error

    # ── The port ─────────────────────────────────────────────────────────────────────────────────────────────

    def require(self, topics: Sequence[str]) -> None:
        """Whatever is named is there: a topic here is a word in a row."""

    def publish(self, topic: str, events: Sequence[Event], extra_headers: Sequence[dict[str, str]] = ()) -> None:
        """Appends events to a topic in this order, durably, and wakes who listens."""
        extras: Sequence[dict[str, str]] = extra_headers or [{}] * len(events)
        require_size(events)
        rows = [
            (
                topic,
                partition_of(event.subject),
                event.subject,
                orjson.dumps({**event.headers(), **extra}).decode(),
                event.data,
            )
            for event, extra in zip(events, extras, strict=True)
        ]
        self.write(
            lambda connection: connection.executemany(
                "INSERT INTO events (topic, part, key, headers, data) VALUES (?, ?, ?, ?, ?)", rows
            ),
            durable=True,
        )
        self.wake.send((topic,))

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        """Joins a group."""
        return SqliteConsumer(self, group, topics)

    def tail(self, topics: Sequence[str]) -> SqliteTail:
        """Listens from now on."""
        return SqliteTail(self, topics)

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """How many events a group has before it."""
        done = {
            (topic, part): position
            for topic, part, position in self.read_rows(
                "SELECT topic, part, position FROM positions WHERE grp = ?", (group,)
            )
        }
        total = 0
        for topic in topics:
            for part in range(PARTITIONS):
                rows = self.read_rows(
                    "SELECT count(*) FROM events WHERE topic = ? AND position > ? AND part = ?",
                    (topic, done.get((topic, part), 0), part),
                )
                total += int(rows[0][0])
        return total

    def read(self, topic: str, after: int = 0, limit: int = 100) -> Sequence[Received]:
        """Events of a topic beyond a position, for operators' tools."""
        rows = self.read_rows(
            "SELECT position, topic, part, key, headers, data FROM events "
            "WHERE topic = ? AND position > ? ORDER BY position LIMIT ?",
            (topic, after, limit),
        )
        return [received(row) for row in rows]

    def topics(self) -> Sequence[str]:
        """The topics that hold anything, for operators' tools."""
        return [row[0] for row in self.read_rows("SELECT DISTINCT topic FROM events ORDER BY topic", ())]

    def head(self) -> int:
        """The position of the newest event."""
        return int(self.read_rows("SELECT coalesce(max(position), 0) FROM events", ())[0][0])

    def first_after(self, topic: str, part: int, position: int) -> int | None:
        """The position of the next event of a topic's partition."""
        rows = self.read_rows(
            "SELECT min(position) FROM events WHERE topic = ? AND part = ? AND position > ?", (topic, part, position)
        )
        return None if rows[0][0] is None else int(rows[0][0])

    def after(self, position: int, topics: Sequence[str], limit: int) -> list[Received]:
        """Events of topics beyond a position, in order."""
        marks = ", ".join("?" * len(topics))
        rows = self.read_rows(
            "SELECT position, topic, part, key, headers, data FROM events "  # noqa: S608
            f"WHERE position > ? AND topic IN ({marks}) ORDER BY position LIMIT ?",
            (position, *topics, limit),
        )
        return [received(row) for row in rows]

    def close(self) -> None:
        """Lets go of files and sockets."""
        self.wake.close()
        with self._lock:
            self._connection.close()
            for reader in self._readers:
                reader.close()
            self._readers.clear()
            os.close(self._file_lock)
