"""A document as it is after a change: much is carried over, little is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from itertools import repeat
from operator import attrgetter, call
from types import MemberDescriptorType
from typing import Any, TypeVar

T = TypeVar("T")


def changed(before: T, **new: Any) -> T:
    """``dataclasses.replace`` for large classes that check nothing when they are made, in a fraction of its time.

    Raises ``TypeError`` for a class that does check, or has no slots; ``KeyError`` for a field that isn't there.
    """
    kind: Any = type(before)
    carried = _carried(kind)
    if carried is None:
        raise TypeError(f"{kind.__name__} is to be replaced, not changed")
    values, setters, by_name = carried
    after: T = object.__new__(kind)
    any(map(call, setters, repeat(after), values(before)))
    for name, value in new.items():
        by_name[name](after, value)
    return after


def versioned(before: T, version: int) -> T:
    """The same document with another version."""
    kind: Any = type(before)
    if _carried(kind) is None:
        return replace(before, version=version)  # type: ignore[type-var]
    return changed(before, version=version)


_Setter = Callable[[Any, Any], None]


@cache
def _carried(
    kind: type[Any],
) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[_Setter, ...], dict[str, _Setter]] | None:
    """How a class's fields are read and set, past its being frozen; None: it is to be made anew."""
    names = tuple(field.name for field in fields(kind))
    slots = [getattr(kind, name, None) for name in names]
    if hasattr(kind, "__post_init__") or len(names) < 2:
        return None
    setters = tuple(slot.__set__ for slot in slots if isinstance(slot, MemberDescriptorType))
    if len(setters) < len(names):
        return None
    return attrgetter(*names), setters, dict(zip(names, setters, strict=True))
