"""What is done about a negative evaluation: answered by its owner, reviewed from outside (rules Q05, Q06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import Deadline
from services.evaluation.domain.evaluation import Evaluation, Level


class RectificationState(StrEnum):
    """Life of a rectification (rules Q06)."""

    OPEN = "open"
    #: The owner answered; the supervisor reviews (复查).
    ANSWERED = "answered"
    CLOSED = "closed"


class RectificationAct(StrEnum):
    """What is done with a rectification."""

    ASSIGN = "assign"
    ANSWER = "answer"
    CLOSE = "close"
    SEND_BACK = "send_back"


#: In which states it may be done; in any other it raises and changes nothing.
ALLOWED: Final[Mapping[RectificationAct, frozenset[RectificationState]]] = MappingProxyType(
    {
        RectificationAct.ASSIGN: frozenset({RectificationState.OPEN}),
        RectificationAct.ANSWER: frozenset({RectificationState.OPEN}),
        RectificationAct.CLOSE: frozenset({RectificationState.ANSWERED}),
        RectificationAct.SEND_BACK: frozenset({RectificationState.ANSWERED}),
    }
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for it (谁办理、谁负责); an empty department is the center itself."""

    department: str
    staff_id: str = ""
    staff_name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the owner found and mended, and the call-back to a named evaluator (回访)."""

    findings: str
    measures: str
    callback_note: str = ""


@dataclass(frozen=True, slots=True)
class Rectification:
    """What is done about one negative evaluation. ``due_at`` is the owner's, to answer."""

    id: str
    evaluation_id: str
    center_id: str
    state: RectificationState
    owner: Owner
    opened_at: datetime
    due_at: datetime
    due_provisional: bool
    level: Level
    item_name: str
    journey: str
    #: The evaluator is known: closing needs a call-back (rules Q05).
    named: bool
    answer: Answer | None = None
    answered_at: datetime | None = None
    review_note: str = ""
    sent_back: int = 0
    #: Working days that the owner has; 0 of one that was opened before they were kept.
    days: int = 0
    closed_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class RectificationOpened:
    """A negative evaluation is being mended."""

    rectification: Rectification
    rules: str = "rules Q05"


@dataclass(frozen=True, slots=True)
class RectificationAssigned:
    """The owner changed."""

    rectification: Rectification
    rules: str = "rules Q06"


@dataclass(frozen=True, slots=True)
class RectificationAnswered:
    """The owner answered."""

    rectification: Rectification
    rules: str = "rules Q05"


@dataclass(frozen=True, slots=True)
class RectificationSentBack:
    """The review sent it back."""

    rectification: Rectification
    rules: str = "rules Q06"


@dataclass(frozen=True, slots=True)
class RectificationDeadlineRecomputed:
    """Its limit was counted anew, as a calendar changed."""

    rectification: Rectification
    old_due_at: datetime
    reason: str
    rules: str = "许可法 82"


@dataclass(frozen=True, slots=True)
class RectificationClosed:
    """The review closed it."""

    rectification: Rectification
    rules: str = "rules Q06"


def open_for(evaluation: Evaluation, deadline: Deadline) -> Rectification:
    """The rectification of a negative evaluation, owned by whoever handled the service (rules Q05).

    Raises ``Conflict`` on an evaluation that isn't negative.
    """
    judgement, submitted_at = evaluation.judgement, evaluation.submitted_at
    if judgement is None or submitted_at is None or not judgement.level.negative or deadline.due_at is None:
        raise Conflict("evaluation_not_negative", "只有差评才启动整改。")
    subject = evaluation.subject
    return Rectification(
        id=evaluation.rectification_id,
        evaluation_id=evaluation.id,
        center_id=subject.center_id,
        state=RectificationState.OPEN,
        owner=Owner(subject.department_key, subject.staff_id, subject.staff_name),
        opened_at=submitted_at,
        due_at=deadline.due_at,
        due_provisional=deadline.provisional,
        days=deadline.terms.limit.amount,
        level=judgement.level,
        item_name=subject.item_name,
        journey=subject.journey,
        named=subject.named,
    )


def assign(rectification: Rectification, owner: Owner) -> Rectification:
    """The rectification with another owner, while it waits for an answer. Raises ``Conflict``."""
    _require_open(rectification, RectificationAct.ASSIGN)
    return replace(rectification, owner=owner)


def answer(rectification: Rectification, said: Answer, now: datetime) -> Rectification:
    """The rectification with its owner's answer, waiting for the review (rules Q05). Raises ``Conflict``."""
    _require_open(rectification, RectificationAct.ANSWER)
    return replace(rectification, state=RectificationState.ANSWERED, answer=said, answered_at=now)


def close(rectification: Rectification, note: str, now: datetime) -> Rectification:
    """The rectification as accepted by the review (rules Q06).

    Raises ``Conflict`` unless it is answered, and when a named evaluator wasn't called back (rules Q05).
    """
    _require_answered(rectification, RectificationAct.CLOSE)
    if rectification.named and not (rectification.answer and rectification.answer.callback_note):
        raise Conflict("callback_missing", "实名差评须先回访并填写回访记录，请退回责任部门补充。")
    return replace(rectification, state=RectificationState.CLOSED, review_note=note, closed_at=now)


def by_deadline(rectification: Rectification, deadline: Deadline) -> Rectification:
    """The rectification, due by a deadline that was counted anew."""
    return replace(rectification, due_at=deadline.due_at or rectification.due_at, due_provisional=deadline.provisional)


def send_back(rectification: Rectification, note: str) -> Rectification:
    """The rectification back at its owner, its days counted as they were (rules Q06).

    Raises ``Conflict`` unless it is answered, ``Invalid`` without a note that says what is missing.
    """
    _require_answered(rectification, RectificationAct.SEND_BACK)
    if not note:
        raise Invalid("review_note_required", "退回整改须写明原因，请填写复查意见。", field="note")
    return replace(
        rectification, state=RectificationState.OPEN, review_note=note, sent_back=rectification.sent_back + 1
    )


def _require_open(rectification: Rectification, act: RectificationAct) -> None:
    if rectification.state not in ALLOWED[act]:
        raise Conflict("rectification_not_open", "该整改已答复或已办结，请刷新后查看。", state=rectification.state)


def _require_answered(rectification: Rectification, act: RectificationAct) -> None:
    if rectification.state not in ALLOWED[act]:
        raise Conflict("rectification_not_answered", "该整改尚未答复或已办结，不能复查。", state=rectification.state)
