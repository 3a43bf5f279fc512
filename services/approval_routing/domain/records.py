"""What is kept of how a step was done: who signed it, and its record (rules C20; 许可法 34, 48)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody's word on a step that another one does."""

    staff_id: str
    name: str
    department_key: str
    agrees: bool
    opinion: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepRecord:
    """How a visit, a review, a hearing, a discussion or a notice went; ``people``: who took part beside the staff.

    ``waived``: nobody wanted the hearing that they were told of (许可法 46, 47).
    """

    text: str
    recorded_at: datetime
    recorded_by: str
    held_on: date | None = None
    place: str = ""
    people: tuple[str, ...] = ()
    presided_by: str = ""
    notified_on: date | None = None
    waived: bool = False
