"""Accountability (rules G05): proposing what points call for, deciding on it, answering it."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from kit.alarms import Alarm
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Forbidden, NotFound
from kit.store.port import Duplicate, Range
from kit.store.repository import check_version
from kit.text import clean
from reference.recounting import Recounting
from services.supervision.domain import measures, points
from services.supervision.domain.cards import Card, CardState, Colour, Person, face
from services.supervision.domain.measures import (
    TOLD,
    AnswerTerms,
    Measure,
    MeasureAnswered,
    MeasureClosed,
    MeasureDeadlineRecomputed,
    MeasureDismissed,
    MeasureEscalated,
    MeasureImposed,
    MeasureLapsed,
    MeasureProposed,
    MeasureRevoked,
    MeasureState,
    Said,
)
from services.supervision.domain.points import Points, Span
from services.supervision.domain.rules import RuleEdition, Sanction
from services.supervision.handlers.cards import who
from services.supervision.handlers.tower import Tower

#: What reasons and answers may have, in characters.
MAX_SAID: Final = 2000
#: What counts, or counted.
COUNTED: Final = tuple(face(colour, state) for colour in (Colour.YELLOW, Colour.RED) for state in CardState)


def weigh(*, tower: Tower, call: Call, card: Card) -> None:
    """After a card was raised, recovered or overturned: what its department and its person come to now.

    The highest rung that is reached is proposed, once a period; what was proposed for points that are gone lapses.
    Raises ``Stale`` (to be tried again), ``Unavailable`` (``reference_not_ready``).
    """
    if not card.points:
        return
    edition = tower.edition(card.center_id, call.now)
    period = points.span(edition.period, card.raised_at)
    theirs = cards_of(tower, card.center_id, card.department_key, period)
    _propose(tower, call, edition, period, card, None, points.add_up(theirs, edition))
    if card.person is not None:
        own = [each for each in theirs if each.person is not None and each.person.id == card.person.id]
        _propose(tower, call, edition, period, card, card.person, points.add_up(own, edition))


def cards_of(tower: Tower, center_id: str, department_key: str, period: Span) -> list[Card]:
    """A department's yellow and red cards of a period."""
    range = Range(least=to_ms(period.since), below=to_ms(period.until))
    return list(
        tower.cards.each("by_department", range=range, center_id=center_id, department_key=department_key, face=COUNTED)
    )


def _propose(
    tower: Tower, call: Call, edition: RuleEdition, period: Span, card: Card, person: Person | None, sum: Points
) -> None:
    rung = points.reached(sum.points, edition, person=person is not None)
    ladder = list(Sanction)
    known = [
        found
        for sanction in ladder
        if (found := tower.measures.find_by_id(_id(card, person, period.name, sanction))) is not None
    ]
    for each in known:
        if each.state is MeasureState.PROPOSED and (rung is None or each.sanction is not rung.sanction):
            lapsed = measures.step(each, measures.Act.LAPSE)
            tower.measures.save(lapsed, [MeasureLapsed(lapsed)], call)
    settled = (MeasureState.PROPOSED, MeasureState.LAPSED)
    if rung is None or any(
        each.state not in settled and ladder.index(each.sanction) >= ladder.index(rung.sanction) for each in known
    ):
        return
    proposed = measures.propose(
        center_id=card.center_id,
        department_key=card.department_key,
        person=person,
        period=period.name,
        rung=rung,
        points=sum,
        edition=edition,
        now=call.now,
    )
    before = next((each for each in known if each.id == proposed.id), None)
    if before is None:
        with contextlib.suppress(Duplicate):
            tower.measures.create(proposed, [MeasureProposed(proposed)], call)
    elif before.state is MeasureState.LAPSED:
        again = measures.propose_again(before, proposed)
        tower.measures.save(again, [MeasureProposed(again)], call)


def _id(card: Card, person: Person | None, period: str, sanction: Sanction) -> str:
    return measures.measure_id(card.center_id, card.department_key, person, period, sanction)


def decide_measure(
    *, tower: Tower, call: Call, measure_id: str, imposed: bool, reason: str, expected_version: int
) -> Measure:
    """A supervisor imposes what was proposed, or dismisses it, with reasons (rules G05).

    Raises ``NotFound``, ``Forbidden`` (``own_measure``), ``Stale``, ``Invalid``, ``Conflict`` (``measure_not_proposed``),
    ``Unavailable`` (``reference_not_ready``).
    """
    measure = measure_of(tower, call, measure_id)
    check_version(measure, expected_version)
    said = _said(call, reason, "reason")
    terms = _terms(tower, measure.center_id)
    decided = measures.decide(measure, imposed=imposed, said=said, terms=terms)
    saved = tower.measures.save(decided, [MeasureImposed(decided) if imposed else MeasureDismissed(decided)], call)
    return recounting_measures(tower).by_the_present(call, saved, terms.calendar)


