"""A part (分办件): what one site handles of another site's case, with a clock of its own.

Two kinds: a part of a case that several sites handle together (多地联办, rules P01), and a case that a lower site has
reviewed and an upper site decides (上报件, rules F01; 许可法 43). Both are handed over, handled, answered and closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.federation.domain.ownership import Ownership


class PartKind(StrEnum):
    """Why another site handles it."""

    #: 多地联办: one of several parts, whose answers the lead merges.
    JOINT = "joint"
    #: 上报件: reviewed below, decided above.
    SENT_UP = "sent_up"


class PartState(StrEnum):
    """Life of a part."""

    #: At the lower site, before it is sent up.
    REVIEWING = "reviewing"
    #: Offered to the site that is to handle it.
    OFFERED = "offered"
    #: That site didn't take it; whoever asked looks for another, or mends it.
    RETURNED = "returned"
    HANDLING = "handling"
    ANSWERED = "answered"
    #: The answer has been used: merged into the whole, or delivered to the applicant.
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    @property
    def over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self in (PartState.CLOSED, PartState.WITHDRAWN)


class Outcome(StrEnum):
    """What the handling site says."""

    #: 同意; of what is sent up: 准予
    AGREED = "agreed"
    #: 不同意; of what is sent up: 不予
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Place:
    """A department of a center of a site."""

    site: str
    center_id: str = ""
    department_key: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies; the handling site gets it in full, lists and events masked (convention 13)."""

    name: str = field(repr=False)
    id_number: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A paper that the applicant has handed in somewhere, and its file; ``sha256`` is of the plain content, hex."""

    key: str
    name: str
    sha256: str = ""
    size: int = 0
    media_type: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper that the handling site still needs, and why it isn't right without."""

    key: str
    name: str
    note: str
    asked_at: datetime
    handed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit of one site: working days by its own calendar, from ``started_at``."""

    started_at: datetime
    days: int
    due_at: datetime
    provisional: bool = False
    done_at: datetime | None = None

    @property
    def late(self) -> bool:
        """Whether what it is for came after its last instant."""
        return self.done_at is not None and self.done_at > self.due_at


@dataclass(frozen=True, slots=True)
class Review:
    """What the lower site found of a case before it was sent up (许可法 43)."""

    clock: Clock
    opinion: str = field(default="", repr=False)
    reviewed_by: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the handling site says in the end; a refusal has reason, basis and rights (许可法 38)."""

    outcome: Outcome
    opinion: str = field(repr=False)
    answered_by: str
    answered_at: datetime
    basis: str = ""
    rights: str = ""
    #: Of the decision paper, where there is one.
    number: str = ""
    files: tuple[HandedIn, ...] = ()


@dataclass(frozen=True, slots=True)
class Early:
    """What a site said before it could be believed: see ``ownership.Verdict.EARLY``."""

    sender: str
    part: Part


@dataclass(frozen=True, slots=True)
class Part:
    """One part, the same at every site that holds it but for ``early`` and ``version``."""

    id: str
    kind: PartKind
    #: The case, at the site that asks: of a joint case its whole.
    case_id: str
    number: str
    title: str
    item_name: str
    asked_by: Place
    journey: str
    applicant: Applicant
    state: PartState
    ownership: Ownership
    #: Working days that the handling site has, from taking it.
    days: int
    opened_at: datetime
    handled_at: Place | None = None
    materials: tuple[HandedIn, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    review: Review | None = None
    clock: Clock | None = None
    answer: Answer | None = None
    #: Why it was returned or withdrawn.
    reason: str = field(default="", repr=False)
    closed_at: datetime | None = None
    #: Every site that holds it: each is told of each change.
    sites: tuple[str, ...] = ()
    #: The case's step that waits for the answer, and which time that is; empty: staff opened it beside the case.
    step_key: str = ""
    round: int = 0
    early: tuple[Early, ...] = ()
    version: int = 0

    def center_at(self, site: str) -> str:
        """The center of a site that has to do with it; empty: none that is known."""
        places = [self.asked_by, *([self.handled_at] if self.handled_at else [])]
        return next((place.center_id for place in places if place.site == site), "")

    def others(self, here: str) -> tuple[str, ...]:
        """The sites that are to be told."""
        return tuple(site for site in self.sites if site != here)

    @property
    def running(self) -> Clock | None:
        """The clock that runs at present, if one does: the review's, or the handling site's."""
        if self.state is PartState.REVIEWING:
            return None if self.review is None else self.review.clock
        return self.clock if self.state is PartState.HANDLING else None

    @property
    def watched_at(self) -> Place | None:
        """Whose clock it is, for that site's own supervision (rules G01): who reviews, else who handles."""
        reviewing = self.clock is None and self.review is not None
        return self.asked_by if reviewing else self.handled_at
