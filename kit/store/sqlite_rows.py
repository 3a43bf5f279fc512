"""Rows of the embedded store: tables and indexes of a kind, conditions, cursors, marks and pending events."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import orjson

from kit.errors import NotFound, Stale
from kit.events import Event
from kit.store.pages import Position
from kit.store.port import (
    IDEMPOTENCY,
    AlreadyApplied,
    Body,
    Document,
    Duplicate,
    Index,
    Kind,
    Mark,
    Query,
    Range,
    Scalar,
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS pending (
  position INTEGER PRIMARY KEY AUTOINCREMENT, headers TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS marks (
  grp TEXT NOT NULL, event_id TEXT NOT NULL, part TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (grp, event_id, part)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS marks_age ON marks (grp, at);
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
#: The column beside the body that holds what a kind keeps apart; behind it, so that reading heads doesn't touch it.
APART = "apart"
#: Where ``event_rows`` go.
EVENTS = "pending (headers, data)"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_FAILED_COLUMNS = re.compile(r"UNIQUE constraint failed: (.+)")


def create_kind(connection: sqlite3.Connection, kind: Kind) -> None:
    """Makes a kind's table and indexes, and drops indexes that it declares no more.

    What an index that is made anew stands on is taken from the bodies: nobody has kept its columns until now.
    """
    if not _NAME.fullmatch(kind.name):
        raise ValueError(f"a kind's name is made of a-z, 0-9 and _: {kind.name!r}")
    table = f"doc_{kind.name}"
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, version INTEGER NOT NULL, schema INTEGER NOT NULL,"
        " body TEXT NOT NULL, idempotency TEXT UNIQUE, fingerprint TEXT)"
    )
    if kind.apart and APART not in column_names(connection.execute(f"PRAGMA table_info({table})")):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {APART} TEXT")
    wanted = {}
    for index in kind.indexes:
        if not _NAME.fullmatch(index.name) or not all(_FIELD.fullmatch(name) for name in index.fields):
            raise ValueError(f"{kind.name}.{index.name} has a name that is no identifier")
        if any(name.partition(".")[0] in kind.apart for name in index.fields):
            raise ValueError(f"{kind.name}.{index.name} has a field that is kept apart")
        columns = ", ".join(column(name) for name in index.fields)
        name = f"ix_{kind.name}__{index.name}"
        closing = "" if index.unique else ", id"
        wanted[name] = f"CREATE {'UNIQUE ' * index.unique}INDEX {name} ON {table} ({columns}{closing})", index.fields
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type='index' AND tbl_name=?", (table,))
    present = {name: sql for name, sql in rows.fetchall() if sql is not None}
    kept = {name for name, (sql, _) in wanted.items() if present.get(name) == sql}
    for name in present.keys() - kept:
        connection.execute(f"DROP INDEX {name}")
    current = {field for name in kept for field in wanted[name][1]}
    _fill(connection, table, [field for field in _indexed(kind) if field not in current])
    for name in wanted.keys() - kept:
        connection.execute(wanted[name][0])


def _fill(connection: sqlite3.Connection, table: str, fields: Sequence[str]) -> None:
    """Gives each field a column that holds what the bodies say."""
    if not fields:
        return
    there = column_names(connection.execute(f"PRAGMA table_info({table})"))
    for field in fields:
        if f"body.{field}" not in there:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column(field)}")
    filled = ", ".join(f"{column(field)} = json_extract(body, '$.{field}')" for field in fields)
    connection.execute(f"UPDATE {table} SET {filled}")  # noqa: S608


def _indexed(kind: Kind) -> list[str]:
    """Every field of the body that an index of the kind stands on."""
    return sorted({field for index in kind.indexes for field in index.fields})


def column_names(rows: Iterable[Sequence[object]]) -> frozenset[str]:
    """What ``PRAGMA table_info`` says that a table has."""
    return frozenset(str(row[1]) for row in rows)


@cache
def column(field: str) -> str:
    """The column that repeats a field of the body, so that a save writes only the indexes whose fields it changes."""
    return f'"body.{field}"'


class Rows:
    """A kind's documents as rows: what is read of one, and what holds its body and whatever its indexes stand on."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.table = f"doc_{kind.name}"
        #: What is read of a document, and of its head, for ``document_of``.
        self.columns = f"id, version, schema, body, fingerprint, {APART if kind.apart else 'NULL'}"
        self.head_columns = "id, version, schema, body, fingerprint, NULL"
        self._paths = [field.split(".") for field in _indexed(kind)]
        #: The columns that indexes stand on, the last of ``written``.
        self.indexed = [column(field) for field in _indexed(kind)]
        #: The columns that hold a body, see ``held``.
        self.written = ("body", *([APART] if kind.apart else []), *self.indexed)
        self._there = f"SELECT {', '.join(['rowid', 'version', *self.indexed])} FROM {self.table} WHERE id = ?"  # noqa: S608
        self._updates: dict[tuple[str, ...], str] = {}

    def held(self, body: Body) -> tuple[Scalar, ...]:
        """A body as its columns hold it: whole, or its head and what is kept apart; and the fields of its indexes."""
        indexed = (_value_at(body, path) for path in self._paths)
        if not self.kind.apart:
            return (orjson.dumps(body).decode(), *indexed)
        rest = {name: body[name] for name in self.kind.apart if name in body}
        head = {name: value for name, value in body.items() if name not in rest}
        return (orjson.dumps(head).decode(), orjson.dumps(rest).decode(), *indexed)

    def new(self, documents: Sequence[tuple[str, Body]]) -> tuple[str, list[tuple[object, ...]]]:
        """The table with the columns of a new document, and the documents as its rows."""
        into = f"{self.table} (id, version, schema, {', '.join(self.written)})"
        return into, [(id, 1, self.kind.schema_version, *self.held(body)) for id, body in documents]

    def rewrite(self, connection: sqlite3.Connection, id: str, version: int, held: Sequence[Scalar]) -> None:
        """The next version of one row. Raises ``NotFound``, ``Stale``, ``Duplicate``."""
        there = connection.execute(self._there, (id,)).fetchone()
        if there is None:
            raise NotFound(f"{self.kind.name}_not_found", "没有找到该记录，请核对编号。", id=id)
        row, present, *before = there
        if present != version:
            raise Stale("stale_version", "记录已被他人更新，请刷新后重试。", id=id)
        bodies = len(held) - len(before)
        pairs = zip(self.indexed, held[bodies:], before, strict=True)
        changed = [(name, value) for name, value, was in pairs if value != was]
        statement = self._update(self.written[:bodies] + tuple(name for name, _ in changed))
        values = [version + 1, self.kind.schema_version, *held[:bodies], *(value for _, value in changed), row]
        try:
            connection.execute(statement, values)
        except sqlite3.IntegrityError as error:
            raise Duplicate(self.kind.name, self.refusing(error)) from error

    def _update(self, names: tuple[str, ...]) -> str:
        statement = self._updates.get(names)
        if statement is None:
            changes = ", ".join(f"{name} = ?" for name in ("version", "schema", *names))
            statement = self._updates[names] = f"UPDATE {self.table} SET {changes} WHERE rowid = ?"  # noqa: S608
        return statement

    def refusing(self, error: sqlite3.IntegrityError) -> str:
        """The name of the unique index that refused a write."""
        found = _FAILED_COLUMNS.search(str(error))
        columns = found.group(1) if found is not None else ""
        for index in self.kind.indexes:
            if index.unique and columns == ", ".join(f"{self.table}.body.{field}" for field in index.fields):
                return index.name
        return IDEMPOTENCY if columns.endswith(".idempotency") else "id"


