"""The Store on one SQLite file: the embedded default.

Each kind has a table of JSON bodies; a declared index is an index over columns that repeat fields of the body, closed by
the id, so that a page goes on where the last one ended. A save, its events and its mark are one transaction.
"""

from __future__ import annotations

import heapq
import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from kit.call import Idempotency
from kit.clock import to_ms
from kit.events import Event
from kit.store.groupcommit import GroupCommit, connect, unavailable
from kit.store.pages import Position, cursor_of, each_where, order_field, parse_cursor, sort_key
from kit.store.port import (
    Append,
    Body,
    Document,
    Duplicate,
    Index,
    Kind,
    Mark,
    Page,
    PendingEvent,
    Query,
    Save,
    Scalar,
    Write,
)
from kit.store.sqlite_rows import (
    EVENTS,
    SCHEMA,
    Rows,
    column,
    conditions,
    create_kind,
    document_of,
    event_rows,
    mark_key,
    marked,
    stretches,
)
from kit.store.sqlite_runs import NotAll, all_or_none, at_once, attempted, insert

#: What was read, not decoded yet: the one behind a page never is.
_Row = tuple[Any, ...]


class SqliteStore:
    """Documents of one service in one file; threads share it. One process writes it, operators' tools may read."""

    def __init__(self, path: Path, kinds: Sequence[Kind]) -> None:
        self._path = str(path)
        self._kinds = {kind.name: kind for kind in kinds}
        self._rows = {kind.name: Rows(kind) for kind in kinds}
        self._nudges: list[Callable[[], None]] = []
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        connection = connect(self._path)
        self._writer = GroupCommit(connection)
        with connection:  # all of it or nothing, and one commit in place of one for each table and index
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA}")
            for kind in kinds:
                create_kind(connection, kind)

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, kind: str, id: str) -> Document | None:
        """One document, or ``None``."""
        rows = self._read(f"SELECT {self._columns(kind)} FROM {self._table(kind)} WHERE id = ?", (id,))  # noqa: S608
        return document_of(kind, rows[0]) if rows else None

    def find(self, query: Query) -> Page:
        """A page of documents by a declared index; each value of an *in* is read by itself and merged."""
        index = self._kinds[query.kind].index(query.index)
        order = order_field(index, query)
        after = parse_cursor(query.cursor)
        streams = [self._select(query, index, order, where, after) for where in each_where(query.where)]
        page = streams[0] if len(streams) == 1 else self._merged(query, streams)
        more = len(page) > query.limit
        page = page[: query.limit]
        cursor = cursor_of(page[-1][0]) if more and page else ""
        return Page(tuple(document_of(query.kind, row) for _, row in page), cursor)

    @staticmethod
    def _merged(query: Query, streams: Sequence[list[tuple[Position, _Row]]]) -> list[tuple[Position, _Row]]:
        merged = heapq.merge(*streams, key=lambda found: sort_key(found[0]), reverse=query.descending)
        return list(itertools.islice(merged, query.limit + 1))

    def _select(
        self, query: Query, index: Index, order: str, where: dict[str, Scalar], after: Position | None
    ) -> list[tuple[Position, _Row]]:
        by, way = column(order), "DESC" if query.descending else "ASC"
        rows: list[_Row] = []
        for further, bounds in stretches(query, order, after):
            left = query.limit + 1 - len(rows)
            if left <= 0:
                break
            clauses, values = conditions(query, index, order, where)
            rows += self._read(
                f"SELECT {self._columns(query.kind, heads=query.heads)}, {by} FROM {self._table(query.kind)} "  # noqa: S608
                f"WHERE {' AND '.join(clauses + further) or '1'} ORDER BY {by} {way}, id {way} LIMIT ?",
                (*values, *bounds, left),
            )
        return [((row[6], row[0]), row[:6]) for row in rows]

    def find_unique(self, kind: str, index: str, values: Sequence[Scalar]) -> Document | None:
        """The document with this unique key."""
        declared = self._kinds[kind].index(index)
        if not declared.unique or len(values) != len(declared.fields):
            raise KeyError(f"{kind}.{index} is not a unique index of {len(values)} fields")
        clauses = " AND ".join(f"{column(name)} = ?" for name in declared.fields)
        rows = self._read(f"SELECT {self._columns(kind)} FROM {self._table(kind)} WHERE {clauses}", tuple(values))  # noqa: S608
        return document_of(kind, rows[0]) if rows else None

    def find_created(self, kind: str, idempotency_key: str) -> Document | None:
        """The document that was inserted with this idempotency key."""
        rows = self._read(
            f"SELECT {self._columns(kind)} FROM {self._table(kind)} WHERE idempotency = ?",  # noqa: S608
            (idempotency_key,),
        )
        return document_of(kind, rows[0]) if rows else None

    def count(self, query: Query) -> int:
        """How many documents a query meets, counted to ``query.limit`` at the most."""
        index = self._kinds[query.kind].index(query.index)
        order = order_field(index, query)
        each: list[str] = []
        given: list[object] = []
        for where in each_where(query.where):
            clauses, values = conditions(query, index, order, where)
            each.append(
                f"(SELECT count(*) FROM (SELECT 1 FROM {self._table(query.kind)} "  # noqa: S608
                f"WHERE {' AND '.join(clauses) or '1'} LIMIT ?))"
            )
            given += [*values, query.limit]
        if not each:
            return 0
        # One statement for all: each statement lets the other threads in between, twice.
        total = int(self._read("SELECT " + " + ".join(each), given)[0][0])
        return min(total, query.limit)

    def is_marked(self, mark: Mark) -> bool:
        """Whether an event has had its effect."""
        return bool(self._read("SELECT 1 FROM marks WHERE grp=? AND event_id=? AND part=?", mark_key(mark)))

    def scan(self, kind: str) -> Iterator[Document]:
        """Every document of a kind in the order of ids."""
        last = ""
        while True:
            rows = self._read(
                f"SELECT {self._columns(kind)} FROM {self._table(kind)} WHERE id > ? ORDER BY id LIMIT 500",  # noqa: S608
                (last,),
            )
            yield from (document_of(kind, row) for row in rows)
            if len(rows) < 500:
                return
            last = rows[-1][0]

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

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
        """A new document with its events and mark. Raises ``Duplicate``, ``AlreadyApplied``."""
        rows, schema, waiting = self._rows[kind], self._kinds[kind].schema_version, event_rows(events)
        asked = (idempotency.key, idempotency.fingerprint) if idempotency else (None, None)
        into = f"{rows.table} (id, version, schema, idempotency, fingerprint, {', '.join(rows.written)})"
        new = (id, 1, schema, *asked, *rows.held(body))

        def work(connection: sqlite3.Connection) -> Document:
            with marked(connection, mark):
                try:
                    insert(connection, into, [new])
                except sqlite3.IntegrityError as error:
                    raise Duplicate(kind, rows.refusing(error)) from error
            insert(connection, EVENTS, waiting)
            return Document(kind, id, 1, body, schema, asked[1] or "")

        return self._write(work, events)

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], *, durable: bool = True) -> None:
        """New documents in order. Raises ``Duplicate``, naming the first that is refused: those before it stand."""
        if not documents:
            return
        work = self._append(kind, documents)
        if (refused := self._writer.run(work, durable=durable, guarded=False)) is not None:
            raise refused

    def _append(
        self, kind: str, documents: Sequence[tuple[str, Body]]
    ) -> Callable[[sqlite3.Connection], Duplicate | None]:
        into, new = self._rows[kind].new(documents)

        def work(connection: sqlite3.Connection) -> Duplicate | None:
            if len(new) > 1:
                with suppress(NotAll), all_or_none(connection):
                    insert(connection, into, new)
                    return None
            for row in new:
                try:
                    insert(connection, into, [row])
                except sqlite3.IntegrityError as error:
                    return Duplicate(kind, self._rows[kind].refusing(error), str(row[0]))
            return None

        return work

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
        write = Save(kind, id, body, version, events, mark)
        return self._write(self._save(write), events, durable=durable)

    def _save(self, write: Save) -> Callable[[sqlite3.Connection], Document]:
        kind, id, version = write.kind, write.id, write.version
        rows, schema, waiting = self._rows[kind], self._kinds[kind].schema_version, event_rows(write.events)
        held = rows.held(write.body)

        def work(connection: sqlite3.Connection) -> Document:
            with marked(connection, write.mark):
                rows.rewrite(connection, id, version, held)
            insert(connection, EVENTS, waiting)
            return Document(kind, id, version + 1, write.body, schema)

        return work

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        """Several writes in one transaction, each standing or falling by itself."""
        runs = [list(run) for _, run in itertools.groupby(writes, lambda each: (type(each), each.kind))]
        works = [(self._run(run), any(each.durable for each in run), False) for run in runs]
        answers: list[Document | Exception | None] = []
        for run, told in zip(runs, self._writer.run_all(works), strict=True):
            answers += [told] * len(run) if isinstance(told, Exception) else told
        if any(isinstance(each, Save) and each.events for each in writes):
            self._nudge()
        return answers

    def _run(self, writes: Sequence[Write]) -> Callable[[sqlite3.Connection], Sequence[Document | Exception | None]]:
        """Writes of one sort and kind: with few statements where none is refused, or else each by itself."""
        together = at_once(self._rows[writes[0].kind], writes) if len(writes) > 1 else None

        def work(connection: sqlite3.Connection) -> Sequence[Document | Exception | None]:
            if together is not None:
                with suppress(NotAll), all_or_none(connection):
                    return together(connection)
            return [attempted(self._one(each), connection) for each in writes]

        return work

    def _one(self, write: Write) -> Callable[[sqlite3.Connection], Document | Exception | None]:
        return self._append(write.kind, write.documents) if isinstance(write, Append) else self._save(write)

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        """Takes away documents that still have their version."""
        statement = f"DELETE FROM {self._table(kind)} WHERE id = ? AND version = ?"  # noqa: S608
        if documents:
            self._writer.run(lambda connection: connection.executemany(statement, documents))

    def forget_marks(self, group: str, before: datetime, limit: int) -> int:
        """Takes away a group's oldest marks from before a time; again after a power cut it does no harm."""
        oldest = "SELECT event_id, part FROM marks WHERE grp = ? AND at < ? ORDER BY at LIMIT ?"
        statement = f"DELETE FROM marks WHERE grp = ? AND (event_id, part) IN ({oldest})"  # noqa: S608
        values = (group, group, to_ms(before), limit)
        return self._writer.run(lambda connection: connection.execute(statement, values).rowcount, durable=False)

    def next_number(self, name: str) -> int:
        """The next number of a series; durable at the latest with the document that uses it."""

        def work(connection: sqlite3.Connection) -> int:
            row = connection.execute(
                "INSERT INTO numbers VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name,),
            ).fetchone()
            return int(row[0])

        return self._writer.run(work, durable=False)

    def _write(
        self, work: Callable[[sqlite3.Connection], Document], events: Sequence[Event], *, durable: bool = True
    ) -> Document:
        # Not guarded, as in ``write_all``: what is refused leaves nothing behind by itself, see ``marked``.
        document = self._writer.run(work, durable=durable, guarded=False)
        if events:
            self._nudge()
        return document

    def _nudge(self) -> None:
        for nudge in self._nudges:
            nudge()

    # ── Outbox ───────────────────────────────────────────────────────────────────────────────────────────────

    def pending(self, limit: int) -> Sequence[PendingEvent]:
        """The oldest events that aren't known to be published."""
        rows = self._read("SELECT position, headers, data FROM pending ORDER BY position LIMIT ?", (limit,))
        return [PendingEvent(row[0], Event.from_headers(orjson.loads(row[1]), row[2])) for row in rows]

    def published(self, events: Sequence[PendingEvent]) -> None:
        """Clears events that the bus has; publishing them again after a power cut does no harm."""
        positions = [(event.position,) for event in events]
        self._writer.run(
            lambda connection: connection.executemany("DELETE FROM pending WHERE position = ?", positions),
            durable=False,
        )

    def pending_depth(self) -> int:
        """How many events wait to be published."""
        return int(self._read("SELECT count(*) FROM pending", ())[0][0])

    def listen(self, nudge: Callable[[], None]) -> None:
        """Calls ``nudge`` after each write that left events pending."""
        self._nudges.append(nudge)

    # ── Housekeeping ─────────────────────────────────────────────────────────────────────────────────────────

    def ping(self) -> None:
        """Raises ``Unavailable`` when a write would fail."""
        self._writer.run(lambda connection: connection.execute("SELECT 1").fetchone(), durable=False)

    def close(self) -> None:
        """Lets go of the file."""
        self._writer.close()
        with self._lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()

    def _table(self, kind: str) -> str:
        return self._rows[kind].table

    def _columns(self, kind: str, *, heads: bool = False) -> str:
        return self._rows[kind].head_columns if heads else self._rows[kind].columns

    def _read(self, sql: str, values: Iterable[object]) -> list[tuple]:  # type: ignore[type-arg]
        reader: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if reader is None:
                reader = connect(self._path, read_only=True, cache_kb=512)
                self._local.connection = reader
                with self._lock:
                    self._readers.append(reader)
            return reader.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise unavailable(error) from error
