"""The two state machines: every transition that the state doesn't allow is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Conflict, Invalid
from kit.testing import MONDAY
from kit.workdays import Limit, Unit, due
from reference.testing import sample_calendar
from services.evaluation.domain import evaluation as evaluations
from services.evaluation.domain import rectification as rectifications
from services.evaluation.domain.evaluation import (
    Channel,
    Evaluation,
    EvaluationState,
    Judgement,
    Level,
    Subject,
    SubjectKind,
)
from services.evaluation.domain.rectification import Answer, Owner, Rectification, RectificationState

SUBJECT = Subject(
    SubjectKind.VISIT,
    "t-1",
    "610902",
    "食品经营许可",
    "shichang-jianguan",
    "01",
    "staff-9",
    "王工",
    "j-1",
    "code-1",
    True,
)
CALENDAR = sample_calendar()


def judgement(level: Level = Level.VERY_DISSATISFIED) -> Judgement:
    return Judgement(level, (), "", Channel.QR)


def invited() -> Evaluation:
    return evaluations.invite(SUBJECT, MONDAY, 7)


def opened(named: bool = True) -> Rectification:
    negative = evaluations.submit(replace(invited(), subject=replace(SUBJECT, named=named)), judgement(), MONDAY)
    return rectifications.open_for(negative, due(MONDAY, Limit(5, Unit.WORKING_DAY), CALENDAR))


# ── Evaluations ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("level", Level)
def test_the_last_two_levels_are_negative(level: Level) -> None:
    assert level.negative == (level.value in (4, 5))


def test_an_invitation_stands_to_the_end_of_its_seventh_day() -> None:
    # Monday, 23 November; the 30th ends at 16:00 UTC.
    assert invited().expires_at == datetime(2026, 11, 30, 15, 59, 59, 999000, tzinfo=UTC)


def test_a_service_is_judged_once() -> None:
    judged = evaluations.submit(invited(), judgement(), MONDAY)
    with pytest.raises(Conflict, match="already_evaluated"):
        evaluations.submit(judged, judgement(Level.SATISFIED), MONDAY)


def test_the_last_instant_is_in_time_and_the_next_one_late() -> None:
    open_one = invited()
    assert evaluations.submit(open_one, judgement(), open_one.expires_at).state is EvaluationState.SUBMITTED
    with pytest.raises(Conflict, match="evaluation_expired"):
        evaluations.submit(open_one, judgement(), open_one.expires_at + timedelta(milliseconds=1))


def test_an_expired_evaluation_has_no_level_and_is_not_negative() -> None:
    expired = evaluations.expire(invited(), MONDAY + timedelta(days=8))
    assert expired.judgement is None
    assert not expired.negative
    assert expired.rectification_id == ""


@given(st.lists(st.tuples(st.sampled_from(["submit", "expire"]), st.integers(0, 20)), max_size=8))
def test_an_evaluation_ends_once_and_stays_as_it_ended(steps: list[tuple[str, int]]) -> None:
    now, evaluation = MONDAY, invited()
    for step, days in steps:
        now += timedelta(days=days)
        before = evaluation
        late = now > before.expires_at
        allowed = before.state is EvaluationState.INVITED and (late if step == "expire" else not late)
        try:
            evaluation = (
                evaluations.submit(evaluation, judgement(), now)
                if step == "submit"
                else evaluations.expire(evaluation, now)
            )
        except Conflict:
            assert not allowed
            assert evaluation is before
        else:
            assert allowed


# ── Rectifications ───────────────────────────────────────────────────────────────────────────────────────────────

ANSWER = Answer("核实情况属实", "已培训", "已电话回访")
Step = Callable[[Rectification], Rectification]
STEPS: dict[str, tuple[RectificationState, RectificationState, Step]] = {
    "assign": (RectificationState.OPEN, RectificationState.OPEN, lambda it: rectifications.assign(it, Owner("x"))),
    "answer": (
        RectificationState.OPEN,
        RectificationState.ANSWERED,
        lambda it: rectifications.answer(it, ANSWER, MONDAY),
    ),
    "close": (
        RectificationState.ANSWERED,
        RectificationState.CLOSED,
        lambda it: rectifications.close(it, "", MONDAY),
    ),
    "send_back": (
        RectificationState.ANSWERED,
        RectificationState.OPEN,
        lambda it: rectifications.send_back(it, "措施不具体"),
    ),
}


def test_whoever_handled_the_service_owns_its_rectification() -> None:
    assert opened().owner == Owner("shichang-jianguan", "staff-9", "王工")


def test_it_is_due_after_the_working_days() -> None:
    assert opened().due_at == datetime(2026, 11, 30, 15, 59, 59, 999000, tzinfo=UTC)


@pytest.mark.parametrize("level", [Level.VERY_SATISFIED, Level.SATISFIED, Level.FAIRLY_SATISFIED])
def test_only_a_negative_evaluation_opens_one(level: Level) -> None:
    positive = evaluations.submit(invited(), judgement(level), MONDAY)
    with pytest.raises(Conflict, match="evaluation_not_negative"):
        rectifications.open_for(positive, due(MONDAY, Limit(5, Unit.WORKING_DAY), CALENDAR))


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
def test_a_rectification_goes_only_where_its_state_allows(names: list[str]) -> None:
    rectification = opened()
    for name in names:
        before, after, step = STEPS[name]
        if rectification.state is before:
            rectification = step(rectification)
            assert rectification.state is after
        else:
            with pytest.raises(Conflict):
                step(rectification)


def test_sending_back_counts_and_keeps_the_due_date() -> None:
    answered = rectifications.answer(opened(), ANSWER, MONDAY)
    back = rectifications.send_back(answered, "措施不具体")
    assert (back.sent_back, back.due_at, back.review_note) == (1, answered.due_at, "措施不具体")


def test_sending_back_says_why() -> None:
    with pytest.raises(Invalid, match="review_note_required"):
        rectifications.send_back(rectifications.answer(opened(), ANSWER, MONDAY), "")


def test_a_named_one_is_not_closed_before_the_call_back() -> None:
    answered = rectifications.answer(opened(), replace(ANSWER, callback_note=""), MONDAY)
    with pytest.raises(Conflict, match="callback_missing"):
        rectifications.close(answered, "", MONDAY)


def test_an_unnamed_one_is_closed_without_a_call_back() -> None:
    answered = rectifications.answer(opened(named=False), replace(ANSWER, callback_note=""), MONDAY)
    assert rectifications.close(answered, "", MONDAY).state is RectificationState.CLOSED


# ── Every act in every state ─────────────────────────────────────────────────────────────────────────────────────

_LATE = MONDAY + timedelta(days=30)
_EVALUATIONS: dict[EvaluationState, Callable[[], Evaluation]] = {
    EvaluationState.INVITED: invited,
    EvaluationState.SUBMITTED: lambda: evaluations.submit(invited(), judgement(), MONDAY),
    EvaluationState.EXPIRED: lambda: evaluations.expire(invited(), _LATE),
}
_OF_EVALUATIONS: dict[str, tuple[Callable[[Evaluation], Evaluation], EvaluationState | None]] = {
    "submit": (lambda it: evaluations.submit(it, judgement(), MONDAY), EvaluationState.SUBMITTED),
    "submit late": (lambda it: evaluations.submit(it, judgement(), _LATE), None),
    "expire": (lambda it: evaluations.expire(it, _LATE), EvaluationState.EXPIRED),
    "expire early": (lambda it: evaluations.expire(it, MONDAY), None),
}


@pytest.mark.parametrize("act", sorted(_OF_EVALUATIONS))
@pytest.mark.parametrize("state", EvaluationState)
def test_only_an_invitation_is_answered_or_expires_and_in_its_time(state: EvaluationState, act: str) -> None:
    do, leads_to = _OF_EVALUATIONS[act]
    if state is EvaluationState.INVITED and leads_to is not None:
        assert do(_EVALUATIONS[state]()).state is leads_to
    else:
        with pytest.raises(Conflict):
            do(_EVALUATIONS[state]())


@pytest.mark.parametrize("name", sorted(STEPS))
@pytest.mark.parametrize("state", RectificationState)
def test_each_step_of_a_rectification_from_each_state(state: RectificationState, name: str) -> None:
    answered = rectifications.answer(opened(), ANSWER, MONDAY)
    there = {
        RectificationState.OPEN: opened(),
        RectificationState.ANSWERED: answered,
        RectificationState.CLOSED: rectifications.close(answered, "", MONDAY),
    }
    before, after, step = STEPS[name]
    if state is before:
        assert step(there[state]).state is after
    else:
        with pytest.raises(Conflict):
            step(there[state])
