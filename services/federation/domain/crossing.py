"""A crossing (跨域办件): a case that is handed in at one place and decided at another (rules P01–P04).

Both places have the same crossing under the same id. Until it is sent it belongs to the collecting place; from its
arrival on the handling place owns it, and the collecting place's document is a mirror that only the owner's letters
change (``domain.following``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.federation.domain.agreement import AgreedMaterial, Contact, Mode, Sealing, SegmentDays, Side
from services.federation.domain.letters import File, LetterLine
from services.federation.domain.ownership import Ownership
from services.federation.domain.segments import Segment, next_due


class CrossingState(StrEnum):
    """Life of a crossing."""

    COLLECTING = "collecting"
    SENT = "sent"
    #: Its letter wasn't taken: back at the collecting desk.
    RETURNED = "returned"
    ARRIVED = "arrived"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DECIDED = "decided"
    ISSUED = "issued"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    #: Another site offers it to this one.
    OFFERED = "offered"
    #: This one didn't take what was offered.
    DECLINED = "declined"

    @property
    def closed(self) -> bool:
        """Whether nothing more becomes of it."""
        return self in (
            CrossingState.REFUSED,
            CrossingState.DELIVERED,
            CrossingState.WITHDRAWN,
            CrossingState.CANCELLED,
            CrossingState.DECLINED,
        )

    @property
    def at_desk(self) -> bool:
        """Whether it is still being put together."""
        return self in (CrossingState.COLLECTING, CrossingState.RETURNED)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies, in full: in this document and in letters only (convention 13)."""

    name: str
    id_type: str
    id_number: str
    phone: str = ""
    address: str = ""
    agent_name: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """How the collecting place knows who applies."""

    #: document (compared with the person at a window) or sign_in (the citizen's own).
    method: str
    checked_at: datetime
    checked_by_name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CollectedMaterial:
    """A material at the collecting place."""

    key: str
    name: str
    main: bool
    form: str
    standard: str = ""
    #: Scan and form were compared with the original and the standard.
    checked: bool = False
    scans: tuple[File, ...] = ()
    originals: int = 0
    copies: int = 0

    @classmethod
    def wanted(cls, agreed: AgreedMaterial) -> CollectedMaterial:
        """What the agreement asks for, not yet there."""
        return cls(agreed.key, agreed.name, agreed.main, agreed.form, agreed.standard)


@dataclass(frozen=True, slots=True)
class WantedMaterial:
    """A material that the one-time notice asks for."""

    key: str
    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Status:
    """The owner's picture of its case: whole each time, so that the newest is enough."""

    revision: int
    state: CrossingState
    said_at: datetime
    number: str = ""
    received_at: datetime | None = None
    supplement_due_at: datetime | None = None
    wanted: tuple[WantedMaterial, ...] = ()
    accepted_at: datetime | None = None
    deemed: bool = False
    due_at: datetime | None = None
    due_provisional: bool = False
    refusal_reason: str = ""
    refusal_basis: str = ""
    #: approved or denied.
    outcome: str = ""
    decision_number: str = ""
    decision_reason: str = ""
    decided_at: datetime | None = None
    result_name: str = ""
    result_number: str = ""
    issued_at: datetime | None = None
    tracking_number: str = ""
    delivered_at: datetime | None = None
    responsible_name: str = ""
    #: The last supplement that was taken in, by its letter's id.
    supplement_taken: str = ""
    supplement_problem: str = ""
    #: Its own segment of handing the result back, where it gives it to the applicant itself.
    hand_back: Segment | None = None
    #: The licence or paper itself, where the owner has given it.
    result_file: File | None = None


@dataclass(frozen=True, slots=True)
class HandlingPlace:
    """Where it is handled now, for whoever has to turn there."""

    site: str
    center_id: str
    center_name: str
    item_id: str
    contact: Contact


@dataclass(frozen=True, slots=True)
class Word:
    """What a site says of a crossing: its picture, and, once it was offered to another site, who owns it and where."""

    status: Status
    line: LetterLine
    #: What came with its letter.
    files: tuple[File, ...] = ()
    ownership: Ownership | None = None
    place: HandlingPlace | None = None


@dataclass(frozen=True, slots=True)
class Early:
    """What a site said before it could be believed: see ``ownership.Verdict.EARLY``."""

    sender: str
    word: Word


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong on the way, and what to do."""

    code: str
    message: str
    at: datetime
    letter_id: str = ""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who has agreed on it, as the crossing keeps it: the terms may change while it is on its way."""

    agreement_id: str
    edition_id: str
    peer_site: str
    peer_center_id: str
    item_id: str
    item_name: str
    handling_center_name: str
    collecting_center_name: str
    peer_contact: Contact
    days: SegmentDays
    deliveries: tuple[str, ...]
    sealing: Sealing = Sealing.WHERE_POSSIBLE


@dataclass(frozen=True, slots=True)
class Crossing:
    """A crossing at one of its ends; times are UTC.

    ``number`` is the collecting place's, ``status.number`` the handling place's. ``submission_id`` and
    ``supplement_id`` are the last letters of their kind. ``application_version`` and ``case_version`` are what the
    owner last saw of its own application and case, -1: nothing yet.
    """

    id: str
    side: Side
    mode: Mode
    state: CrossingState
    center_id: str
    parties: Parties
    number: str
    code: str
    journey: str
    applicant: Applicant
    #: Whose page shows it: a keyed hash, each site's own.
    holder_key: str
    identity: Identity
    materials: tuple[CollectedMaterial, ...]
    delivery: str
    opened_at: datetime
    opened_by_id: str
    opened_by_name: str
    form_json: str = ""
    ticket_id: str = ""
    segments: tuple[Segment, ...] = ()
    letters: tuple[LetterLine, ...] = ()
    status: Status | None = None
    trouble: Trouble | None = None
    sent_at: datetime | None = None
    closed_at: datetime | None = None
    submission_id: str = ""
    supplement_id: str = ""
    withdrawal_id: str = ""
    read_at: datetime | None = None
    result_arrived_at: datetime | None = None
    handed_over_at: datetime | None = None
    #: At the handling place: intake's; unique there.
    application_id: str | None = None
    application_version: int = -1
    case_version: int = -1
    #: The department here that has its segments: whoever took it in, or whose item it is; empty: the center's own.
    department_key: str = ""
    #: Who owns it, once it was offered to another site; ``None``: the handling place that it was sent to.
    ownership: Ownership | None = None
    #: Sites that have owned it: each is told of what becomes of it.
    former_sites: tuple[str, ...] = ()
    #: The center of the other site that it is offered to.
    offered_center_id: str = ""
    #: This site's own place, once it has taken it over.
    handled_at: HandlingPlace | None = None
    early: tuple[Early, ...] = ()
    #: When it is looked again whether its files may go; ``None``: a day after nothing became of it.
    files_look_at: datetime | None = None
    #: Since then its scans are gone: nothing became of it, and the center's time for keeping them was over.
    files_discarded_at: datetime | None = None
    version: int = 0

    @property
    def wakes_at(self) -> datetime | None:
        """When a running segment's limit passes that wasn't told of."""
        return next_due(self.segments)

    @property
    def peer_number(self) -> str:
        """The handling place's number, once it has given one."""
        return self.status.number if self.status else ""

    def material(self, key: str) -> CollectedMaterial | None:
        """The material of this key."""
        return next((each for each in self.materials if each.key == key), None)

    @property
    def supplement_on_its_way(self) -> bool:
        """Whether a supplement was sent that the owner hasn't answered."""
        return bool(self.supplement_id) and (self.status is None or self.status.supplement_taken != self.supplement_id)
