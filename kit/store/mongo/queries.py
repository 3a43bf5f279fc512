"""Reading by declared indexes: every query names the index that answers it, so that no other way is ever taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kit.store.mongo.documents import value_at
from kit.store.mongo.indexes import VALUE, index_name
from kit.store.pages import Position, order_field
from kit.store.port import Document, Index, Query, Scalar

#: Conditions of each field, by operator.
_Conditions = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Segment:
    """A stretch of one index, read in its order: a page is made of one, or of several that follow each other."""

    filter: dict[str, Any]
    sort: list[tuple[str, int]]
    hint: str


def segments(query: Query, index: Index, where: dict[str, Scalar], after: Position | None) -> Iterator[Segment]:
    """The stretches that a page is read from, one after the other until it is full."""
    order = f"body.{order_field(index, query)}"
    base = conditions(query, index, where)
    way = -1 if query.descending else 1
    beyond = "$lt" if query.descending else "$gt"

    def segment(more: _Conditions) -> Segment:
        merged = {name: base.get(name, {}) | more.get(name, {}) for name in (*base, *(more.keys() - base.keys()))}
        by = [(order, way)] if index.unique else [(order, way), ("_id", way)]
        return Segment(_filter(query.kind, merged), by, index_name(query.kind, index.name))

    if after is None:
        yield segment({})
        return
    value, id = after
    if not index.unique:
        # First those of the same value, behind the id: two stretches, each with bounds of its own.
        yield segment({order: {"$eq": value}, "_id": {beyond: f"{query.kind}/{id}"}})
    if order in base and "$eq" in base[order]:
        return
    if value is not None:
        yield segment({order: {beyond: value}})
        if query.descending and not base.get(order):
            yield segment({order: {"$eq": None}})  # nulls come before all values, so here they are the last
    elif not query.descending:
        yield segment({order: {"$ne": None}})


def conditions(query: Query, index: Index, where: dict[str, Scalar]) -> _Conditions:
    """The bounds of a query, by field."""
    found: _Conditions = {}
    if index.unique:
        found = {f"body.{name}": dict(VALUE) for name in index.fields}
    for name, value in where.items():
        found.setdefault(f"body.{name}", {})["$eq"] = value
    order = f"body.{order_field(index, query)}"
    if query.range.least is not None:
        found.setdefault(order, {})["$gte"] = query.range.least
    if query.range.below is not None:
        found.setdefault(order, {})["$lt"] = query.range.below
    return found


def counting(query: Query, index: Index, where: dict[str, Scalar]) -> dict[str, Any]:
    """The filter of a count."""
    return _filter(query.kind, conditions(query, index, where))


def unique_filter(kind: str, index: Index, values: Sequence[Scalar]) -> dict[str, Any]:
    """The filter of the one document with this unique key. Raises ``KeyError`` where it is none."""
    if not index.unique or len(values) != len(index.fields):
        raise KeyError(f"{kind}.{index.name} is not a unique index of {len(values)} fields")
    found = {f"body.{name}": {"$eq": value, **VALUE} for name, value in zip(index.fields, values, strict=True)}
    return _filter(kind, found)


def _filter(kind: str, found: _Conditions) -> dict[str, Any]:
    return {"kind": kind} | found


def position_of(document: Document, index: Index) -> Position:
    """Where a document stands in the order of an index."""
    return value_at(document.body, index.fields[-1]), document.id


#: Documents that a scan reads at a time.
SCAN_PAGE: Final = 500
