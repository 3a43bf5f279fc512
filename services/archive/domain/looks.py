"""That somebody looked, at what and what for (rules AG01; convention 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a file, or one search for a person's files (then ``file_id`` is empty)."""

    id: str
    file_id: str
    center_id: str
    journey: str
    purpose: str
    by_id: str
    by_name: str
    at: datetime
    found: int = 0
    version: int = 0
