"""That a material was taken from what is on file, as it was then (国办函〔2016〕108号)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Reuse:
    """A paper on file that stands for a material: as it was when it was taken. ``trust`` is A to D."""

    holding_id: str
    name: str
    trust: str
    number: str
    issuer: str
    #: Its last day; None: without an end.
    valid_until: date | None
    #: The case or application that it came from.
    case_number: str
    reused_at: datetime
    #: Whoever chose it at the window, by name; empty: the applicant.
    reused_by_name: str = ""
    #: It doesn't count before a window has seen its original.
    needs_original: bool = False
    #: SHA-256 (hex) of its files.
    sha256: tuple[str, ...] = ()
    #: Why it holds no more, and since when that is known.
    end_reason: str = ""
    ended_at: datetime | None = None
