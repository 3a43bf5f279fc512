"""A complaint that is open about a journey: while it is, nothing of what crossed under it is thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """One complaint of this site; its id is the complaint's. It goes when that is closed."""

    id: str
    journey: str
    since: datetime
    version: int = 0
