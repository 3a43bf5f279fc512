"""The decision on a case, its paper, and the result that reaches the applicant (许可法 38, 44; rules C10, I01–I03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.approval_routing.domain.pick_up import PickUp
from services.approval_routing.domain.validity import Validity


class Outcome(StrEnum):
    """Outcome of a decision."""

    APPROVED = "approved"
    DENIED = "denied"


class DeliveryMethod(StrEnum):
    """How a result reaches the applicant (rules I01)."""

    WINDOW = "window"
    POST = "post"
    ELECTRONIC = "electronic"


@dataclass(frozen=True, slots=True)
class PaperFields:
    """What the decision's paper says beside the case itself, frozen when it was decided."""

    title: str
    center_name: str
    department_name: str
    contact_phone: str
    complaint_phone: str
    progress_url: str
    #: The center's own words on that day, by their part.
    wording: Mapping[str, str] = field(default_factory=dict)
    #: The registered seal that it bears, and who issued it; empty: a sample is drawn.
    seal_id: str = ""
    issued_by: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision; a denial always has reason, basis and rights (许可法 38; rules C10)."""

    outcome: Outcome
    reason: str
    basis: str
    rights: str
    number: str
    decided_by_id: str
    decided_by_name: str
    decided_at: datetime
    paper: PaperFields
    #: Whom the decider stood in for (rules V01); empty: nobody.
    decided_for_id: str = ""
    decided_for_name: str = ""
    #: The report that a denial rests on (rules C18); empty: its center asks for none.
    denial_report_id: str = ""


class EndKind(StrEnum):
    """How a result ends before its time (许可法 69, 70)."""

    REVOKED = "revoked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ResultEnd:
    """That a result holds no more: why, on which provision, since when, by whom."""

    kind: EndKind
    reason: str
    basis: str
    at: datetime
    by_id: str
    by_name: str


@dataclass(frozen=True, slots=True)
class DeliverySlip:
    """That a result, or a denial, was handed out or posted (送达回证), with what its paper says."""

    number: str
    issued_at: datetime
    given_by: str
    paper: PaperFields


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result document and its delivery. ``received_by`` is masked."""

    name: str
    number: str
    issued_at: datetime
    method: str = ""
    delivered_at: datetime | None = None
    received_by: str = ""
    tracking_number: str = ""
    #: None: it is valid without an end.
    validity: Validity | None = None
    #: What its certificate says beside the case; none of a result that was made before certificates were.
    paper: PaperFields | None = None
    #: None: nobody has ended it.
    ended: ResultEnd | None = None
    #: None: nobody took it at a window of this site, or before that was kept.
    pick_up: PickUp | None = None
    #: None: it went electronically, or through another place, or before there were slips.
    slip: DeliverySlip | None = None
