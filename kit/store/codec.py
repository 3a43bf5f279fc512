"""Entities to document bodies and back: frozen dataclasses, enums by value, times in milliseconds since 1970, days in
ISO 8601, bytes as base64."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Set
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from kit.clock import from_ms, to_ms
from kit.made import MadeOnce
from kit.store.port import Body

T = TypeVar("T")

#: Kept beside the body by the store, not in it.
STORE_FIELDS = ("id", "version")


def _converter() -> Converter:
    converter = Converter(unstruct_collection_overrides={Set: sorted, tuple: list}, detailed_validation=False)
    converter.register_unstructure_hook(datetime, to_ms)
    converter.register_structure_hook(datetime, lambda value, _: from_ms(int(value)))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_unstructure_hook(bytes, lambda value: b64encode(value).decode())
    converter.register_structure_hook(bytes, lambda value, _: b64decode(value))
    converter.register_unstructure_hook_factory(_of_frozen, _each_once)
    return converter


def _of_frozen(field: Any) -> bool:
    """Whether a field holds any number of frozen dataclasses, of which a change leaves most as they are."""
    part, *more = get_args(field) or (None,)
    if get_origin(field) is not tuple or more != [...] or not is_dataclass(part):
        return False
    return bool(part.__dataclass_params__.frozen)  # type: ignore[union-attr]


def _each_once(field: Any, converter: Converter) -> Callable[[Iterable[Any]], list[Any]]:
    made = MadeOnce(converter.get_unstructure_hook(get_args(field)[0]))
    return lambda parts: [made(part) for part in parts]


_CONVERTER = _converter()


class Codec:
    """Turns one entity class into bodies and back. The entity has ``id: str`` and ``version: int`` fields."""

    def __init__(self, entity: type[Any]) -> None:
        if not is_dataclass(entity):
            raise TypeError(f"{entity.__name__} is not a dataclass")
        self._entity = entity
        self._to_body, self._from_body = _functions(entity)

    def body(self, entity: Any) -> Body:
        """The body of an entity; parts of it that are the same objects as before are the same there, and nobody's to change."""
        body: Body = self._to_body(entity)
        return body

    def entity(self, id: str, version: int, body: Body) -> Any:
        """The entity of a body. Raises ``Exception`` (cattrs) when the body doesn't fit the class."""
        return self._from_body({**body, "id": id, "version": version}, self._entity)


@cache
def _functions(entity: type[Any]) -> tuple[Any, Any]:
    """Made once a class: they are compiled."""
    left_out = {name: override(omit=True) for name in STORE_FIELDS}
    to_body = make_dict_unstructure_fn(entity, _CONVERTER, **left_out)  # type: ignore[arg-type]
    return to_body, make_dict_structure_fn(entity, _CONVERTER)
