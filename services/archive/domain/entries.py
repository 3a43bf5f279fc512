"""The contents list (卷内目录): lines in order, each sealed with the one before; none is ever changed (rules J01)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final


class EntryKind(StrEnum):
    """What a line is."""

    MATERIAL = "material"
    PAPER = "paper"
    RECORD = "record"
    DECISION = "decision"
    RESULT = "result"
    MESSAGE = "message"


class Origin(StrEnum):
    """Where the content of a line is until it is kept here."""

    #: In the line itself.
    TEXT = "text"
    #: An uploaded file of intake's; ``ref`` is its SHA-256.
    UPLOAD = "upload"
    #: A paper of intake's; ``ref`` is its id.
    PAPER = "paper"
    #: The decision of approval_routing.
    DECISION = "decision"
    #: A notice about a clock of approval_routing; ``ref`` is its number.
    NOTICE = "notice"
    #: The result's certificate, of approval_routing.
    RESULT = "result"
    #: The delivery slip, of approval_routing.
    SLIP = "slip"


#: Lines whose content has an address before it is fetched.
_ADDRESSED: Final = (Origin.TEXT, Origin.UPLOAD)
TEXT_TYPE: Final = "text/plain"
PDF_TYPE: Final = "application/pdf"


@dataclass(frozen=True, slots=True)
class Draft:
    """A line to be added. ``key`` tells it from what is there: the same key is added once."""

    key: str
    kind: EntryKind
    title: str
    at: datetime
    origin: Origin
    ref: str = ""
    by_name: str = ""
    text: str = field(default="", repr=False)
    filename: str = ""
    media_type: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A line. ``chain`` covers it and all before it. ``sha256`` is empty until its paper is kept (``Kept``)."""

    number: int
    key: str
    kind: EntryKind
    title: str
    at: datetime
    origin: Origin
    event_id: str
    event_type: str
    chain: str
    ref: str = ""
    by_name: str = ""
    text: str = field(default="", repr=False)
    filename: str = ""
    media_type: str = ""
    sha256: str = ""
    size: int = 0
    supplement: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """The content of a line as it is kept here. ``pages``: 0 where it isn't known."""

    number: int
    sha256: str
    size: int
    media_type: str
    pages: int = 0


def appended(
    entries: tuple[Entry, ...],
    drafts: Iterable[Draft],
    *,
    event_id: str,
    event_type: str,
    supplement: bool,
) -> tuple[Entry, ...]:
    """The list with these lines behind it; those whose key is there already are passed over."""
    known = {entry.key for entry in entries}
    found = list(entries)
    for draft in drafts:
        if draft.key in known:
            continue
        known.add(draft.key)
        text = draft.text.encode()
        line = Entry(
            number=len(found) + 1,
            key=draft.key,
            kind=draft.kind,
            title=draft.title,
            at=draft.at,
            origin=draft.origin,
            event_id=event_id,
            event_type=event_type,
            chain="",
            ref=draft.ref,
            by_name=draft.by_name,
            text=draft.text,
            filename=draft.filename,
            media_type=TEXT_TYPE if draft.origin is Origin.TEXT else draft.media_type,
            sha256=_address(draft),
            size=len(text) if draft.origin is Origin.TEXT else draft.size,
            supplement=supplement,
        )
        found.append(_sealed(line, found[-1].chain if found else ""))
    return tuple(found)


def in_ms(at: datetime) -> int:
    """Milliseconds since 1970, as they stand in what is hashed."""
    return round(at.timestamp() * 1000)


def head_of(entries: tuple[Entry, ...], upto: int) -> str:
    """The hash over the first ``upto`` lines; of none, empty."""
    return entries[upto - 1].chain if upto else ""


def contents_of(kept: Iterable[tuple[int, str]]) -> str:
    """The hash over the contents of some lines: (number, SHA-256) of each, in order."""
    text = "".join(f"{number} {sha256}\n" for number, sha256 in sorted(kept))
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(entries: tuple[Entry, ...]) -> int:
    """The number of the first line that doesn't agree with its hash; 0: all do."""
    before = ""
    for entry in entries:
        if _sealed(entry, before).chain != entry.chain:
            return entry.number
        before = entry.chain
    return 0


def _address(draft: Draft) -> str:
    if draft.origin not in _ADDRESSED:
        return ""
    return draft.ref if draft.origin is Origin.UPLOAD else hashlib.sha256(draft.text.encode()).hexdigest()


def _sealed(entry: Entry, before: str) -> Entry:
    said = [
        before, entry.number, entry.key, entry.kind.value, entry.title, in_ms(entry.at), entry.origin.value, entry.ref,
        entry.event_id, entry.event_type, entry.by_name, entry.filename, entry.media_type, entry.sha256, entry.size,
        entry.supplement, entry.text,
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
    return replace(entry, chain=digest)
