"""Measures of accountability (rules G05): proposed by the system, decided by a supervisor with reasons, answered, recorded.

Nothing is imposed by itself; what an appeal makes baseless lapses, or is taken back by a person.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import Conflict, Forbidden
from kit.workdays import Calendar, Limit, Unit, due
from services.supervision.domain.cards import Person
from services.supervision.domain.orders import Escalation
from services.supervision.domain.points import Points, threshold
from services.supervision.domain.rules import RuleEdition, Rung, Sanction

#: How many of the cards that counted a measure names.
MOST_CARDS: Final = 200


class MeasureState(StrEnum):
    """Life of a measure."""

    PROPOSED = "proposed"
    IMPOSED = "imposed"
    DISMISSED = "dismissed"
    #: What it followed from is gone, or a higher rung was reached, before anybody decided.
    LAPSED = "lapsed"
    ANSWERED = "answered"
    CLOSED = "closed"
    REVOKED = "revoked"


class Act(StrEnum):
    """What may be done to a measure."""

    IMPOSE = "impose"
    DISMISS = "dismiss"
    LAPSE = "lapse"
    PROPOSE_AGAIN = "propose_again"
    ANSWER = "answer"
    ESCALATE = "escalate"
    CLOSE = "close"
    REVOKE = "revoke"


#: From which states an act leads where; whatever isn't here is refused.
TRANSITIONS: Final = {
    (MeasureState.PROPOSED, Act.IMPOSE): MeasureState.IMPOSED,
    (MeasureState.PROPOSED, Act.DISMISS): MeasureState.DISMISSED,
    (MeasureState.PROPOSED, Act.LAPSE): MeasureState.LAPSED,
    (MeasureState.LAPSED, Act.PROPOSE_AGAIN): MeasureState.PROPOSED,
    (MeasureState.IMPOSED, Act.ANSWER): MeasureState.ANSWERED,
    (MeasureState.IMPOSED, Act.ESCALATE): MeasureState.IMPOSED,
    (MeasureState.ANSWERED, Act.CLOSE): MeasureState.CLOSED,
    (MeasureState.IMPOSED, Act.REVOKE): MeasureState.REVOKED,
    (MeasureState.ANSWERED, Act.REVOKE): MeasureState.REVOKED,
    (MeasureState.CLOSED, Act.REVOKE): MeasureState.REVOKED,
}
#: What whoever it is about gets to see.
TOLD: Final = (MeasureState.IMPOSED, MeasureState.ANSWERED, MeasureState.CLOSED, MeasureState.REVOKED)
_REFUSALS: Final = {
    Act.IMPOSE: ("measure_not_proposed", "该建议已经处理或者失去依据，请刷新后查看。"),
    Act.DISMISS: ("measure_not_proposed", "该建议已经处理或者失去依据，请刷新后查看。"),
    Act.LAPSE: ("measure_not_proposed", "该建议已经处理，不会自动失效。"),
    Act.PROPOSE_AGAIN: ("measure_not_lapsed", "该建议没有失效，无需再次提出。"),
    Act.ANSWER: ("measure_not_imposed", "该处理尚未作出、已经答复或者已经撤销，不能答复。"),
    Act.ESCALATE: ("measure_not_imposed", "该处理尚未作出、已经答复或者已经撤销，无需上报。"),
    Act.CLOSE: ("measure_not_answered", "本人或部门尚未答复，不能办结。"),
    Act.REVOKE: ("measure_not_imposed", "该处理尚未作出或者已经撤销。"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said, and when."""

    text: str
    by: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Measure:
    """One rung of the ladder for a department, or a person of it, in a period."""

    id: str
    center_id: str
    department_key: str
    #: None: the department as a whole.
    person: Person | None
    period: str
    sanction: Sanction
    #: What there was and what it takes, when it was proposed; and the cards that counted.
    points: int
    threshold: int
    edition: int
    cards: tuple[str, ...]
    state: MeasureState
    proposed_at: datetime
    decision: Said | None = None
    answer: Said | None = None
    conclusion: Said | None = None
    #: Working days for the answer, and from when they are counted; 0: imposed by a release that set no limit.
    days: int = 0
    since: datetime | None = None
    answer_due_at: datetime | None = None
    due_provisional: bool = False
    #: Whom it goes up to when nobody answers, as its center had it when it was imposed.
    levels: tuple[str, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    version: int = 0

    @property
    def next_level(self) -> str:
        """Whom it goes up to when its time is over; empty when there is nobody left, or nothing to wait for."""
        levels = self.levels[len(self.escalations) :]
        return levels[0] if levels and self.state is MeasureState.IMPOSED else ""


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """What a center sets for answers to measures: how many working days, and whom an unanswered one goes up to."""

    days: int
    levels: tuple[str, ...]
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class MeasureProposed:
    """Points have reached a rung."""

    measure: Measure
    rules: str = "rules G05"


@dataclass(frozen=True, slots=True)
class MeasureImposed:
    """A supervisor decided on it."""

    measure: Measure
    rules: str = "rules G05"


@dataclass(frozen=True, slots=True)
class MeasureDismissed:
    """A supervisor decided against it."""

    measure: Measure
    rules: str = "rules G05"


@dataclass(frozen=True, slots=True)
class MeasureLapsed:
    """What it followed from is gone."""

    measure: Measure
    rules: str = "rules G05"


@dataclass(frozen=True, slots=True)
class MeasureAnswered:
    """Whoever it is about answered."""

    measure: Measure
    rules: str = "rules G05"


@dataclass(frozen=True, slots=True)
class MeasureEscalated:
    """Nobody answered in time, so the next level is told."""

    measure: Measure
    rules: str = "rules G05"


@dataclass(frozen=True, slots=True)
class MeasureDeadlineRecomputed:
    """The limit of its answer was counted anew, as a calendar changed."""

    measure: Measure
    old_due_at: datetime | None
    reason: str
    rules: str = "许可法 82"


@dataclass(frozen=True, slots=True)
class MeasureClosed:
    """It was carried out."""

    measure: Measure
    rules: str = "rules G05"


@dataclass(frozen=True, slots=True)
class MeasureRevoked:
    """It was taken back."""

    measure: Measure
    rules: str = "rules G05"


def measure_id(center_id: str, department_key: str, person: Person | None, period: str, sanction: Sanction) -> str:
    """The id that the one measure of a rung must have."""
    named = "\n".join((center_id, department_key, "" if person is None else person.id, period, sanction))
    return f"m-{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def propose(
    *,
    center_id: str,
    department_key: str,
    person: Person | None,
    period: str,
    rung: Rung,
    points: Points,
    edition: RuleEdition,
    now: datetime,
) -> Measure:
    """What points call for, to be decided by a person."""
    return Measure(
        id=measure_id(center_id, department_key, person, period, rung.sanction),
        center_id=center_id,
        department_key=department_key,
        person=person,
        period=period,
        sanction=rung.sanction,
        points=points.points,
        threshold=threshold(rung, person=person is not None),
        edition=edition.number,
        cards=points.cards[-MOST_CARDS:],
        state=MeasureState.PROPOSED,
        proposed_at=now,
    )


