"""What this site says to another, before relay signs it, and what it answers to another's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.federation.domain.agreement import Sealing


@dataclass(frozen=True, slots=True)
class File:
    """A file that travels beside a letter: SHA-256 (hex), name, true media type, size in bytes."""

    sha256: str
    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class OutgoingLetter:
    """A letter to another site; relay adds origin, key and signature. Its id is that of the event that tells of it."""

    #: UUIDv7.
    id: str
    destination: str
    #: E.g. ``crossing.submitted``.
    type: str
    journey: str
    payload: bytes = field(repr=False)
    created_at: datetime
    in_reply_to: str = ""
    #: After it nobody delivers the letter; ``None``: never.
    expires_at: datetime | None = None
    files: tuple[File, ...] = ()
    type_version: int = 1
    #: What was agreed on of its files; ``None``: as the site has set.
    sealing: Sealing | None = None


@dataclass(frozen=True, slots=True)
class IncomingLetter:
    """Another site's letter, verified by relay and for this site."""

    id: str
    origin: str
    type: str
    type_version: int
    journey: str
    payload: bytes = field(repr=False)
    created_at: datetime
    in_reply_to: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter in a history: what both ends have alike, and how it was settled as far as this end knows."""

    id: str
    type: str
    origin: str
    created_at: datetime
    #: SHA-256 of the payload, hex.
    digest: str
    #: delivered, read, acted_on, refused, expired or set_aside; empty: nothing is known.
    settlement: str = ""
    code: str = ""


def line_of(letter: OutgoingLetter, site: str) -> LetterLine:
    """The line of a letter that this site writes."""
    digest = hashlib.sha256(letter.payload).hexdigest()
    return LetterLine(letter.id, letter.type, site, letter.created_at, digest)


def line_of_arrived(letter: IncomingLetter) -> LetterLine:
    """The line of a letter that came."""
    digest = hashlib.sha256(letter.payload).hexdigest()
    return LetterLine(letter.id, letter.type, letter.origin, letter.created_at, digest)


def with_line(lines: tuple[LetterLine, ...], line: LetterLine) -> tuple[LetterLine, ...]:
    """The history with a letter, once, in the order that both ends have alike: of writing, then of ids."""
    if any(each.id == line.id for each in lines):
        return lines
    return tuple(sorted((*lines, line), key=lambda each: (each.created_at, each.id)))


#: How far a letter has come, in this order; none goes back to an earlier one.
_RANKS = {"": 0, "delivered": 1, "read": 2, "acted_on": 3, "expired": 3, "set_aside": 3, "refused": 3}


def settled(lines: tuple[LetterLine, ...], letter_id: str, settlement: str, code: str) -> tuple[LetterLine, ...]:
    """The history with what became of one letter; what is further already, stays."""
    return tuple(
        replace(each, settlement=settlement, code=code)
        if each.id == letter_id and _RANKS.get(settlement, 0) > _RANKS.get(each.settlement, 0)
        else each
        for each in lines
    )


@dataclass(frozen=True, slots=True)
class LetterPosted:
    """A letter to another site, for relay to carry."""

    letter: OutgoingLetter
    rules: str = "rules P03"

    @property
    def event_id(self) -> str:
        """The event's id is the letter's, so that a repeated event is the same letter."""
        return self.letter.id


@dataclass(frozen=True, slots=True)
class LetterAnswered:
    """What became of another site's letter here."""

    letter_id: str
    origin: str
    journey: str
    #: read, acted_on or refused.
    settlement: str
    at: datetime
    code: str = ""
    note: str = ""
    by_name: str = ""
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class RefusedLetter:
    """A letter that this site couldn't use, kept so that somebody can see why; its id is the letter's."""

    id: str
    origin: str
    type: str
    journey: str
    code: str
    message: str
    created_at: datetime
    refused_at: datetime
    version: int = 0
