"""What relay raises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.relay.domain.letter import Letter, following_id
from services.relay.domain.proposal import Approval
from services.relay.domain.register import Settled


@dataclass(frozen=True, slots=True)
class LetterArrived:
    """A letter for this site is here, whole with its files."""

    letter: Letter
    link: str
    received_at: datetime
    rules: str = "rules P03, K07"

    @property
    def event_id(self) -> str:
        """The letter's own: told again (after a power cut, or by another chain) it is the same event, with one effect.

        Not its id itself: a neighbour gives letters their ids, and must not be able to forestall another event's.
        """
        return following_id(self.letter.id, "arrived")


@dataclass(frozen=True, slots=True)
class LetterSettled:
    """What became of a letter that this site wrote."""

    letter_id: str
    journey: str
    type: str
    destination: str
    settled: Settled
    rules: str = "rules P03, K07"

    @property
    def event_id(self) -> str:
        """The receipt's own: one that comes over two links at once is the same event; empty: this site's own word."""
        return following_id(self.settled.receipt, "settled") if self.settled.receipt else ""


@dataclass(frozen=True, slots=True)
class RouteChanged:
    """A route was set or taken away: by whom, why, and what it was before."""

    pattern: str
    link: str
    former: str
    by: Approval
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class LinkReanchored:
    """A direction of a link goes on from where both ends' operators agreed."""

    link: str
    peer: str
    from_site: str
    sequence: int
    ours: Approval
    theirs: Approval
    set_aside: int
    rules: str = "rules P03"
