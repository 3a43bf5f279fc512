"""Rows of the embedded store: tables and indexes of a kind, conditions, cursors, marks and pending events."""

from __future__ import annotations

import re
import sqlite3
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence

import orjson

from kit.errors import Invalid
from kit.events import Event
from kit.store.port import IDEMPOTENCY, AlreadyApplied, Document, Index, Kind, Mark, Query, Scalar

SCHEMA = """
CREATE TABLE IF NOT EXISTS pending (
  position INTEGER PRIMARY KEY AUTOINCREMENT, headers TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS marks (
  grp TEXT NOT NULL, event_id TEXT NOT NULL, part TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (grp, event_id, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
COLUMNS = "id, version, schema, body, fingerprint"

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
    wanted = {}
    for index in kind.indexes:
        if not _NAME.fullmatch(index.name) or not all(_FIELD.fullmatch(name) for name in index.fields):
            raise ValueError(f"{kind.name}.{index.name} has a name that is no identifier")
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


def expression(name: str) -> str:
    """The SQL expression of a field of the body."""
    return f"json_extract(body, '$.{name}')"


def order_field(index: Index, query: Query) -> str:
    """The field that a query is ordered by: the index's last. Raises ``KeyError`` on an undeclared shape."""
    leading, last = index.fields[:-1], index.fields[-1]
    given = set(query.where)
    if given - set(index.fields) or set(leading) - given:
        raise KeyError(f"{query.kind}.{index.name} is over {index.fields}, not {tuple(query.where)}")
    return last


def with_one(where: Mapping[str, Scalar | tuple[Scalar, ...]], one: Scalar) -> dict[str, Scalar]:
    """The conditions with one of the values where several were given."""
    return {name: (one if isinstance(given, tuple) else given) for name, given in where.items()}


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


def document_of(kind: str, row: Sequence[object]) -> Document:
    """A row of ``COLUMNS`` as a document."""
    id, version, schema, body, fingerprint = row
    return Document(kind, str(id), int(version), orjson.loads(str(body)), int(schema), str(fingerprint or ""))  # type: ignore[call-overload]


#: A column's whole numbers end here.
_INT64 = 2**63


def cursor_of(position: tuple[object, str]) -> str:
    """Where a page ended: the value of the order field and the id."""
    return urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def parse_cursor(cursor: str) -> tuple[Scalar, str] | None:
    """Where to go on. Raises ``Invalid`` (``cursor_invalid``) on a made-up one."""
    if not cursor:
        return None
    try:
        value, id = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(id, str) or not isinstance(value, str | int | None):
            raise ValueError
        if isinstance(value, int) and not -_INT64 <= value < _INT64:
            raise ValueError
    except (ValueError, TypeError) as error:
        raise Invalid("cursor_invalid", "翻页标记（cursor）无效，请从第一页重新查询。") from error
    return value, id


def failed_index(kind: str, error: sqlite3.IntegrityError) -> str:
    """The name of the unique index that refused a write."""
    found = _FAILED_INDEX.search(str(error))
    if found is not None:
        return found.group(1).removeprefix(f"ix_{kind}__")
    return IDEMPOTENCY if str(error).endswith(".idempotency") else "id"


def write_mark(connection: sqlite3.Connection, mark: Mark | None) -> None:
    """Writes a mark. Raises ``AlreadyApplied`` when it is there."""
    if mark is None:
        return
    try:
        connection.execute("INSERT INTO marks VALUES (?, ?, ?, ?)", (*mark_key(mark), int(time.time() * 1000)))
    except sqlite3.IntegrityError as error:
        raise AlreadyApplied(mark) from error


def mark_key(mark: Mark) -> tuple[str, str, str]:
    """A mark as the key of its row."""
    return mark.group, mark.event_id, mark.part


def write_events(connection: sqlite3.Connection, events: Sequence[Event]) -> None:
    """Adds events to those that wait to be published."""
    connection.executemany(
        "INSERT INTO pending (headers, data) VALUES (?, ?)",
        [(orjson.dumps(event.headers()).decode(), event.data) for event in events],
    )
