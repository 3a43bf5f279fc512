"""The embedded store as a backup reads it, and an empty one as a restore fills it (kit/snapshot.py)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import orjson

from kit.snapshot import Record, StoredDocument, StoredEvent, StoredMark, StoredNumber
from kit.store.groupcommit import unavailable
from kit.store.port import Kind, Mark
from kit.store.sqlite_file import FileSnapshot, FileSource, FileTarget
from kit.store.sqlite_rows import APART, SCHEMA, column_names, create_kind, document_of


class SqliteStoreSource:
    """One service's file; a file that isn't there is a store without anything in it."""

    def __init__(self, path: Path) -> None:
        self._file = FileSource(path, SCHEMA, unavailable)

    def hold(self) -> AbstractContextManager[None]:
        """Nobody writes inside. Raises ``Unavailable``."""
        return self._file.hold()

    @contextmanager
    def snapshot(self) -> Iterator[SqliteStoreSnapshot]:
        """The store as it is now."""
        with self._file.snapshot() as file:
            yield SqliteStoreSnapshot(file)


class SqliteStoreSnapshot:
    """Reads a store in one read transaction."""

    def __init__(self, file: FileSnapshot) -> None:
        self._file = file

    def documents(self) -> Iterator[StoredDocument]:
        """Every document, kind by kind."""
        tables = list(self._file.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
        for (table,) in tables:
            if not table.startswith("doc_"):
                continue
            kind = table.removeprefix("doc_")
            apart = APART if APART in column_names(self._file.rows(f"PRAGMA table_info({table})")) else "NULL"
            sql = f"SELECT id, version, schema, body, fingerprint, {apart}, idempotency FROM {table} ORDER BY id"  # noqa: S608
            for *row, key in self._file.rows(sql):
                yield StoredDocument(document_of(kind, row), key)

    def marks(self) -> Iterator[StoredMark]:
        """Every mark."""
        for group, event_id, part, at in self._file.rows("SELECT grp, event_id, part, at FROM marks"):
            yield StoredMark(Mark(group, event_id, part), at)

    def numbers(self) -> Iterator[StoredNumber]:
        """Every series."""
        for name, value in self._file.rows("SELECT name, value FROM numbers"):
            yield StoredNumber(name, value)

    def pending(self) -> Iterator[StoredEvent]:
        """The events that wait, in order."""
        for headers, data in self._file.rows("SELECT headers, data FROM pending ORDER BY position"):
            yield StoredEvent(orjson.loads(headers), data)


class SqliteStoreTarget:
    """A file that a restore makes; its indexes are made by the service's next start, and what is kept apart by the next save."""

    def __init__(self, path: Path) -> None:
        self._file = FileTarget(path, SCHEMA, unavailable)
        self._kinds: set[str] = set()

    def is_empty(self) -> bool:
        """Whether there is no such file yet."""
        return self._file.is_empty()

    def write(self, records: Sequence[Record]) -> None:
        """Adds records in one transaction. Raises ``Unavailable``, e.g. when the disk is full."""
        with self._file.transaction() as connection:
            for record in records:
                self._add(connection, record)

    def _add(self, connection: sqlite3.Connection, record: Record) -> None:
        match record:
            case StoredDocument(document, key):
                if document.kind not in self._kinds:
                    create_kind(connection, Kind(document.kind))
                    self._kinds.add(document.kind)
                body = orjson.dumps(document.body).decode()
                fingerprint = document.fingerprint if key is not None else None
                connection.execute(
                    f"INSERT INTO doc_{document.kind} (id, version, schema, body, idempotency, fingerprint) "  # noqa: S608
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (document.id, document.version, document.schema_version, body, key, fingerprint),
                )
            case StoredMark(mark, at):
                # From a store that doesn't tell when it was written: kept as long as one that is written now.
                row = (mark.group, mark.event_id, mark.part, at or int(time.time() * 1000))
                connection.execute("INSERT INTO marks VALUES (?, ?, ?, ?)", row)
            case StoredNumber(name, value):
                connection.execute("INSERT INTO numbers VALUES (?, ?)", (name, value))
            case StoredEvent(headers, data):
                text = orjson.dumps(dict(headers)).decode()
                connection.execute("INSERT INTO pending (headers, data) VALUES (?, ?)", (text, data))

    def close(self) -> None:
        """Puts everything into the one file, durably."""
        self._file.close()
