"""A journey's history as one site tells it, so that a third party can hold every line of it against a signature.

What stands in it is genuine or found out. That nothing was left out shows only when both ends' histories are held against
each other: no site can prove what it didn't show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.relay.domain.canonical import form
from services.relay.domain.envelope import Envelope

_FORM: Final = "TONGBAN-HISTORY-1"


@dataclass(frozen=True, slots=True)
class HistoryHead:
    """Whose history of what it is."""

    #: The site that tells it.
    site: str
    journey: str
    exported_at: datetime
    #: The person who exported it.
    exported_by: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An envelope, as this site kept it."""

    envelope: Envelope
    #: When this site had it durably: for one that came, its arrival.
    kept_at: datetime
    incoming: bool


@dataclass(frozen=True, slots=True)
class HistoryExported:
    """Somebody took a journey's history out of the site."""

    id: str
    journey: str
    by: str
    actor_id: str
    reason: str
    at: datetime
    #: ``file`` or ``pdf``.
    how: str
    rules: str = "P03 AG01"


@dataclass(frozen=True, slots=True)
class HistoryExport:
    """The record of it."""

    id: str
    journey: str
    by: str
    actor_id: str
    reason: str
    at: datetime
    how: str
    version: int = 0


def trailer(site: str, digest: bytes, lines: int, key_id: str) -> bytes:
    """What the telling site signs: the digest of everything before the signature's line, and how many lines that is."""
    return form(_FORM, (site, digest, lines, key_id))
