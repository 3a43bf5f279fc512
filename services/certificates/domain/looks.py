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
    #: The library outside that was asked, for which types of certificates; empty: what is on file here was looked at.
    library: str = ""
    types: tuple[str, ...] = ()
    #: The number of its answer, or the code of why there was none; empty: it was asked and nothing is known to have come.
    outcome: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """That a library outside has said what it has of a type; until ``fresh_until`` it isn't asked for that again."""

    id: str
    center_id: str
    library: str
    holder_key: str
    certificate_type: str
    asked_at: datetime
    fresh_until: datetime
    version: int = 0
