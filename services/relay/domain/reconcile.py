"""Reconciling (核对): both ends compare what they have of a link, and the report of it is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.workdays import local_date, local_instant
from services.relay.domain.files import Way

#: Differences that a report names; the others are counted. Our own choice.
MAX_DIFFERENCES: Final = 100
#: When a night's comparing begins, after midnight in China, and over how long the links' turns are spread. Our own choice.
_NIGHT: Final = timedelta(hours=2)
_SPREAD: Final = timedelta(hours=2)


class Difference(StrEnum):
    """What differs at one number."""

    #: The other end has what this one has not, and it was fetched.
    FETCHED = "fetched"
    #: The other end has what this one has not.
    MISSING_HERE = "missing_here"
    #: This end has what the other has not; while the link works, it is on its way.
    MISSING_THERE = "missing_there"
    #: Both have something, and not the same.
    DIFFERENT = "different"
    #: Both had something else; this end took its own earlier word back from the other.
    ADOPTED = "adopted"
    #: What this end keeps isn't what was signed any more.
    DAMAGED_HERE = "damaged_here"


class ReportState(StrEnum):
    """How far a reconciling has come."""

    #: It begins when there is a line.
    ASKED = "asked"
    DONE = "done"
    #: The other end never had a line for it in all the time that it was waited for.
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Differing:
    """One number at which the ends differ."""

    sequence: int
    difference: Difference
    #: Digests, hex; empty: none.
    ours: str = ""
    theirs: str = ""


@dataclass(frozen=True, slots=True)
class TypeCount:
    """Letters of one type in a direction: as many here, as many there."""

    type: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One direction, compared."""

    way: Way
    #: The numbers that were compared.
    first: int
    last: int
    our_head: int
    their_head: int
    types: tuple[TypeCount, ...] = ()
    #: At most ``MAX_DIFFERENCES``.
    differences: tuple[Differing, ...] = ()
    #: How many there are.
    differing: int = 0
    #: How many of them were mended by what the other end had.
    mended: int = 0

    def with_difference(self, found: Differing) -> Compared:
        """With one more difference."""
        mends = found.difference in (Difference.FETCHED, Difference.ADOPTED)
        named = self.differences if len(self.differences) >= MAX_DIFFERENCES else (*self.differences, found)
        return replace(self, differences=named, differing=self.differing + 1, mended=self.mended + mends)

    def with_type(self, type: str, ours: int, theirs: int) -> Compared:
        """With the counts of one type in one more range."""
        before = next((each for each in self.types if each.type == type), TypeCount(type, 0, 0))
        counted = TypeCount(type, before.ours + ours, before.theirs + theirs)
        rest = (each for each in self.types if each.type != type)
        return replace(self, types=tuple(sorted((*rest, counted), key=lambda each: each.type)))

    @property
    def agrees(self) -> bool:
        """Whether both ends say the same of every number that both have; what is on its way counts as no difference."""
        harmless = (Difference.FETCHED, Difference.ADOPTED, Difference.MISSING_THERE)
        return self.differing <= len(self.differences) and all(each.difference in harmless for each in self.differences)


@dataclass(frozen=True, slots=True)
class Report:
    """A reconciling of one link, as this end saw it."""

    id: str
    link: str
    peer: str
    asked_at: datetime
    #: Whoever asked; empty: the night.
    asked_by: str
    reason: str
    #: Whether this end takes back its own word where the other has another one of it, also signed.
    adopt: bool
    state: ReportState = ReportState.ASKED
    finished_at: datetime | None = None
    directions: tuple[Compared, ...] = ()
    #: When it was done and nothing was left to look at: the next night goes on behind it.
    agreed_at: datetime | None = None
    version: int = 0

    def done(self, directions: tuple[Compared, ...], now: datetime) -> Report:
        """With what was found."""
        done = replace(self, state=ReportState.DONE, directions=directions, finished_at=now)
        return replace(done, agreed_at=now if done.agrees else None)

    def given_up(self, now: datetime) -> Report:
        """Closed without an answer: nothing is known of what the other end has."""
        return replace(self, state=ReportState.UNANSWERED, finished_at=now)

    @property
    def agrees(self) -> bool:
        """Whether nothing is left that an operator has to look at."""
        return self.state is ReportState.DONE and all(each.agrees for each in self.directions)


@dataclass(frozen=True, slots=True)
class Round:
    """The nightly turn of one link. ``id`` is the link's."""

    id: str
    peer: str
    due_at: datetime | None
    version: int = 0

    @classmethod
    def begun(cls, link: str, peer: str, now: datetime) -> Round:
        """With its first turn in the coming night."""
        return cls(link, peer, _next_night(link, now))

    def turned(self, now: datetime) -> Round:
        """With its next turn."""
        return replace(self, due_at=_next_night(self.id, now))

    def ended(self) -> Round:
        """Without another turn: the link has ended."""
        return replace(self, due_at=None)


def _next_night(link: str, now: datetime) -> datetime:
    share = int(link.replace("-", "")[-4:] or "0", 16) / 0x10000
    turn = local_instant(local_date(now)) + _NIGHT + _SPREAD * share
    return turn if turn > now else turn + timedelta(days=1)
