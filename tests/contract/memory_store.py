"""A Store in memory, for tests that run through thousands of lives of a site: it forgets all with its process.

Bound to the contract like the others, but for what a process leaves behind when it is killed.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import orjson

from kit.call import Idempotency
from kit.errors import NotFound, Stale
from kit.events import Event
from kit.store.pages import Position, cursor_of, each_where, order_field, parse_cursor, sort_key
from kit.store.port import (
    IDEMPOTENCY,
    AlreadyApplied,
    Body,
    Document,
    Duplicate,
    Index,
    Kind,
    Mark,
    Page,
    PendingEvent,
    Query,
    Scalar,
    Write,
)
from kit.store.steps import attempted

_Key = tuple[Any, ...]
#: Sorts behind every id.
_LAST: Final = "\U0010ffff"


class _Table:
    """One kind's documents and their indexes: sorted lists of (values…, id)."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.rows: dict[str, tuple[int, int, bytes, str]] = {}
        self.created: dict[str, str] = {}
        self.indexes: dict[str, list[_Key]] = {index.name: [] for index in kind.indexes}

    def refusing(self, id: str, body: Body) -> str:
        """The unique index that another document's keys fill already; empty: none."""
        for index in self.kind.indexes:
            if index.unique:
                key = _key(index, body)
                if all(there for there, _ in key) and self._others(index, key, id):
                    return index.name
        return ""

    def _others(self, index: Index, key: _Key, id: str) -> bool:
        rows = self.indexes[index.name]
        at = bisect.bisect_left(rows, (*key, ""))
        return any(row[-1] != id for row in rows[at : at + 2] if row[:-1] == key)

    def put(self, id: str, version: int, body: Body, fingerprint: str, schema: int) -> None:
        self.drop(id)
        self.rows[id] = (version, schema, orjson.dumps(body), fingerprint)
        for index in self.kind.indexes:
            bisect.insort(self.indexes[index.name], (*_key(index, body), id))

    def drop(self, id: str) -> None:
        before = self.rows.get(id)
        if before is None:
            return
        body = orjson.loads(before[2])
        for index in self.kind.indexes:
            rows = self.indexes[index.name]
            del rows[bisect.bisect_left(rows, (*_key(index, body), id))]

    def document(self, id: str) -> Document | None:
        row = self.rows.get(id)
        return None if row is None else Document(self.kind.name, id, row[0], orjson.loads(row[2]), row[1], row[3])

    def head(self, id: str) -> Document | None:
        found = self.document(id)
        if found is None or found.schema_version < self.kind.schema_version:
            return found
        return replace(found, body={name: each for name, each in found.body.items() if name not in self.kind.apart})


