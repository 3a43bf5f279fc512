"""What is kept beside a case's steps: signatures, records, notes and questions (rules C20, K07; 许可法 34, 48)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class HearingCourse:
    """How far a hearing has come (许可法 46–48): told of, asked for, called, planned; and until when by the law."""

    told_on: date
    asked_on: date | None = None
    notified_on: date | None = None
    planned_on: date | None = None
    ask_by: date | None = None
    hold_by: date | None = None
    #: Whether one of the two may still change, as a year on the way isn't published.
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A note of one department, for its own staff; ``corrects``: the number of an earlier one, 0: none."""

    number: int
    department_key: str
    author_id: str
    author_name: str
    text: str
    at: datetime
    corrects: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a colleague on a step, and the answer."""

    number: int
    step_key: str
    asked_by_id: str
    asked_by_name: str
    asked_id: str
    asked_name: str
    text: str
    at: datetime
    answer: str = ""
    answered_by_id: str = ""
    answered_by_name: str = ""
    answered_at: datetime | None = None


class RecusalState(StrEnum):
    """Whether somebody stays away."""

    #: Until it is decided.
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Recusal:
    """Somebody who stays away from a case, and why (回避); ``steps``: keys of those that they left.

    One of an earlier release was never decided by anybody: it holds.
    """

    staff_id: str
    name: str
    reason: str
    at: datetime
    state: RecusalState = RecusalState.GRANTED
    department_key: str = ""
    steps: tuple[str, ...] = ()
    imposed_by_id: str = ""
    imposed_by_name: str = ""
    decided_by_id: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    opinion: str = ""
