"""What stands behind a paper that an authority issued."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who said that it is valid, when, and a digest (SHA-256, hex) of what was said.

    ``source``: the library outside, or empty: this center's own register. ``reference``: the number of its answer, or of
    the case that gave it.
    """

    source: str
    reference: str
    sha256: str
    said_at: datetime


def of_register(reference: str, entry: tuple[str, ...], now: datetime) -> Evidence:
    """What this center's register says now; whoever has the entry's parts can make the digest again."""
    return Evidence("", reference, hashlib.sha256("\n".join(entry).encode()).hexdigest(), now)
