"""What a site above has set for this one (上级标准), which no center here can undo (rules AB01, ZZ; facts 3).

Federation receives them by letter; catalog keeps to them: settings under the root's own, calendars around all of a
center's, items by their basic code. What the site above left open is the centers' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kit.errors import Conflict

ITEM, POLICY, CALENDAR = "item", "policy", "calendar"


@dataclass(frozen=True, slots=True)
class Standard:
    """One standard as it came; ``local`` is what this site as a whole set in the open fields."""

    id: str
    kind: str
    key: str
    issued_by: str
    number: int
    content: dict[str, Any]
    open: tuple[str, ...]
    local: dict[str, Any]
    effective_from: datetime
    withdrawn: bool = False
    #: Whether it holds; it does from ``effective_from`` on.
    in_force: bool = False
    version: int = 0

    @property
    def effective(self) -> dict[str, Any]:
        """What holds, where no center may or does say otherwise."""
        return {**self.content, **self.local}

    @property
    def fixed(self) -> dict[str, Any]:
        """What no center may say otherwise."""
        return {name: value for name, value in self.content.items() if name not in self.open}


@dataclass(frozen=True, slots=True)
class Above:
    """Everything of one kind that sites above have set."""

    standards: tuple[Standard, ...] = ()
    #: Values by name, and who set them.
    effective: dict[str, Any] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    issued_by: str = ""

    @classmethod
    def of(cls, standards: Iterable[Standard]) -> Above:
        """What these say together; of two that name one field, the one of the higher site's wins."""
        ordered = tuple(sorted(standards, key=lambda each: (each.issued_by, each.id), reverse=True))
        effective: dict[str, Any] = {}
        fixed: dict[str, Any] = {}
        for each in ordered:
            effective |= each.effective
            fixed |= each.fixed
        return cls(ordered, {**effective, **fixed}, fixed, ordered[-1].issued_by if ordered else "")

    def require_open(self, names: Iterable[str]) -> None:
        """Raises ``Conflict`` (``fixed_by_parent``) when one of these is set above."""
        refuse_fixed(sorted(set(names) & set(self.fixed)), self.issued_by)


def refuse_fixed(names: Sequence[str], issued_by: str) -> None:
    """Raises ``Conflict`` (``fixed_by_parent``) when there are any."""
    if names:
        raise Conflict(
            "fixed_by_parent",
            f"以下内容由上级统一规定，不能修改：{'、'.join(names)}。",
            fields=",".join(names),
            issued_by=issued_by,
        )


def departures(said: Mapping[str, Any], standard: Standard) -> Iterator[str]:
    """The names of fixed fields in which an item's guide says something else than its standard."""
    for name, wanted in standard.fixed.items():
        if name not in said or not _agrees(said[name], wanted):
            yield name


def _agrees(said: Any, wanted: Any) -> bool:
    """Whether what is said is what is wanted; of an object only the wanted fields are looked at."""
    if isinstance(wanted, Mapping):
        return isinstance(said, Mapping) and all(_agrees(said.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list | tuple):
        if not isinstance(said, list | tuple) or len(said) != len(wanted):
            return False
        return all(_agrees(one, other) for one, other in zip(said, wanted, strict=True))
    return bool(said == wanted)
