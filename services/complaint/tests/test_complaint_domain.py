"""The state machine: every step that the state doesn't allow is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kit.errors import Conflict
from kit.testing import MONDAY
from services.complaint import domain
from services.complaint.domain import (
    Assignee,
    CallBack,
    Complainant,
    Complaint,
    ComplaintState,
    Liability,
    Promise,
    Source,
    Subject,
    Topic,
)

PROMISE = Promise(MONDAY, provisional=False)


def filed(anonymous: bool = False) -> Complaint:
    return Complaint(
        id="c-1",
        number="TS610902-2026-00001",
        center_id="610902",
        source=Source.PAGE,
        topic=Topic.ATTITUDE,
        state=ComplaintState.FILED,
        text="态度差",
        complainant=None if anonymous else Complainant("张三", "13800005678"),
        subject=Subject("j-1"),
        promise=PROMISE,
        filed_at=MONDAY,
        code="code-1",
    )


FILED, ASSIGNED, LOOKED_INTO, ANSWERED, CALLED, CLOSED = ComplaintState
Step = Callable[[Complaint], Complaint]
#: Step → from which states → to which.
STEPS: dict[str, tuple[dict[ComplaintState, ComplaintState], Step]] = {
    "assign": (
        {FILED: ASSIGNED, ASSIGNED: ASSIGNED, LOOKED_INTO: LOOKED_INTO},
        lambda it: domain.assign(it, Assignee("x")),
    ),
    "investigate": (
        {ASSIGNED: LOOKED_INTO, LOOKED_INTO: LOOKED_INTO},
        lambda it: domain.investigate(it, "属实", Liability.SHARED),
    ),
    "answer": ({LOOKED_INTO: ANSWERED}, lambda it: domain.answer(it, "已处理", MONDAY)),
    "call_back": ({ANSWERED: CALLED}, lambda it: domain.call_back(it, CallBack(satisfied=True, note="满意"))),
    "close": ({CALLED: CLOSED}, lambda it: domain.close(it, MONDAY)),
    "reopen": ({CLOSED: FILED}, lambda it: domain.reopen(it, "再次发生", PROMISE)),
}


@pytest.mark.parametrize("state", ComplaintState)
@pytest.mark.parametrize("name", STEPS)
def test_each_step_from_each_state_goes_where_the_table_says_or_nowhere(name: str, state: ComplaintState) -> None:
    allowed, step = STEPS[name]
    complaint = replace(filed(), state=state)
    if state in allowed:
        assert step(complaint).state is allowed[state]
    else:
        with pytest.raises(Conflict):
            step(complaint)


def test_an_anonymous_one_is_closed_without_a_call_back() -> None:
    answered = replace(filed(anonymous=True), state=ANSWERED)
    assert domain.close(answered, MONDAY).state is CLOSED
    with pytest.raises(Conflict, match="complaint_anonymous"):
        domain.call_back(answered, CallBack(satisfied=True, note=""))


def test_a_known_complainant_is_called_back_before_it_is_closed() -> None:
    with pytest.raises(Conflict, match="callback_missing"):
        domain.close(replace(filed(), state=ANSWERED), MONDAY)


@pytest.mark.parametrize("satisfied", [True, False])
def test_it_is_looked_into_again_only_when_the_answer_did_not_satisfy(satisfied: bool) -> None:
    called = domain.call_back(replace(filed(), state=ANSWERED), CallBack(satisfied, "回访"))
    if satisfied:
        with pytest.raises(Conflict, match="complaint_state"):
            domain.investigate(called, "补充调查", Liability.DEPARTMENT)
    else:
        assert domain.investigate(called, "补充调查", Liability.DEPARTMENT).state is LOOKED_INTO


def test_reopening_promises_anew_and_forgets_the_old_end() -> None:
    closed = replace(filed(), state=CLOSED, answered_at=MONDAY, closed_at=MONDAY, call_back=CallBack(True, "满意"))
    reopened = domain.reopen(closed, "再次发生", PROMISE)
    assert (reopened.answered_at, reopened.closed_at, reopened.call_back) == (None, None, None)


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=60))
def test_no_sequence_of_steps_reopens_it_twice(names: list[str]) -> None:
    complaint = filed()
    for name in names:
        try:
            complaint = STEPS[name][1](complaint)
        except Conflict:
            continue
    assert complaint.reopened <= 1


class LifeOfAComplaint(RuleBasedStateMachine):
    """Steps in any order; what must hold of a complaint at every moment."""

    @initialize(anonymous=st.booleans())
    def file(self, anonymous: bool) -> None:
        self.it = filed(anonymous)
        self.closings = 0

    @rule(name=st.sampled_from(["assign", "investigate", "answer", "reopen"]))
    def step(self, name: str) -> None:
        self._try(STEPS[name][1])

    @rule(satisfied=st.booleans())
    def call_back(self, satisfied: bool) -> None:
        self._try(lambda it: domain.call_back(it, CallBack(satisfied, "回访")))

    @rule()
    def close(self) -> None:
        before = self.it
        self._try(lambda it: domain.close(it, MONDAY))
        self.closings += self.it is not before

    @precondition(lambda self: self.it.state is CLOSED)
    @rule()
    def nothing_but_reopening_moves_a_closed_one(self) -> None:
        for name, (_, step) in STEPS.items():
            if name != "reopen":
                with pytest.raises(Conflict):
                    step(self.it)

    @invariant()
    def an_end_has_an_answer_and_an_answer_has_findings(self) -> None:
        if self.it.state in (ANSWERED, CALLED, CLOSED):
            assert self.it.answered_at is not None
            assert self.it.findings
        if self.it.state is CLOSED:
            assert self.it.closed_at is not None
            assert self.it.complainant is None or self.it.call_back is not None

    @invariant()
    def it_is_closed_twice_at_the_most(self) -> None:
        assert self.closings <= 2

    def _try(self, step: Step) -> None:
        try:
            self.it = step(self.it)
        except Conflict:
            return


TestLifeOfAComplaint = LifeOfAComplaint.TestCase
