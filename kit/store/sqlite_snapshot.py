"""The embedded store as a backup reads it, and an empty one as a restore fills it (kit/snapshot.py)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import orjson

from kit.snapshot import Record, StoredDocument, StoredEvent, StoredMark, StoredNumber
from kit.store.groupcommit import connect, unavailable
from kit.store.port import Document, Kind, Mark
from kit.store.sqlite_rows import SCHEMA, create_kind

#: Rows that are read or written at a time.
_ROWS = 500
#: How long the cut waits for a writer to finish its transaction, in seconds.
_PATIENCE = 10.0


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody writes to this database inside; who wants to, waits. Raises ``Unavailable``."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                with suppress(sqlite3.Error):  # the file may be gone by now; nothing was written
                    connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise unavailable(error) from error


@contextmanager
def reading_as_of_now(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that sees the database as it is now, whatever is written later (WAL mode). Raises ``Unavailable``."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read fixes what is seen
            yield connection
    except sqlite3.Error as error:
        raise unavailable(error) from error


class SqliteStoreSource:
    """One service's file; a file that isn't there is a store without anything in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Nobody writes inside. Raises ``Unavailable``."""
        if not self._path.exists():
            yield
            return
        with held(self._path):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[SqliteStoreSnapshot]:
        """The store as it is now."""
        if not self._path.exists():
            with closing(sqlite3.connect(":memory:")) as empty:
                empty.executescript(SCHEMA)
                yield SqliteStoreSnapshot(empty)
            return
        with reading_as_of_now(self._path) as connection:
            yield SqliteStoreSnapshot(connection)


class SqliteStoreSnapshot:
    """Reads a store in one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def documents(self) -> Iterator[StoredDocument]:
        """Every document, kind by kind."""
        tables = [row[0] for row in self._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        for table in tables:
            if not table.startswith("doc_"):
                continue
            kind = table.removeprefix("doc_")
            rows = self._rows(f"SELECT id, version, body, schema, fingerprint, idempotency FROM {table} ORDER BY id")  # noqa: S608
            for id, version, body, schema, fingerprint, key in rows:
                document = Document(kind, id, version, orjson.loads(body), schema, fingerprint or "")
                yield StoredDocument(document, key)

    def marks(self) -> Iterator[StoredMark]:
        """Every mark."""
        for group, event_id, part, at in self._rows("SELECT grp, event_id, part, at FROM marks"):
            yield StoredMark(Mark(group, event_id, part), at)

    def numbers(self) -> Iterator[StoredNumber]:
        """Every series."""
        for name, value in self._rows("SELECT name, value FROM numbers"):
            yield StoredNumber(name, value)

    def pending(self) -> Iterator[StoredEvent]:
        """The events that wait, in order."""
        for headers, data in self._rows("SELECT headers, data FROM pending ORDER BY position"):
            yield StoredEvent(orjson.loads(headers), data)

    def _rows(self, sql: str) -> Iterator[tuple]:  # type: ignore[type-arg]
        try:
            cursor = self._connection.execute(sql)
            while rows := cursor.fetchmany(_ROWS):
                yield from rows
        except sqlite3.Error as error:
            raise unavailable(error) from error


class SqliteStoreTarget:
    """A file that a restore makes; its indexes are made by the service's next start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._kinds: set[str] = set()

    def is_empty(self) -> bool:
        """Whether there is no such file yet."""
        return not self._path.exists() or not self._path.stat().st_size

    def write(self, records: Sequence[Record]) -> None:
        """Adds records in one transaction. Raises ``Unavailable``, e.g. when the disk is full."""
        try:
            connection = self._open()
            connection.execute("BEGIN")
            try:
                for record in records:
                    self._add(connection, record)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise unavailable(error) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(str(self._path))
            self._connection.executescript(SCHEMA)
        return self._connection

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
                row = (mark.group, mark.event_id, mark.part, at)
                connection.execute("INSERT INTO marks VALUES (?, ?, ?, ?)", row)
            case StoredNumber(name, value):
                connection.execute("INSERT INTO numbers VALUES (?, ?)", (name, value))
            case StoredEvent(headers, data):
                text = orjson.dumps(dict(headers)).decode()
                connection.execute("INSERT INTO pending (headers, data) VALUES (?, ?)", (text, data))

    def close(self) -> None:
        """Puts everything into the one file, durably."""
        if self._connection is None:
            return
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise unavailable(error) from error
        finally:
            self._connection.close()
            self._connection = None