class MemoryStore:
    """Documents of one service in memory; threads share it."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._tables = {kind.name: _Table(kind) for kind in kinds}
        self._marks: dict[Mark, float] = {}
        self._numbers: dict[str, int] = {}
        self._pending: dict[int, Event] = {}
        self._positions = itertools.count(1)
        self._nudges: list[Callable[[], None]] = []
        self._lock = threading.RLock()

    def declare(self, kinds: Sequence[Kind]) -> None:
        """Opens it with other kinds: what is there stays, and gets their indexes."""
        for kind in kinds:
            before = self._tables.get(kind.name)
            table = self._tables[kind.name] = _Table(kind)
            if before is not None:
                table.created = before.created
                for id, (version, schema, body, fingerprint) in before.rows.items():
                    table.put(id, version, orjson.loads(body), fingerprint, schema)

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, kind: str, id: str) -> Document | None:
        with self._lock:
            return self._tables[kind].document(id)

    def find(self, query: Query) -> Page:
        with self._lock:
            table = self._tables[query.kind]
            index = table.kind.index(query.index)
            order_field(index, query)
            after = parse_cursor(query.cursor)
            streams = [self._select(table, index, query, where, after) for where in each_where(query.where)]
            merged = heapq.merge(*streams, key=sort_key, reverse=query.descending) if len(streams) != 1 else streams[0]
            page = list(itertools.islice(merged, query.limit + 1))
            cursor = cursor_of(page[query.limit - 1]) if len(page) > query.limit > 0 else ""
            found = [table.head(id) if query.heads else table.document(id) for _, id in page[: query.limit]]
            return Page(tuple(each for each in found if each is not None), cursor)

    @staticmethod
    def _select(
        table: _Table, index: Index, query: Query, where: dict[str, Scalar], after: Position | None
    ) -> list[Position]:
        rows = table.indexes[index.name]
        leading = tuple(_comparable(where[name]) for name in index.fields if name in where)
        least, below = query.range.least, query.range.below
        whole = len(leading) == len(index.fields)
        low: _Key = leading if whole or least is None else (*leading, _comparable(least))
        start = bisect.bisect_left(rows, low)
        stop = (
            bisect.bisect_right(rows, (*leading, _LAST) if whole else (*leading, (True, _Top())))
            if below is None or whole
            else bisect.bisect_left(rows, (*leading, _comparable(below)))
        )
        if least is None and below is not None and not whole:  # a bound meets no null
            start = max(start, bisect.bisect_left(rows, (*leading, (True,))))
        if after is not None:
            place = (*leading[: len(index.fields) - 1], _comparable(after[0]), after[1])
            if query.descending:
                stop = min(stop, bisect.bisect_left(rows, place))
            else:
                start = max(start, bisect.bisect_right(rows, place))
        chosen = rows[start:stop]
        if query.descending:
            chosen = chosen[::-1]
        return [(row[-2][1] if row[-2][0] else None, row[-1]) for row in chosen[: query.limit + 1]]

    def find_unique(self, kind: str, index: str, values: Sequence[Scalar]) -> Document | None:
        with self._lock:
            table = self._tables[kind]
            declared = table.kind.index(index)
            if not declared.unique or len(values) != len(declared.fields):
                raise KeyError(f"{kind}.{index} is not a unique index of {len(values)} fields")
            rows, key = table.indexes[index], tuple(map(_comparable, values))
            at = bisect.bisect_left(rows, (*key, ""))
            return table.document(rows[at][-1]) if at < len(rows) and rows[at][:-1] == key else None

    def find_created(self, kind: str, idempotency_key: str) -> Document | None:
        with self._lock:
            id = self._tables[kind].created.get(idempotency_key)
            return None if id is None else self._tables[kind].document(id)

    def count(self, query: Query) -> int:
        total = 0
        with self._lock:
            table = self._tables[query.kind]
            index = table.kind.index(query.index)
            order_field(index, query)
            for where in each_where(query.where):
                total += len(self._select(table, index, query, where, None)[: query.limit])
        return min(total, query.limit)

    def is_marked(self, mark: Mark) -> bool:
        return mark in self._marks

    def scan(self, kind: str) -> Iterator[Document]:
        with self._lock:
            found = [self._tables[kind].document(id) for id in sorted(self._tables[kind].rows)]
        yield from (each for each in found if each is not None)

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
        with self._lock:
            table = self._tables[kind]
            self._require_unmarked(mark)
            if idempotency is not None and idempotency.key in table.created:
                raise Duplicate(kind, IDEMPOTENCY)
            refusing = "id" if id in table.rows else table.refusing(id, body)
            if refusing:
                raise Duplicate(kind, refusing)
            fingerprint = idempotency.fingerprint if idempotency else ""
            table.put(id, 1, body, fingerprint, table.kind.schema_version)
            if idempotency is not None:
                table.created[idempotency.key] = id
            self._written(events, mark)
        self._nudge(events)
        return Document(kind, id, 1, body, table.kind.schema_version, fingerprint)

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], *, durable: bool = True) -> None:
        with self._lock:
            table = self._tables[kind]
            for id, body in documents:
                refusing = "id" if id in table.rows else table.refusing(id, body)
                if refusing:
                    raise Duplicate(kind, refusing, id)
                table.put(id, 1, body, "", table.kind.schema_version)

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
        with self._lock:
            table = self._tables[kind]
            self._require_unmarked(mark)
            row = table.rows.get(id)
            if row is None:
                raise NotFound(f"{kind}_not_found", "没有找到该记录，请核对编号。", id=id)
            if row[0] != version:
                raise Stale("stale_version", "记录已被他人更新，请刷新后重试。", id=id)
            refusing = table.refusing(id, body)
            if refusing:
                raise Duplicate(kind, refusing)
            table.put(id, version + 1, body, row[3], table.kind.schema_version)
            self._written(events, mark)
        self._nudge(events)
        return Document(kind, id, version + 1, body, table.kind.schema_version)

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        return [attempted(self, write) for write in writes]

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        with self._lock:
            table = self._tables[kind]
            for id, version in documents:
                if (row := table.rows.get(id)) is not None and row[0] == version:
                    table.drop(id)
                    del table.rows[id]
                    table.created = {key: made for key, made in table.created.items() if made != id}

    def forget_marks(self, group: str, before: datetime, limit: int) -> int:
        with self._lock:
            old = [each for each, at in self._marks.items() if each.group == group and at < before.timestamp()][:limit]
            for each in old:
                del self._marks[each]
            return len(old)

    def next_number(self, name: str) -> int:
        with self._lock:
            self._numbers[name] = self._numbers.get(name, 0) + 1
            return self._numbers[name]

    def _require_unmarked(self, mark: Mark | None) -> None:
        if mark is not None and mark in self._marks:
            raise AlreadyApplied(mark)

    def _written(self, events: Sequence[Event], mark: Mark | None) -> None:
        if mark is not None:
            self._marks[mark] = time.time()
        for event in events:
            self._pending[next(self._positions)] = event

    def _nudge(self, events: Sequence[Event]) -> None:
        if events:
            for nudge in self._nudges:
                nudge()

    # ── Outbox ───────────────────────────────────────────────────────────────────────────────────────────────

    def pending(self, limit: int) -> Sequence[PendingEvent]:
        with self._lock:
            return [PendingEvent(at, event) for at, event in itertools.islice(self._pending.items(), limit)]

    def published(self, events: Sequence[PendingEvent]) -> None:
        with self._lock:
            for each in events:
                self._pending.pop(each.position, None)

    def pending_depth(self) -> int:
        return len(self._pending)

    def listen(self, nudge: Callable[[], None]) -> None:
        self._nudges.append(nudge)

    def ping(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to let go."""


class _Top:
    """Is behind every value."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True


def _comparable(value: Scalar) -> tuple[Any, ...]:
    return (False, 0) if value is None else (True, value)


def _key(index: Index, body: Body) -> _Key:
    return tuple(_comparable(_value(body, name)) for name in index.fields)


def _value(body: Body, path: str) -> Scalar:
    found: Any = body
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str | int) else None
