"""Rows of the embedded store: tables and indexes of a kind, conditions, cursors, marks and pending events."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import orjson

from kit.events import Event
from kit.store.pages import Position
from kit.store.port import IDEMPOTENCY, AlreadyApplied, Body, Document, Index, Kind, Mark, Query, Range, Scalar

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
_FAILED_INDEX = re.compile(r"index '(\w+)'")


def create_kind(connection: sqlite3.Connection, kind: Kind) -> None:
    """Makes a kind's table and indexes, and drops indexes that it declares no more."""
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
        columns = ", ".join(expression(name) for name in index.fields)
        name = f"ix_{kind.name}__{index.name}"
        closing = "" if index.unique else ", id"
        wanted[name] = f"CREATE {'UNIQUE ' * index.unique}INDEX {name} ON {table} ({columns}{closing})"
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type='index' AND tbl_name=?", (table,))
    present = {name: sql for name, sql in rows.fetchall() if sql is not None}
    for name in present.keys() - wanted.keys():
        connection.execute(f"DROP INDEX {name}")
    for name, sql in wanted.items():
        if present.get(name) != sql:
            connection.execute(f"DROP INDEX IF EXISTS {name}")
            connection.execute(sql)


def column_names(rows: Iterable[Sequence[object]]) -> frozenset[str]:
    """What ``PRAGMA table_info`` says that a table has."""
    return frozenset(str(row[1]) for row in rows)


@cache
def columns(kind: Kind, *, heads: bool = False) -> str:
    """What is read of a document, for ``document_of``."""
    return f"id, version, schema, body, fingerprint, {APART if kind.apart and not heads else 'NULL'}"


@cache
def written(kind: Kind) -> tuple[str, ...]:
    """The columns that hold a body, see ``texts``."""
    return ("body", APART) if kind.apart else ("body",)


def texts(kind: Kind, body: Body) -> tuple[str, ...]:
    """A body as its columns hold it: whole, or its head and what is kept apart."""
    if not kind.apart:
        return (orjson.dumps(body).decode(),)
    rest = {name: body[name] for name in kind.apart if name in body}
    head = {name: value for name, value in body.items() if name not in rest}
    return orjson.dumps(head).decode(), orjson.dumps(rest).decode()


def new_rows(kind: Kind, table: str, documents: Sequence[tuple[str, Body]]) -> tuple[str, list[tuple[object, ...]]]:
    """The table with the columns of a new document, and the documents as its rows."""
    into = f"{table} (id, version, schema, {', '.join(written(kind))})"
    return into, [(id, 1, kind.schema_version, *texts(kind, body)) for id, body in documents]


@cache
def expression(name: str) -> str:
    """The SQL expression of a field of the body."""
    return f"json_extract(body, '$.{name}')"


def conditions(query: Query, index: Index, order: str, where: dict[str, Scalar]) -> tuple[list[str], list[Scalar]]:
    """The WHERE clauses of a query, in the order of the index, and their values."""
    clauses: list[str] = []
    values: list[Scalar] = []
    for name in index.fields:
        if name in where:
            value = where[name]
            clauses.append(f"{expression(name)} IS NULL" if value is None else f"{expression(name)} = ?")
            values += [] if value is None else [value]
    if query.range.least is not None:
        clauses.append(f"{expression(order)} >= ?")
        values.append(query.range.least)
    if query.range.below is not None:
        clauses.append(f"{expression(order)} < ?")
        values.append(query.range.below)
    return clauses, values


def stretches(query: Query, order: str, after: Position | None) -> Iterator[tuple[list[str], list[Scalar]]]:
    """Further clauses and their values: a page is read from one stretch of the index after the other until it is full.

    Nulls, which no comparison meets, stand before all values and so in a stretch of their own.
    """
    by, sign = expression(order), "<" if query.descending else ">"
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
    """A row of ``columns`` as a document."""
    id, version, schema, body, fingerprint, apart = row
    whole = orjson.loads(str(body)) if apart is None else orjson.loads(str(body)) | orjson.loads(str(apart))
    return Document(kind, str(id), int(version), whole, int(schema), str(fingerprint or ""))  # type: ignore[call-overload]


def failed_index(kind: str, error: sqlite3.IntegrityError) -> str:
    """The name of the unique index that refused a write."""
    found = _FAILED_INDEX.search(str(error))
    if found is not None:
        return found.group(1).removeprefix(f"ix_{kind}__")
    return IDEMPOTENCY if str(error).endswith(".idempotency") else "id"


@contextmanager
def marked(connection: sqlite3.Connection, mark: Mark | None) -> Iterator[None]:
    """Writes a mark for the effect inside, which leaves nothing behind where it fails; then the mark goes as well.

    Raises ``AlreadyApplied`` when it is there.
    """
    if mark is None:
        yield
        return
    try:
        connection.execute("INSERT INTO marks VALUES (?, ?, ?, ?)", (*mark_key(mark), int(time.time() * 1000)))
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


def event_rows(events: Sequence[Event]) -> list[tuple[str, bytes]]:
    """Events as they wait to be published, for ``EVENTS``."""
    return [(orjson.dumps(event.headers()).decode(), event.data) for event in events]
