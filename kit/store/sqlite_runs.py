"""Many rows with few statements, for writes that come together.

Each statement lets the other threads of the process in, and waits until they let it in again: with a row a statement,
a hundred writes wait longer than they work.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from kit.store.port import Append, Document, Save, Write
from kit.store.sqlite_rows import EVENTS, Rows, event_rows, mark_row

R = TypeVar("R", bound=Sequence[Any])
T = TypeVar("T")

#: Rows of one statement: few sizes, so that each is compiled once.
_SIZES: Final = (64, 16, 4, 1)


#: Several writes, carried out as one; raises ``NotAll`` or ``sqlite3.IntegrityError`` where one is refused.
AtOnce = Callable[[sqlite3.Connection], Sequence[Document | None]]


class NotAll(Exception):
    """Some of the rows can't be written, so none of them was."""


@contextmanager
def all_or_none(connection: sqlite3.Connection) -> Iterator[None]:
    """What is done inside is undone where a row is refused. Raises ``NotAll`` then."""
    connection.execute("SAVEPOINT rows")
    try:
        yield
    except (NotAll, sqlite3.IntegrityError) as error:
        connection.execute("ROLLBACK TO rows")
        connection.execute("RELEASE rows")
        raise NotAll from error
    connection.execute("RELEASE rows")


def attempted(work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T | Exception:
    """What a write answers, or is refused with. Raises ``sqlite3.Error`` where the database fails."""
    try:
        return work(connection)
    except sqlite3.Error:
        raise
    except Exception as refused:
        return refused


def at_once(rows: Rows, writes: Sequence[Write]) -> AtOnce:
    """Writes of one kind, all of them appends or all of them saves, as one."""
    saves = [each for each in writes if isinstance(each, Save)]
    if not saves:
        documents = [document for each in writes if isinstance(each, Append) for document in each.documents]
        into, new = rows.new(documents)

        def add(connection: sqlite3.Connection) -> Sequence[None]:
            insert(connection, into, new)
            return [None] * len(writes)

        return add
    kind, schema = rows.kind.name, rows.kind.schema_version
    marks = [mark_row(each.mark) for each in saves if each.mark is not None]
    held = [(each.id, each.version, rows.held(each.body)) for each in saves]
    events = [row for each in saves for row in event_rows(each.events)]
    bodies = len(rows.written) - len(rows.indexed)

    def change(connection: sqlite3.Connection) -> Sequence[Document]:
        insert(connection, "marks", marks)
        moved = _changed(connection, rows, [(id, values[bodies:]) for id, _, values in held])
        places = [*range(bodies), *(bodies + place for place in moved)]
        columns = ("schema", *(rows.written[place] for place in places))
        changed = [(id, version, schema, *(values[place] for place in places)) for id, version, values in held]
        replace(connection, rows.table, columns, changed)
        insert(connection, EVENTS, events)
        return [Document(kind, each.id, each.version + 1, each.body, schema) for each in saves]

    return change


def _changed(connection: sqlite3.Connection, rows: Rows, values: Sequence[tuple[str, Sequence[Any]]]) -> list[int]:
    """Which of the indexed columns any of these documents changes: no other index is written. Raises ``NotAll``."""
    there: dict[str, list[Any]] = {}
    for some in _stretches(values) if rows.indexed else ():
        asked = f"SELECT id, {', '.join(rows.indexed)} FROM {rows.table} WHERE id IN ({', '.join('?' * len(some))})"  # noqa: S608
        there |= {id: found for id, *found in connection.execute(asked, [id for id, _ in some])}
        if not all(id in there for id, _ in some):
            raise NotAll
    return [place for place in range(len(rows.indexed)) if any(new[place] != there[id][place] for id, new in values)]


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[Sequence[Any]]) -> None:
    """Adds rows in their order; ``into``: the table with its columns. Raises ``sqlite3.IntegrityError``: some may be there."""
    for some in _stretches(rows):
        connection.execute(f"INSERT INTO {into} VALUES {_places(some)}", _flat(some))  # noqa: S608


def replace(connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rewrites rows, each (id, the version that it has, values of ``columns``), with the next version.

    Raises ``NotAll`` where one isn't there, has another version, or comes twice; ``sqlite3.IntegrityError``.
    """
    changes = ", ".join(f"{name} = new.column{number}" for number, name in enumerate(columns, 3))
    for some in _stretches(rows):
        done = connection.execute(
            f"UPDATE {table} SET version = new.column2 + 1, {changes} FROM (VALUES {_places(some)}) AS new "  # noqa: S608
            f"WHERE {table}.id = new.column1 AND {table}.version = new.column2",
            _flat(some),
        )
        if done.rowcount != len(some):
            raise NotAll


def _stretches(rows: Sequence[R]) -> Iterator[Sequence[R]]:
    begin = 0
    while begin < len(rows):
        size = next(each for each in _SIZES if each <= len(rows) - begin)
        yield rows[begin : begin + size]
        begin += size


def _places(rows: Sequence[Sequence[Any]]) -> str:
    row = f"({', '.join('?' * len(rows[0]))})"
    return ", ".join([row] * len(rows))


def _flat(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [value for row in rows for value in row]
