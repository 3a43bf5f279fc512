"""A case as it is after a change: much is carried over, little is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from itertools import repeat
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def changed(before: T, **new: Any) -> T:
    """``dataclasses.replace`` for large classes that check nothing when they are made, in a third of its time.

    Raises ``TypeError`` for a class that does check, or has no slots; ``AttributeError`` for a field that isn't there.
    """
    kind: Any = type(before)
    names, values = _slots(kind)
    after: T = object.__new__(kind)
    any(map(object.__setattr__, repeat(after), names, values(before)))
    for name, value in new.items():
        object.__setattr__(after, name, value)
    return after


@cache
def _slots(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = tuple(field.name for field in fields(kind))
    if hasattr(kind, "__post_init__") or not hasattr(kind, "__slots__") or len(names) < 2:
        raise TypeError(f"{kind.__name__} is to be replaced, not changed")
    return names, attrgetter(*names)
