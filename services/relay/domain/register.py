"""The register (登记簿): what became of each letter that this site wrote or got."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Settlement(StrEnum):
    """What became of a letter."""

    #: The site that has it waits for its operator.
    SET_ASIDE = "set_aside"
    #: Its time was over.
    EXPIRED = "expired"
    #: It will not be delivered.
    REFUSED = "refused"
    #: The destination has it, durably.
    DELIVERED = "delivered"
    #: The handling unit has read it.
    READ = "read"
    #: The handling unit has acted on it.
    ACTED_ON = "acted_on"

    @property
    def rank(self) -> int:
        """A later settlement has effect only where its rank is higher."""
        return _RANKS[self]


#: A letter that one site refused may have reached its destination by another way, or by an operator's hand.
_RANKS = {
    Settlement.SET_ASIDE: 1,
    Settlement.EXPIRED: 2,
    Settlement.REFUSED: 2,
    Settlement.DELIVERED: 3,
    Settlement.READ: 4,
    Settlement.ACTED_ON: 5,
}


class Role(StrEnum):
    """What the letter is to this site."""

    SENT = "sent"
    #: Got, or on its way through.
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Settled:
    """One settlement: what, why, by which site, when, and in which receipt (a letter's id; empty: this site's own word)."""

    settlement: Settlement
    code: str
    message: str
    by: str
    at: datetime
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A letter in the register. ``id`` is the letter's."""

    id: str
    role: Role
    type: str
    journey: str
    origin: str
    destination: str
    #: Over which link it goes or came, and its place there; 0: it has none.
    link: str
    sequence: int
    at: datetime
    state: Settlement
    code: str = ""
    #: Every settlement, in the order in which it was heard or said.
    history: tuple[Settled, ...] = ()
    #: Set aside here: this site's operator decides.
    waits: bool = False
    version: int = 0

    def settle(self, settled: Settled) -> tuple[Entry, bool]:
        """With this settlement, and whether it changed what became of the letter."""
        said = (settled.settlement, settled.by, settled.code, settled.receipt)
        if said in [(each.settlement, each.by, each.code, each.receipt) for each in self.history]:
            return self, False
        entry = replace(self, history=(*self.history, settled))
        if self.history and settled.settlement.rank <= self.state.rank:
            return entry, False
        return replace(entry, state=settled.settlement, code=settled.code), True
