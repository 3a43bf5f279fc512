"""Any order of steps by anybody: what must always hold of a case, holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY, examples
from services.approval_routing.domain import clock, extending, outcomes, steps
from services.approval_routing.domain.case import Case, CaseState, StepState
from services.approval_routing.domain.decision import Decision
from services.approval_routing.domain.extension import ExtensionState
from services.approval_routing.domain.worker import Worker
from services.approval_routing.tests.case_samples import (
    ALL_ROLES,
    APPROVAL,
    CHIEF,
    DENIAL,
    OTHER,
    STRANGER,
    calendar,
    delivered,
    extended,
    opened,
)


class CaseMachine(RuleBasedStateMachine):
    """Any order of steps by anybody: what must always hold, holds."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.case = opened()

    def _try(self, act: Callable[[Case], Case]) -> None:
        before = self.case
        try:
            self.case = act(before)
        except (Conflict, Forbidden, Invalid):
            assert self.case is before

    workers = st.sampled_from([ALL_ROLES, OTHER, CHIEF, STRANGER])

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(who=workers)
    def claim(self, who: Worker) -> None:
        self._try(lambda it: steps.claim(it, who, now=self.now))

    @rule(who=workers)
    def release(self, who: Worker) -> None:
        self._try(lambda it: steps.release(it, who, now=self.now))

    @rule(who=workers)
    def pass_on(self, who: Worker) -> None:
        self._try(lambda it: steps.pass_on(it, who, opinion="", now=self.now))

    @rule(who=workers)
    def send_back(self, who: Worker) -> None:
        self._try(lambda it: steps.send_back(it, who, reason="重审", now=self.now))

    @rule(who=workers)
    def reject(self, who: Worker) -> None:
        self._try(lambda it: steps.reject(it, who, reason="不符合", now=self.now))

    @rule(who=workers)
    def pause(self, who: Worker) -> None:
        self._try(
            lambda it: clock.pause(
                it, who, calendar(), kind="expert_review", expected_days=5, reason="评审", now=self.now
            )
        )

    @rule(who=workers)
    def resume(self, who: Worker) -> None:
        self._try(lambda it: clock.resume(it, who, calendar(), now=self.now))

    @rule(who=workers, amount=st.integers(0, 12), reviewed=st.booleans())
    def extend(self, who: Worker, amount: int, reviewed: bool) -> None:
        self._try(lambda it: extended(it, who, amount=amount, reviewed=reviewed, now=self.now))

    @rule(granted=st.booleans())
    def review(self, granted: bool) -> None:
        self._try(lambda it: extending.review(it, CHIEF, calendar(), granted=granted, opinion="理由不足", now=self.now))

    @rule(who=workers, decision=st.sampled_from([APPROVAL, DENIAL]))
    def decide(self, who: Worker, decision: Decision) -> None:
        at = replace(decision, decided_at=self.now)
        self._try(lambda it: outcomes.decide(it, who, at, calendar(), delivery_days=10))

    @rule()
    def issue(self) -> None:
        self._try(lambda it: outcomes.issue_result(it, number="1", now=self.now))

    @rule()
    def deliver(self) -> None:
        self._try(delivered)

    @invariant()
    def one_step_is_current_until_it_is_decided(self) -> None:
        current = [step for step in self.case.steps if step.state in (StepState.OPEN, StepState.CLAIMED)]
        assert len(current) == (1 if self.case.state.undecided else 0)
        assert [step.key for step in current] == ([self.case.current_step] if self.case.current_step else [])

    @invariant()
    def a_claimed_step_has_one_entitled_holder(self) -> None:
        for step in self.case.steps:
            if step.state is StepState.CLAIMED:
                assert step.assignee_id in (ALL_ROLES.id, OTHER.id, CHIEF.id)

    @invariant()
    def an_approval_passed_every_step(self) -> None:
        if self.case.state in (CaseState.APPROVED, CaseState.ISSUED):
            assert all(step.state is StepState.PASSED for step in self.case.steps)

    @invariant()
    def the_due_date_is_open_only_while_a_pause_holds_it(self) -> None:
        pause = self.case.open_pause
        assert (pause is not None) == (self.case.state is CaseState.PAUSED)
        # A pause that begins when it is already overdue doesn't make it less so.
        overdue = pause is not None and self.case.due_at is not None and self.case.due_at < pause.started_at
        assert (self.case.due_at is None) == (pause is not None and not overdue)

    @invariant()
    def the_promise_ends_no_later_than_the_law(self) -> None:
        if self.case.due_at is not None and self.case.statutory_due_at is not None:
            assert self.case.accepted_at < self.case.due_at <= self.case.statutory_due_at

    @invariant()
    def it_is_extended_once_at_the_most(self) -> None:
        states = [extension.state for extension in self.case.extensions]
        assert states.count(ExtensionState.GRANTED) <= 1
        assert all(state is ExtensionState.REFUSED for state in states[:-1])

    @invariant()
    def a_decision_starts_the_second_clock(self) -> None:
        assert (self.case.decision is None) == (self.case.delivery_due_at is None)


TestCaseMachine = CaseMachine.TestCase
TestCaseMachine.settings = settings(max_examples=examples(60), stateful_step_count=30)
