"""What is added to a case's limit, once, and what is handed to the applicant about it (许可法 42, 45; rules F04, ZZ15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.workdays import Unit
from services.approval_routing.domain.decision import PaperFields


class ApprovalLevel(StrEnum):
    """Whose approval an extension needs (许可法 42)."""

    #: 本机关负责人
    AGENCY_HEAD = "agency_head"
    #: 本级人民政府负责人, where several departments handle it together.
    GOVERNMENT_HEAD = "government_head"


class ExtensionState(StrEnum):
    """Life of an extension; the center reviews it where its setting says so (rules ZZ15)."""

    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ClockNotice:
    """A written notice about a clock, as it was issued: its number, the dates, and how the new one was counted."""

    number: str
    issued_at: datetime
    paper: PaperFields
    old_due_at: datetime | None = None
    new_due_at: datetime | None = None
    provisional: bool = False
    #: The explanation in spans of days; empty while nobody can say.
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockExtension:
    """An extension of a case's limit, asked for with its reason and the approval of the head whom the law names.

    ``approved_by`` is that head by name. ``moves_promise``: an end that was promised and not yet missed moves too.
    """

    state: ExtensionState
    amount: int
    unit: Unit
    reason: str
    basis: str
    level: ApprovalLevel
    approved_by: str
    asked_by_id: str
    asked_by_name: str
    asked_at: datetime
    reviewed_by_id: str = ""
    reviewed_by_name: str = ""
    reviewed_at: datetime | None = None
    opinion: str = ""
    moves_promise: bool = False
    notice: ClockNotice | None = None

    @property
    def granted(self) -> bool:
        """Whether the limit is longer by it."""
        return self.state is ExtensionState.GRANTED


@dataclass(frozen=True, slots=True)
class DateChange:
    """That a changed calendar moved one of a case's ends: who changed it, when, from when to when, and why (许可法 82)."""

    at: datetime
    changed_by: str
    old_due_at: datetime | None
    new_due_at: datetime | None
    reason: str
