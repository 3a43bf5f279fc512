"""One SQLite file as a whole: held still and read as it is now for a backup, made anew for a restore.

What the store's and the bus's snapshots have in common; each says in its own words that the database failed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kit.errors import Unavailable
from kit.store.groupcommit import connect

#: Rows that are read at a time.
_ROWS: Final = 500
#: How long the cut waits for a writer to finish its transaction, in seconds.
_PATIENCE: Final = 10.0

#: What a failing database means to whoever asked.
Meaning = Callable[[BaseException], Unavailable]


@contextmanager
def _meaning(unavailable: Meaning) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise unavailable(error) from error


@dataclass(frozen=True)
class FileSource:
    """A file that may be at work; one that isn't there is a database without anything in it."""

    path: Path
    schema: str
    unavailable: Meaning

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Nobody writes to it inside; who wants to, waits. Raises ``Unavailable``."""
        if not self.path.exists():
            yield
            return
        with (
            _meaning(self.unavailable),
            closing(sqlite3.connect(self.path, isolation_level=None, timeout=_PATIENCE)) as connection,
        ):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                with suppress(sqlite3.Error):  # the file may be gone by now; nothing was written
                    connection.execute("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[FileSnapshot]:
        """The database as it is now, whatever is written later (WAL mode). Raises ``Unavailable``."""
        exists = self.path.exists()
        where = f"{self.path.as_uri()}?mode=ro" if exists else ":memory:"
        with (
            _meaning(self.unavailable),
            closing(sqlite3.connect(where, uri=exists, isolation_level=None)) as connection,
        ):
            if not exists:
                connection.executescript(self.schema)
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read fixes what is seen
            yield FileSnapshot(connection, self.unavailable)


@dataclass(frozen=True)
class FileSnapshot:
    """Reads it in one read transaction."""

    connection: sqlite3.Connection
    unavailable: Meaning

    def rows(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """What a query finds, some rows at a time. Raises ``Unavailable``."""
        with _meaning(self.unavailable):
            cursor = self.connection.execute(sql, values)
            while rows := cursor.fetchmany(_ROWS):
                yield from rows


@dataclass
class FileTarget:
    """A file that a restore makes."""

    path: Path
    schema: str
    unavailable: Meaning
    _connection: sqlite3.Connection | None = field(default=None, repr=False)

    def is_empty(self) -> bool:
        """Whether there is no such file yet."""
        return not self.path.exists() or not self.path.stat().st_size

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is written inside, or nothing. Raises ``Unavailable``, e.g. when the disk is full."""
        with _meaning(self.unavailable):
            if self._connection is None:
                self._connection = connect(str(self.path))
                self._connection.executescript(self.schema)
            self._connection.execute("BEGIN")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Puts everything into the one file, durably. Raises ``Unavailable``."""
        if self._connection is None:
            return
        try:
            with _meaning(self.unavailable):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._connection.close()
            self._connection = None