def step(measure: Measure, act: Act) -> Measure:
    """The measure after an act. Raises ``Conflict`` (``measure_not_proposed`` …) where the table has none."""
    to = TRANSITIONS.get((measure.state, act))
    if to is None:
        code, message = _REFUSALS[act]
        raise Conflict(code, message, state=measure.state)
    return replace(measure, state=to)


def decide(measure: Measure, *, imposed: bool, said: Said, terms: AnswerTerms) -> Measure:
    """A supervisor's decision; imposed, it is to be answered by a day.

    Raises ``Conflict`` (``measure_not_proposed``), ``Forbidden`` (``own_measure``).
    """
    decided = replace(step(measure, Act.IMPOSE if imposed else Act.DISMISS), decision=said)
    _require_other(measure, said.by)
    if not imposed:
        return decided
    return by_calendar(replace(decided, days=terms.days, since=said.at, levels=terms.levels), terms.calendar)


def escalate(measure: Measure, calendar: Calendar, now: datetime) -> Measure:
    """The measure at its next level, with as many days again. Raises ``Conflict`` (``measure_not_imposed``)."""
    up = Escalation(measure.next_level, now)
    stepped = step(measure, Act.ESCALATE)
    return by_calendar(replace(stepped, escalations=(*measure.escalations, up), since=now), calendar)


def by_calendar(measure: Measure, calendar: Calendar) -> Measure:
    """The measure with the limit of its answer by a calendar; unchanged unless it waits for one."""
    if measure.state is not MeasureState.IMPOSED or not measure.days or measure.since is None:
        return measure
    deadline = due(measure.since, Limit(measure.days, Unit.WORKING_DAY, "rules G05"), calendar)
    return replace(measure, answer_due_at=deadline.due_at, due_provisional=deadline.provisional)


def answer(measure: Measure, said: Said) -> Measure:
    """What whoever it is about says. Raises ``Conflict`` (``measure_not_imposed``)."""
    return replace(step(measure, Act.ANSWER), answer=said)


def conclude(measure: Measure, *, revoked: bool, said: Said) -> Measure:
    """It was carried out, or is taken back.

    Raises ``Conflict`` (``measure_not_answered``, ``measure_not_imposed``), ``Forbidden`` (``own_measure``).
    """
    concluded = step(measure, Act.REVOKE if revoked else Act.CLOSE)
    _require_other(measure, said.by)
    return replace(concluded, conclusion=said)


def propose_again(measure: Measure, proposed: Measure) -> Measure:
    """A lapsed measure whose points are there again. Raises ``Conflict`` (``measure_not_lapsed``)."""
    return replace(proposed, state=step(measure, Act.PROPOSE_AGAIN).state, version=measure.version)


def _require_other(measure: Measure, by: Person) -> None:
    if by.id in {said.id for said in (measure.person, measure.answer and measure.answer.by) if said}:
        raise Forbidden("own_measure", "不能处理关于本人的追责，请由其他监察人员处理。")
