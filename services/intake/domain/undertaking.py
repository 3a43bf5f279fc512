"""What becomes of a commitment that an application is accepted on (告知承诺; rules D03–D05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.intake.domain.officer import Officer


class CommitmentChoice(StrEnum):
    """What the applicant said when told that the item may be done by commitment (rules D03)."""

    #: The item isn't done by commitment, or nobody could be asked.
    NOT_OFFERED = "not_offered"
    CHOSEN = "chosen"
    #: The ordinary procedure.
    DECLINED = "declined"


class UndertakingState(StrEnum):
    """Life of a commitment."""

    #: Its letter was issued, and isn't signed.
    OFFERED = "offered"
    SIGNED = "signed"
    #: Accepted on it; the department verifies it (核查).
    VERIFYING = "verifying"
    #: Something was found that has to be put right (整改).
    CORRECTING = "correcting"
    KEPT = "kept"
    #: Not kept, or false; it stands in the record of dishonesty (失信记录).
    BROKEN = "broken"


class FindingResult(StrEnum):
    """What a verification found."""

    FULFILLED = "fulfilled"
    #: To be put right within the letter's days.
    NOT_FULFILLED = "not_fulfilled"
    #: A false commitment, which nothing puts right.
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Finding:
    """One verification."""

    result: FindingResult
    said: str
    found_by: Officer
    found_at: datetime


@dataclass(frozen=True, slots=True)
class BreachAppeal:
    """The person's objection to the record, and what became of it; both texts are kept (rules D04)."""

    text: str
    appealed_at: datetime
    #: ``None``: not ruled on yet.
    upheld: bool | None = None
    ruling: str = ""
    ruled_by: Officer | None = None
    ruled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """The record that a commitment wasn't kept. ``bars_until`` ``None``: until it is repaired."""

    reason: str
    recorded_at: datetime
    bars_until: datetime | None
    appeal_until: datetime
    appeal: BreachAppeal | None = None
    #: The working days that the time to appeal is counted in; 0 of one that was made before they were kept.
    appeal_days: int = 0
    appeal_provisional: bool = False
    #: An appeal was granted: the record never held.
    revoked_at: datetime | None = None
    repaired_at: datetime | None = None
    repair_reason: str = ""

    @property
    def stands(self) -> bool:
        """Whether it was neither revoked nor repaired."""
        return self.revoked_at is None and self.repaired_at is None

    def bars(self, now: datetime) -> bool:
        """Whether the person may not use commitments."""
        return self.stands and (self.bars_until is None or now < self.bars_until)


@dataclass(frozen=True, slots=True)
class Undertaking:
    """A person's commitment; ``person`` is a keyed hash of whose it is. Days are working days, of the letter."""

    state: UndertakingState
    person: str
    chosen_at: datetime
    verification_days: int
    correction_days: int
    signed_by: str = ""
    signed_at: datetime | None = None
    #: Since when the time to verify runs; ``None`` of one that began before it was kept: its end stays as it is.
    verifying_since: datetime | None = None
    verify_by: datetime | None = None
    correct_by: datetime | None = None
    #: Whether the end of the present state, to verify or to put right, may still change.
    due_provisional: bool = False
    #: When it was told that the time for the present state is over.
    overdue_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    breach: Breach | None = None

    @property
    def due_by(self) -> datetime | None:
        """By when the department verifies, or the person puts right."""
        if self.state is UndertakingState.VERIFYING:
            return self.verify_by
        return self.correct_by if self.state is UndertakingState.CORRECTING else None

    @property
    def wakes_at(self) -> datetime | None:
        """When it has to be told that the time is over."""
        return self.due_by if self.overdue_at is None else None
