"""Every act in every state, from the tables: what they don't allow is refused and writes nothing (rules Q01, Q06)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC, Actor
from kit.call import Call
from kit.testing import actor, refused
from reference.testing import DEPARTMENT
from services.evaluation import handlers
from services.evaluation.domain import evaluation as evaluations
from services.evaluation.domain import rectification as rectifications
from services.evaluation.domain.evaluation import Evaluation, EvaluationAct, EvaluationState, Level
from services.evaluation.domain.rectification import Answer, Owner, Rectification, RectificationAct, RectificationState

if TYPE_CHECKING:
    from services.evaluation.tests.conftest import Bench

SUPERVISOR = actor("supervisor", id="supervisor-1")
CHIEF = actor("chief", id="chief-1", department=DEPARTMENT)


def _invited(bench: "Bench") -> Evaluation:
    bench.finish_visit()
    invited = bench.desk.evaluations.find_unique("by_code", "code-1")
    assert invited is not None
    return invited


def _expire(bench: "Bench", it: Evaluation) -> None:
    bench.clock.advance(timedelta(days=30))
    handlers.expire_evaluation(desk=bench.desk, call=bench.now, evaluation=it)


EVALUATIONS: dict[EvaluationAct, tuple[Callable[["Bench", Evaluation], object], tuple[str, ...]]] = {
    EvaluationAct.SUBMIT: (
        lambda bench, _: bench.judge(Level.SATISFIED),
        ("already_evaluated", "evaluation_expired"),
    ),
    EvaluationAct.EXPIRE: (_expire, ("evaluation_not_open",)),
}


@pytest.mark.parametrize(("state", "act"), list(product(EvaluationState, EvaluationAct)), ids=str)
def test_an_evaluation_ends_once(bench: "Bench", state: EvaluationState, act: EvaluationAct) -> None:
    it = bench.desk.evaluations.save(replace(_invited(bench), state=state), [], bench.now)
    do, codes = EVALUATIONS[act]
    if state in evaluations.ALLOWED[act]:
        do(bench, it)
        assert bench.desk.evaluations.get(it.id).version > it.version
        return
    with refused(bench.store, *codes):
        do(bench, it)


def _by(bench: "Bench", who: Actor) -> Call:
    return Call(who, bench.clock.now())


def _review(accepted: bool) -> Callable[["Bench", Rectification], object]:
    return lambda bench, it: handlers.review_rectification(
        desk=bench.desk, call=_by(bench, SUPERVISOR), rectification_id=it.id, accepted=accepted, note="复查",
        expected_version=0,
    )  # fmt: skip


RECTIFICATIONS: dict[RectificationAct, tuple[Callable[["Bench", Rectification], object], str]] = {
    RectificationAct.ASSIGN: (
        lambda bench, it: handlers.assign_rectification(
            desk=bench.desk, call=_by(bench, SUPERVISOR), rectification_id=it.id, owner=Owner(""), expected_version=0
        ),
        "rectification_not_open",
    ),
    RectificationAct.ANSWER: (
        lambda bench, it: handlers.answer_rectification(
            desk=bench.desk, call=_by(bench, CHIEF), rectification_id=it.id, findings="属实", measures="已改",
            callback_note="已回访", expected_version=0,
        ),
        "rectification_not_open",
    ),
    RectificationAct.CLOSE: (_review(True), "rectification_not_answered"),
    RectificationAct.SEND_BACK: (_review(False), "rectification_not_answered"),
}  # fmt: skip


@pytest.mark.parametrize(("state", "act"), list(product(RectificationState, RectificationAct)), ids=str)
def test_a_rectification_does_what_its_state_allows(
    bench: "Bench", state: RectificationState, act: RectificationAct
) -> None:
    bench.finish_visit()
    judged = bench.judge(Level.DISSATISFIED)
    bench.receive(bench.told()[-1])
    opened = bench.desk.rectifications.get(judged.rectification_id)
    said = Answer("属实", "已改", "已回访")
    it = bench.desk.rectifications.save(replace(opened, state=state, answer=said), [], _by(bench, PUBLIC))
    do, code = RECTIFICATIONS[act]
    if state in rectifications.ALLOWED[act]:
        do(bench, it)
        assert bench.desk.rectifications.get(it.id).version > it.version
        return
    with refused(bench.store, code):
        do(bench, it)
