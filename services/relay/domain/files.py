"""What is known of a letter's file on one link: offered to the neighbour, or wanted from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

#: How often a file may turn out to be another than its letter says before it is refused for good. Our own choice.
ATTEMPTS: Final = 3


class Wish(StrEnum):
    """What whoever posts a letter has agreed on with the other end of its files."""

    #: Nothing: as this site has set.
    NONE = "none"
    WHERE_POSSIBLE = "where_possible"
    REQUIRED = "required"


class Way(StrEnum):
    """Which way a file goes on a link."""

    #: The neighbour may ask for it.
    OUT = "out"
    #: We ask the neighbour for it.
    IN = "in"


class FileState(StrEnum):
    """How far a file has come."""

    #: Ours to give: it is here.
    OFFERED = "offered"
    #: Some of it, or nothing, is here.
    WANTED = "wanted"
    #: All of it is here, and it is what its letter says.
    COMPLETE = "complete"
    #: It won't be asked for any more: see its code.
    REFUSED = "refused"
    #: The neighbour has got all of it, or this site has opened it: it is there only to be asked for again.
    SETTLED = "settled"


def file_id(link: str, way: Way, sha256: str) -> str:
    """The identity of a file on a link."""
    return f"{link}/{way}/{sha256}"


@dataclass(frozen=True, slots=True)
class LinkFile:
    """A file on one link."""

    id: str
    link: str
    way: Way
    #: Of what travels, hex.
    sha256: str
    #: Of what travels, in bytes.
    size: int
    state: FileState
    #: When it came to that; orders those that are wanted, and tells what is kept long enough.
    since: datetime
    #: How often another file came in its place.
    failures: int = 0
    #: Why it was refused.
    code: str = ""
    version: int = 0

    @classmethod
    def offered(cls, link: str, sha256: str, size: int, now: datetime) -> LinkFile:
        """A file that the neighbour may ask for from now on."""
        return cls(file_id(link, Way.OUT, sha256), link, Way.OUT, sha256, size, FileState.OFFERED, now)

    @classmethod
    def wanted(cls, link: str, sha256: str, size: int, now: datetime) -> LinkFile:
        """A file that the neighbour is asked for."""
        return cls(file_id(link, Way.IN, sha256), link, Way.IN, sha256, size, FileState.WANTED, now)

    def offered_again(self, now: datetime) -> LinkFile:
        """Another letter names it."""
        return replace(self, state=FileState.OFFERED, since=now)

    def completed(self, now: datetime) -> LinkFile:
        """All of it is here."""
        return replace(self, state=FileState.COMPLETE, since=now, code="")

    def settled(self, now: datetime) -> LinkFile:
        """It did what it was there for."""
        return replace(self, state=FileState.SETTLED, since=now)

    def wanted_again(self, now: datetime) -> LinkFile:
        """It was here, and no letter referred to it any more."""
        return replace(self, state=FileState.WANTED, since=now)

    def damaged(self, code: str, now: datetime) -> LinkFile:
        """What came is another file: asked for anew behind the others, and after ``ATTEMPTS`` no more."""
        failures = self.failures + 1
        state = FileState.REFUSED if failures >= ATTEMPTS else FileState.WANTED
        return replace(self, failures=failures, state=state, code=code, since=now)
