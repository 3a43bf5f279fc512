"""A record that somebody saw an applicant's full data (audit; rules AG01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Showing:
    """Who saw whose data, when and what for; written before the data are answered."""

    id: str
    crossing_id: str
    center_id: str
    shown_to_id: str
    shown_to_name: str
    purpose: str
    shown_at: datetime
    version: int = 0
