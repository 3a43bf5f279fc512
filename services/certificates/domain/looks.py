"""That somebody looked at what is on file of a person, and what for (rules AG01; convention 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
    """One look: by whom, for which application, and what was found."""

    id: str
    holder_key: str
    center_id: str
    application_id: str
    journey: str
    purpose: str
    by_id: str
    by_name: str
    at: datetime
    #: Names of what was shown.
    shown: tuple[str, ...] = ()
    version: int = 0