def answer_measure(*, tower: Tower, call: Call, measure_id: str, text: str, expected_version: int) -> Measure:
    """Whoever it is about answers: the person, or the department's chief.

    Raises ``NotFound``, ``Forbidden`` (``not_yours``), ``Stale``, ``Invalid``, ``Conflict`` (``measure_not_imposed``).
    """
    measure = measure_of(tower, call, measure_id)
    if not _is_about(measure, call):
        raise Forbidden("not_yours", "只能由本人（部门的由首席代表）答复。")
    check_version(measure, expected_version)
    answered = measures.answer(measure, _said(call, text, "text"))
    return tower.measures.save(answered, [MeasureAnswered(answered)], call)


def conclude_measure(
    *, tower: Tower, call: Call, measure_id: str, revoked: bool, note: str, expected_version: int
) -> Measure:
    """A supervisor records that it was carried out, or takes it back.

    Raises ``NotFound``, ``Forbidden`` (``own_measure``), ``Stale``, ``Invalid``, ``Conflict`` (``measure_not_answered``,
    ``measure_not_imposed``).
    """
    measure = measure_of(tower, call, measure_id)
    check_version(measure, expected_version)
    concluded = measures.conclude(measure, revoked=revoked, said=_said(call, note, "note"))
    return tower.measures.save(concluded, [MeasureRevoked(concluded) if revoked else MeasureClosed(concluded)], call)


def unanswered(tower: Tower) -> Alarm:
    """What wakes up: measures that nobody answered in time."""

    def fire(measure: Any, call: Call) -> None:
        escalate_measure(tower=tower, call=call, measure=measure)

    return Alarm("supervision.measures", tower.measures, fire)


def escalate_measure(*, tower: Tower, call: Call, measure: Measure) -> None:
    """Takes a measure up to its next level (rules G05). Raises ``Stale``, ``Unavailable`` (``reference_not_ready``)."""
    calendar = tower.reference.calendar(measure.center_id)
    up = measures.escalate(measure, calendar, call.now)
    saved = tower.measures.save(up, [MeasureEscalated(up)], call)
    recounting_measures(tower).by_the_present(call, saved, calendar)


def recounting_measures(tower: Tower) -> Recounting[Measure]:
    """How the limits of measures that wait for an answer follow their center's calendar (许可法 82)."""
    imposed = MeasureState.IMPOSED.value
    return Recounting(
        service="supervision",
        reference=tower.reference,
        repository=tower.measures,
        center_of=lambda measure: measure.center_id,
        running=lambda center_id: tower.measures.each("by_center", center_id=center_id, state=imposed),
        count=measures.by_calendar,
        due_at=lambda measure: measure.answer_due_at,
        moved=lambda before, after, reason: MeasureDeadlineRecomputed(after, before.answer_due_at, reason),
    )


def _terms(tower: Tower, center_id: str) -> AnswerTerms:
    policy = tower.reference.policy(center_id)
    levels = tuple(policy.data("measure_escalation_levels"))
    return AnswerTerms(policy.integer("measure_answer_days"), levels, tower.reference.calendar(center_id))


def measure_of(tower: Tower, call: Call, measure_id: str) -> Measure:
    """A measure of the actor's center; whoever it is about sees it once it is imposed. Raises ``NotFound``, ``Forbidden``."""
    measure = tower.measures.find_by_id(measure_id)
    if measure is None:
        raise NotFound("measure_not_found", "没有找到这项追责处理，请核对后重试。")
    call.actor.require_center(measure.center_id)
    if call.actor.has("supervisor", "manager"):
        return measure
    chief = call.actor.has("chief") and call.actor.department == measure.department_key
    if measure.state not in TOLD or not (chief or _is_about(measure, call)):
        raise NotFound("measure_not_found", "没有找到这项追责处理，请核对后重试。")
    return measure


def points_now(tower: Tower, call: Call, measure: Measure) -> int:
    """What counts by now in a measure's period: appeals may have taken points back since it was proposed.

    Raises ``Unavailable`` (``reference_not_ready``).
    """
    found = [card for id in measure.cards if (card := tower.cards.find_by_id(id)) is not None]
    return points.add_up(found, tower.edition(measure.center_id, call.now)).points


def _is_about(measure: Measure, call: Call) -> bool:
    if measure.person is not None:
        return call.actor.id == measure.person.id
    return call.actor.has("chief", "manager") and call.actor.department == measure.department_key


def _said(call: Call, text: str, field: str) -> Said:
    return Said(clean(text, field=field, max_length=MAX_SAID, multiline=True), who(call), call.now)
