"""The papers that a citizen gets (rules C01–C04, D01, D04): issued once, their fields frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class PaperKind(StrEnum):
    """Papers (rules C01)."""

    RECEIPT = "receipt"
    ACCEPTANCE = "acceptance"
    ONE_TIME_NOTICE = "one_time_notice"
    REFUSAL = "refusal"
    PROMISE = "promise"
    COMMITMENT = "commitment"
    CORRECTION = "correction"
    BREACH = "breach"

    @property
    def heading(self) -> str:
        """As it is printed."""
        return _TITLES[self]


_TITLES = {
    PaperKind.RECEIPT: "收件凭证",
    PaperKind.ACCEPTANCE: "受理通知书",
    PaperKind.ONE_TIME_NOTICE: "一次性告知书",
    PaperKind.REFUSAL: "不予受理通知书",
    PaperKind.PROMISE: "容缺受理承诺书",
    PaperKind.COMMITMENT: "告知承诺书",
    PaperKind.CORRECTION: "告知承诺限期整改通知书",
    PaperKind.BREACH: "告知承诺失信认定通知书",
}


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One material as a paper lists it."""

    name: str
    state: str
    requirement: str = ""
    problem: str = ""
    originals: int = 0
    copies: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class PaperPart:
    """A part of a letter under its heading (rules D04)."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class PaperFields:
    """Everything that a paper says, frozen when it was issued, so that it can be made again as it was.

    Texts are those of the center's policy on that day. Fields that a kind of paper doesn't have stay empty.
    """

    center_name: str
    center_address: str
    department_name: str
    addressee: str
    agent_name: str
    item_name: str
    application_number: str
    handled_by: str
    contact_phone: str
    #: Rules S02.
    complaint_phone: str
    progress_url: str
    received_at: datetime
    materials: tuple[PaperLine, ...] = ()
    #: Of an acceptance (rules C02): the promised limit, the special procedures that it may need, how the result comes.
    limit: str = ""
    accepted_since: datetime | None = None
    deemed: bool = False
    special_procedures: tuple[str, ...] = ()
    reminder: str = ""
    delivery: str = ""
    delivery_window: str = ""
    #: When the promise ends, whether that may still change, and how it is counted, in spans of days.
    promised_due_at: datetime | None = None
    promise_provisional: bool = False
    counted: tuple[str, ...] = ()
    #: Of a receipt: by when the center answers; of a notice: by when to hand in, and what happens then.
    due_at: datetime | None = None
    due_provisional: bool = False
    consequence: str = ""
    #: Of a refusal (rules C03, L03).
    reason: str = ""
    basis: str = ""
    rights: str = ""
    #: Whose it is, where it isn't this center's (rules K03).
    authority: str = ""
    #: Of a promise: who signs it.
    signed_by: str = ""
    #: Of a letter of commitment: what it must say.
    parts: tuple[PaperPart, ...] = ()
    #: The center's own words on that day, by their part.
    wording: Mapping[str, str] = field(default_factory=dict)
    #: The registered seal that it bears; empty: a sample is drawn.
    seal_id: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """An issued paper with the number of its series (convention 15)."""

    id: str
    kind: PaperKind
    number: str
    issued_at: datetime
    issued_by: str
    fields: PaperFields
