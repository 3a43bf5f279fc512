"""What every adapter's pages have in common: the shape of a query, and the cursor that goes on after a page."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping

import orjson

from kit.errors import Invalid
from kit.store.port import Index, Query, Scalar

#: Where a page ended: the value of the order field, and the id.
Position = tuple[Scalar, str]

#: A column's whole numbers end here.
_INT64 = 2**63


def order_field(index: Index, query: Query) -> str:
    """The field that a query is ordered by: the index's last. Raises ``KeyError`` on an undeclared shape."""
    leading, last = index.fields[:-1], index.fields[-1]
    given = set(query.where)
    if given - set(index.fields) or set(leading) - given:
        raise KeyError(f"{query.kind}.{index.name} is over {index.fields}, not {tuple(query.where)}")
    return last


def each_where(where: Mapping[str, Scalar | tuple[Scalar, ...]]) -> Iterator[dict[str, Scalar]]:
    """The conditions once for each value where several were given; each is read by itself.

    Raises ``KeyError`` where several fields have several.
    """
    single: dict[str, Scalar] = {name: value for name, value in where.items() if not isinstance(value, tuple)}
    if len(single) == len(where):
        yield single
        return
    many = [(name, value) for name, value in where.items() if isinstance(value, tuple)]
    if len(many) > 1:
        raise KeyError("only one field of a query may have several values")
    for name, values in many:
        yield from (single | {name: value} for value in values)


def sort_key(position: Position) -> tuple[bool, Scalar, str]:
    """Orders positions as the databases do: null before every value."""
    value, id = position
    return value is not None, value, id


def cursor_of(position: Position) -> str:
    """Where a page ended: the value of the order field and the id."""
    return urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def parse_cursor(cursor: str) -> Position | None:
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
