"""An application (申请) with its materials, clocks and papers, before it becomes a case (许可法 32)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.workdays import Limit
from services.intake.domain.dates import DateChange
from services.intake.domain.material import Material
from services.intake.domain.officer import Officer
from services.intake.domain.paper import Paper
from services.intake.domain.undertaking import CommitmentChoice, Undertaking


class ApplicationState(StrEnum):
    """Life of an application (许可法 32)."""

    RECEIVED = "received"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    #: Another site has taken it over (已移送).
    TRANSFERRED = "transferred"

    @property
    def judged(self) -> bool:
        """Whether nothing more becomes of it here."""
        return self not in (ApplicationState.RECEIVED, ApplicationState.SUPPLEMENT_REQUESTED)


class Channel(StrEnum):
    """How it came in."""

    WINDOW = "window"
    ONLINE = "online"
    #: At another place, which sent it here (rules P01).
    ELSEWHERE = "elsewhere"


class DeliveryMethod(StrEnum):
    """How the result reaches the applicant (rules C02, I01)."""

    WINDOW = "window"
    POST = "post"
    ELECTRONIC = "electronic"


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies, in full: kept here only, never in an event or a list (convention 13)."""

    name: str
    id_type: str
    id_number: str
    phone: str = ""
    #: For post delivery.
    address: str = ""
    #: Who acts for the applicant; empty when in person.
    agent_name: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is applied for: the item version that the application keeps (rules AB02)."""

    item_id: str
    item_version: int
    item_name: str
    department_key: str
    #: immediate or promised (rules F01).
    item_kind: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where it came from: the visit, and the ticket when it was handed in at a window."""

    channel: Channel
    journey: str
    ticket_id: str = ""
    window_number: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The applicant's answer to a question of the item (情形)."""

    question: str
    option: str


class RefusalKind(StrEnum):
    """Which of the law's grounds (许可法 32)."""

    NOT_REQUIRED = "not_required"
    #: Another authority's (rules K03).
    NOT_OURS = "not_ours"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it wasn't accepted, and what may be done against that (rules C09, L03)."""

    reason: str
    basis: str
    rights: str
    kind: RefusalKind = RefusalKind.OTHER
    #: Whose it is, with the address, where it isn't this center's.
    authority: str = ""


@dataclass(frozen=True, slots=True)
class FurtherNotice:
    """A supervisor's permission to ask for more than the first notice named (rules L02)."""

    permitted_by: Officer
    reason: str
    permitted_at: datetime
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """Originals that were given back."""

    key: str
    pieces: int
    taken_by: str
    given_by: Officer
    returned_at: datetime


@dataclass(frozen=True, slots=True)
class Owed:
    """A material that was promised for later."""

    key: str
    name: str
    brought_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PromiseDays:
    """What a promise's dates are counted from: working days to its end and to the reminder; ``most``: the item's own limit."""

    days: int
    reminder_days: int
    most: Limit


@dataclass(frozen=True, slots=True)
class Promise:
    """Secondary materials that the applicant promised in writing to bring later (容缺受理; rules D01, D02)."""

    signed_by: str
    owed: tuple[Owed, ...]
    promised_at: datetime
    remind_at: datetime
    due_at: datetime
    reminded_at: datetime | None = None
    fulfilled_at: datetime | None = None
    lapsed_at: datetime | None = None
    repaired_at: datetime | None = None
    repair_reason: str = ""
    #: None of one that was made before it was kept: its dates stay as they are.
    counted_from: PromiseDays | None = None
    provisional: bool = False

    @property
    def open(self) -> bool:
        """Whether something is still owed and may be brought."""
        return self.fulfilled_at is None and self.lapsed_at is None

    @property
    def bars(self) -> bool:
        """Whether it wasn't kept, and the person may not promise again."""
        return self.lapsed_at is not None and self.repaired_at is None

    @property
    def wakes_at(self) -> datetime | None:
        """When the applicant is reminded, or it lapses."""
        if not self.open:
            return None
        return self.due_at if self.reminded_at else self.remind_at


@dataclass(frozen=True, slots=True)
class Application:
    """An application; times are UTC.

    ``holder_key`` is whose page shows it (a keyed hash of a person, never the number). ``complete_since`` is since
    when all main materials are in order. ``notice_due_at`` is by when the center gives notice or judges; beyond it
    the law takes the application as accepted. ``supplement_lapses`` is what the notice said about its own end.
    ``clock_days`` are the working days of the clock that runs; 0 of one that began before they were kept.
    """

    id: str
    number: str
    center_id: str
    item_id: str
    item_version: int
    item_name: str
    department_key: str
    item_kind: str
    channel: Channel
    journey: str
    code: str
    state: ApplicationState
    applicant: Applicant
    holder_key: str
    materials: tuple[Material, ...]
    delivery: DeliveryMethod
    received_at: datetime
    ticket_id: str = ""
    window_number: str = ""
    responsible: Officer | None = None
    form_json: str = ""
    papers: tuple[Paper, ...] = ()
    complete_since: datetime | None = None
    notice_due_at: datetime | None = None
    supplement_requested_at: datetime | None = None
    supplement_due_at: datetime | None = None
    supplement_lapses: bool = True
    supplement_handed_in_at: datetime | None = None
    clock_days: int = 0
    due_provisional: bool = False
    accepted_at: datetime | None = None
    deemed: bool = False
    refusal: Refusal | None = None
    withdrawal_reason: str = ""
    closed_at: datetime | None = None
    #: The crossing that it came with; ``None``: it was handed in here.
    crossing_id: str | None = None
    #: Where it was handed in, for people.
    collected_by: str = ""
    #: The offer of a hand-over that waits for another site's answer.
    held_for: str = ""
    #: What decided which materials are wanted.
    situation: tuple[Answer, ...] = ()
    further_notices: tuple[FurtherNotice, ...] = ()
    promise: Promise | None = None
    returns: tuple[Returned, ...] = ()
    commitment: CommitmentChoice = CommitmentChoice.NOT_OFFERED
    undertaking: Undertaking | None = None
    #: Keyed hash of the applicant's own number; empty of one that came before it was kept.
    applicant_key: str = ""
    #: What changed calendars did to its ends, the latest last.
    date_changes: tuple[DateChange, ...] = ()
    version: int = 0

    @property
    def wakes_at(self) -> datetime | None:
        """The end of the clock that runs: the center's before the notice, the applicant's after it; none while held.

        Of what was accepted on a promise or a commitment: when the next of theirs is due.
        """
        if self.held_for:
            return None
        if self.state is ApplicationState.RECEIVED:
            return self.notice_due_at
        if self.state is ApplicationState.SUPPLEMENT_REQUESTED and self.supplement_lapses:
            return self.supplement_due_at
        if self.state is ApplicationState.ACCEPTED:
            waiting = (each.wakes_at for each in (self.promise, self.undertaking) if each is not None)
            return min((at for at in waiting if at is not None), default=None)
        return None

    def paper(self, paper_id: str) -> Paper | None:
        """The paper of this id."""
        return next((paper for paper in self.papers if paper.id == paper_id), None)

    def material(self, key: str) -> Material | None:
        """The material of this key."""
        return next((material for material in self.materials if material.key == key), None)