def _value_at(body: Mapping[str, Any], path: Sequence[str]) -> Scalar:
    found: Any = body
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str | int) else None


def conditions(query: Query, index: Index, order: str, where: dict[str, Scalar]) -> tuple[list[str], list[Scalar]]:
    """The WHERE clauses of a query, in the order of the index, and their values."""
    clauses: list[str] = []
    values: list[Scalar] = []
    for name in index.fields:
        if name in where:
            value = where[name]
            clauses.append(f"{column(name)} IS NULL" if value is None else f"{column(name)} = ?")
            values += [] if value is None else [value]
    if query.range.least is not None:
        clauses.append(f"{column(order)} >= ?")
        values.append(query.range.least)
    if query.range.below is not None:
        clauses.append(f"{column(order)} < ?")
        values.append(query.range.below)
    return clauses, values


def stretches(query: Query, order: str, after: Position | None) -> Iterator[tuple[list[str], list[Scalar]]]:
    """Further clauses and their values: a page is read from one stretch of the index after the other until it is full.

    Nulls, which no comparison meets, stand before all values and so in a stretch of their own.
    """
    by, sign = column(order), "<" if query.descending else ">"
    if after is None:
        yield [], []
        return
    value, id = after
    if value is None:
        yield [f"{by} IS NULL", f"id {sign} ?"], [id]
        if not query.descending:
            yield [f"{by} IS NOT NULL"], []
        return
    # Both bounds: the first lets the index seek, the second tells equal values apart.
    yield [f"{by} {sign}= ? AND ({by} {sign} ? OR id {sign} ?)"], [value, value, id]
    if query.descending and query.range == Range() and order not in query.where:
        yield [f"{by} IS NULL"], []


def document_of(kind: str, row: Sequence[object]) -> Document:
    """A row of ``Rows.columns`` as a document."""
    id, version, schema, body, fingerprint, apart = row
    whole = orjson.loads(str(body)) if apart is None else orjson.loads(str(body)) | orjson.loads(str(apart))
    return Document(kind, str(id), int(version), whole, int(schema), str(fingerprint or ""))  # type: ignore[call-overload]


@contextmanager
def marked(connection: sqlite3.Connection, mark: Mark | None) -> Iterator[None]:
    """Writes a mark for the effect inside, which leaves nothing behind where it fails; then the mark goes as well.

    Raises ``AlreadyApplied`` when it is there.
    """
    if mark is None:
        yield
        return
    try:
        connection.execute("INSERT INTO marks VALUES (?, ?, ?, ?)", mark_row(mark))
    except sqlite3.IntegrityError as error:
        raise AlreadyApplied(mark) from error
    try:
        yield
    except Exception:
        connection.execute("DELETE FROM marks WHERE grp = ? AND event_id = ? AND part = ?", mark_key(mark))
        raise


def mark_key(mark: Mark) -> tuple[str, str, str]:
    """A mark as the key of its row."""
    return mark.group, mark.event_id, mark.part


def mark_row(mark: Mark) -> tuple[str, str, str, int]:
    """A mark with when it was written, for its table."""
    return *mark_key(mark), int(time.time() * 1000)


def event_rows(events: Sequence[Event]) -> list[tuple[str, bytes]]:
    """Events as they wait to be published, for ``EVENTS``."""
    return [(orjson.dumps(event.headers()).decode(), event.data) for event in events]
