"""A member of staff as papers and lists name them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Officer:
    """A member of staff as papers and lists name them."""

    id: str
    name: str
