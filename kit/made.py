"""What was made of an object, kept for when the same object comes again: of a document's parts a change makes few anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")

#: Objects that are held with what was made of them; past that all are let go.
_MOST: Final = 2048


class MadeOnce(Generic[A, R]):
    """Calls ``make`` once an object, not once an equal one: for what nobody changes, neither the object nor what is made of it.

    Safe for threads; two of them may make the same at the same time.
    """

    def __init__(self, make: Callable[[A], R], most: int = _MOST) -> None:
        self._make = make
        self._most = most
        #: The object itself beside what was made of it: while it is held, no other has its id.
        self._made: dict[int, tuple[A, R]] = {}

    def __call__(self, of: A) -> R:
        """What is made of an object. Raises what making it raises."""
        kept = self._made.get(id(of))
        if kept is not None:
            return kept[1]
        made = self._make(of)
        if len(self._made) >= self._most:
            self._made.clear()
        self._made[id(of)] = (of, made)
        return made
