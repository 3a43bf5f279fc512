"""One invitation to judge a service, and what came of it (rules Q01–Q04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict
from kit.workdays import local_date, local_instant

#: What a person may tick or write beside the level, at the most.
MAX_TAGS = 8
MAX_TAG_LENGTH = 20


class Level(IntEnum):
    """The five levels (rules Q01), numbered as in GB/T 39046-2020 A.8: 1 is the best.

    Other platforms count the other way round (5 is the best): their value is ``6 - level``.
    """

    #: 非常满意
    VERY_SATISFIED = 1
    #: 满意
    SATISFIED = 2
    #: 基本满意
    FAIRLY_SATISFIED = 3
    #: 不满意
    DISSATISFIED = 4
    #: 非常不满意
    VERY_DISSATISFIED = 5

    @property
    def negative(self) -> bool:
        """Whether it is one of the last two (差评)."""
        return self >= Level.DISSATISFIED


class SubjectKind(StrEnum):
    """What is evaluated."""

    #: A visit at a window (一次一评).
    VISIT = "visit"
    #: A case handled online (一事一评).
    CASE = "case"
    #: This site's part in a case of another one, as judged there.
    ELSEWHERE = "elsewhere"


class Channel(StrEnum):
    """How the answer came (rules Q02)."""

    #: The device at the window (评价器).
    EVALUATOR = "evaluator"
    #: A phone that scanned the slip's code.
    QR = "qr"
    WINDOW = "window"
    #: A call to the user (电话回访).
    PHONE = "phone"
    #: Judged at another site.
    ELSEWHERE = "elsewhere"


class EvaluationState(StrEnum):
    """Life of an evaluation."""

    INVITED = "invited"
    SUBMITTED = "submitted"
    #: Nobody answered in time: not evaluated, never counted as satisfied.
    EXPIRED = "expired"


class EvaluationAct(StrEnum):
    """What ends an invitation: an answer in time, or the time."""

    SUBMIT = "submit"
    EXPIRE = "expire"


#: In which states it may be done; in any other it raises and changes nothing.
ALLOWED: Final[Mapping[EvaluationAct, frozenset[EvaluationState]]] = MappingProxyType(
    dict.fromkeys(EvaluationAct, frozenset({EvaluationState.INVITED}))
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The service that is evaluated, and who handled it."""

    kind: SubjectKind
    #: Ticket id or case id.
    id: str
    center_id: str
    item_name: str
    department_key: str
    window_number: str
    staff_id: str
    staff_name: str
    journey: str
    #: Opens the evaluation page: the ticket's or the case's own code, which its holder has already.
    code: str
    #: The holder is known to the center (实名).
    named: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the user says."""

    level: Level
    tags: tuple[str, ...]
    comment: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One invitation and what came of it. ``expires_at`` is the last instant at which it can be answered."""

    id: str
    subject: Subject
    state: EvaluationState
    invited_at: datetime
    expires_at: datetime
    judgement: Judgement | None = None
    submitted_at: datetime | None = None
    version: int = 0

    @property
    def negative(self) -> bool:
        """Whether it was judged with one of the last two levels (rules Q01)."""
        return self.judgement is not None and self.judgement.level.negative

    @property
    def rectification_id(self) -> str:
        """The one rectification that a negative evaluation opens; empty for others."""
        return f"{self.id}-rectification" if self.negative else ""


@dataclass(frozen=True, slots=True)
class EvaluationInvited:
    """A service ended and its user was invited."""

    evaluation: Evaluation
    rules: str = "rules Q04"


@dataclass(frozen=True, slots=True)
class EvaluationSubmitted:
    """The user judged it."""

    evaluation: Evaluation
    rules: str = "rules Q01"


@dataclass(frozen=True, slots=True)
class ForwardedEvaluationConcluded:
    """What another site forwarded is done with; its message holds what people wrote."""

    evaluation: Evaluation
    findings: str = field(repr=False)
    concluded_by: str
    measures: str = field(default="", repr=False)
    callback_note: str = field(default="", repr=False)
    rules: str = "rules Q05, R05"


@dataclass(frozen=True, slots=True)
class EvaluationExpired:
    """Nobody answered in time."""

    evaluation: Evaluation
    rules: str = "国办发〔2019〕51号"


def evaluation_id(kind: SubjectKind, subject_id: str) -> str:
    """The id that a subject's one evaluation must have, so that there can't be a second (一次一评、一事一评)."""
    return f"{kind}-{subject_id}"


def invite(subject: Subject, now: datetime, days: int) -> Evaluation:
    """An invitation that can be answered once, through the given number of natural days after today (rules Q04)."""
    next_midnight = local_instant(local_date(now) + timedelta(days=days + 1))
    return Evaluation(
        id=evaluation_id(subject.kind, subject.id),
        subject=subject,
        state=EvaluationState.INVITED,
        invited_at=now,
        expires_at=next_midnight - timedelta(milliseconds=1),
    )


def submit(evaluation: Evaluation, judgement: Judgement, now: datetime) -> Evaluation:
    """The evaluation as judged, once (rules Q01). Raises ``Conflict`` when it was judged before or is too late."""
    if evaluation.state is EvaluationState.SUBMITTED:
        raise Conflict("already_evaluated", "本次服务已评价，每次服务只能评价一次，感谢您的参与。")
    if evaluation.state not in ALLOWED[EvaluationAct.SUBMIT] or now > evaluation.expires_at:
        raise Conflict("evaluation_expired", "评价期限已过，本次服务按未评价处理；如有意见，请通过投诉渠道反映。")
    return replace(evaluation, state=EvaluationState.SUBMITTED, judgement=judgement, submitted_at=now)


def expire(evaluation: Evaluation, now: datetime) -> Evaluation:
    """The evaluation as not evaluated. Raises ``Conflict`` when it was answered, or may be still."""
    if evaluation.state not in ALLOWED[EvaluationAct.EXPIRE]:
        raise Conflict("evaluation_not_open", "该评价已结束，不能再标记为逾期。")
    if now <= evaluation.expires_at:
        raise Conflict("evaluation_not_due", "评价期限未到，不能标记为逾期。")
    return replace(evaluation, state=EvaluationState.EXPIRED)
