"""What may become of a case, and what may not: the whole table."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY
from kit.workdays import Limit
from services.approval_routing.domain import clock, extending, outcomes, steps
from services.approval_routing.domain.case import Case, CaseState, StepState
from services.approval_routing.domain.decision import Decision, DeliveryMethod
from services.approval_routing.domain.outcomes import ItemTerms
from services.approval_routing.domain.worker import Worker
from services.approval_routing.tests.case_samples import (
    ALL_ROLES,
    APPROVAL,
    CHIEF,
    DENIAL,
    OTHER,
    STRANGER,
    at_last,
    calendar,
    claimed,
    decided,
    delivered,
    extended,
    issued,
    opened,
    paused,
)

SITUATIONS: dict[str, Callable[[], Case]] = {
    "first step open": opened,
    "first step claimed": claimed,
    "last step claimed": at_last,
    "paused": paused,
    "extension pending": extended,
    "extended": lambda: extended(reviewed=False),
    "approved": decided,
    "denied": lambda: decided(DENIAL),
    "issued": issued,
    "delivered": lambda: delivered(issued()),
    "undelivered": lambda: outcomes.return_result(issued(), reason="无人领取"),
}

ACTIONS: dict[str, Callable[[Case, Worker], Case]] = {
    "claim": lambda it, who: steps.claim(it, who, now=MONDAY),
    "release": lambda it, who: steps.release(it, who, now=MONDAY),
    "pass": lambda it, who: steps.pass_on(it, who, opinion="", now=MONDAY),
    "return": lambda it, who: steps.send_back(it, who, reason="重审", now=MONDAY),
    "reject": lambda it, who: steps.reject(it, who, reason="不符合", now=MONDAY),
    "approve": lambda it, who: outcomes.decide(it, who, APPROVAL, calendar(), delivery_days=10),
    "deny": lambda it, who: outcomes.decide(it, who, DENIAL, calendar(), delivery_days=10),
    "pause": lambda it, who: clock.pause(
        it, who, calendar(), kind="expert_review", expected_days=5, reason="评审", now=MONDAY
    ),
    "resume": lambda it, who: clock.resume(it, who, calendar(), now=MONDAY),
    "extend": lambda it, who: extended(it, who),
    "review": lambda it, who: extending.review(it, who, calendar(), granted=True, opinion="", now=MONDAY),
    "issue": lambda it, who: outcomes.issue_result(it, number="1", now=MONDAY),
    "deliver": lambda it, who: delivered(it),
    "return result": lambda it, who: outcomes.return_result(it, reason="无人领取"),
}

LEGAL: dict[tuple[str, str], CaseState] = {
    ("first step open", "claim"): CaseState.IN_PROGRESS,
    ("first step claimed", "release"): CaseState.IN_PROGRESS,
    ("first step claimed", "pass"): CaseState.IN_PROGRESS,
    ("first step claimed", "reject"): CaseState.IN_PROGRESS,
    ("first step claimed", "pause"): CaseState.PAUSED,
    ("last step claimed", "release"): CaseState.IN_PROGRESS,
    ("last step claimed", "return"): CaseState.IN_PROGRESS,
    ("last step claimed", "approve"): CaseState.APPROVED,
    ("last step claimed", "deny"): CaseState.DENIED,
    ("last step claimed", "pause"): CaseState.PAUSED,
    ("paused", "resume"): CaseState.IN_PROGRESS,
    ("extension pending", "release"): CaseState.IN_PROGRESS,
    ("extension pending", "pass"): CaseState.IN_PROGRESS,
    ("extension pending", "reject"): CaseState.IN_PROGRESS,
    ("extension pending", "pause"): CaseState.PAUSED,
    ("extended", "release"): CaseState.IN_PROGRESS,
    ("extended", "pass"): CaseState.IN_PROGRESS,
    ("extended", "reject"): CaseState.IN_PROGRESS,
    ("extended", "pause"): CaseState.PAUSED,
    ("extension pending", "review"): CaseState.IN_PROGRESS,
    ("first step claimed", "extend"): CaseState.IN_PROGRESS,
    ("last step claimed", "extend"): CaseState.IN_PROGRESS,
    ("paused", "extend"): CaseState.PAUSED,
    ("approved", "issue"): CaseState.ISSUED,
    ("denied", "deliver"): CaseState.DELIVERED,
    ("denied", "return result"): CaseState.UNDELIVERED,
    ("issued", "deliver"): CaseState.DELIVERED,
    ("issued", "return result"): CaseState.UNDELIVERED,
}


@pytest.mark.parametrize(("situation", "action"), LEGAL)
def test_a_legal_transition_leads_where_it_should(situation: str, action: str) -> None:
    assert ACTIONS[action](SITUATIONS[situation](), ALL_ROLES).state is LEGAL[situation, action]


@pytest.mark.parametrize(("situation", "action"), [pair for pair in product(SITUATIONS, ACTIONS) if pair not in LEGAL])
def test_every_other_transition_is_refused(situation: str, action: str) -> None:
    with pytest.raises((Conflict, Forbidden)) as refused:
        ACTIONS[action](SITUATIONS[situation](), ALL_ROLES)
    # Only the pause or extension of a step that nobody holds is a question of who asks.
    by_who = [("first step open", "pause"), ("first step open", "extend")]
    assert isinstance(refused.value, Conflict) or (situation, action) in by_who


@pytest.mark.parametrize(
    "action", ["claim", "release", "pass", "return", "reject", "approve", "deny", "pause", "extend"]
)
@pytest.mark.parametrize("who", [OTHER, STRANGER], ids=["a colleague", "a stranger"])
def test_nobody_acts_on_a_step_that_somebody_else_holds(action: str, who: Worker) -> None:
    with pytest.raises((Forbidden, Conflict)):
        ACTIONS[action](at_last(), who)


def test_role_and_department_decide_who_may_claim_and_the_chief_may_all_of_the_department() -> None:
    case = opened()
    assert steps.claim(case, CHIEF, now=MONDAY).steps[0].assignee_id == CHIEF.id
    for worker in (
        STRANGER,
        replace(ALL_ROLES, roles=frozenset({"approver"})),
        replace(ALL_ROLES, department=""),
        replace(CHIEF, department="elsewhere"),
    ):
        with pytest.raises(Forbidden, match="step_not_allowed"):
            steps.claim(case, worker, now=MONDAY)


def test_a_chief_gives_back_the_step_of_somebody_who_is_away() -> None:
    released = steps.release(claimed(), CHIEF, now=MONDAY)
    assert (released.steps[0].state, released.steps[0].assignee_id) == (StepState.OPEN, "")


def test_passing_opens_the_next_step_for_anybody_entitled() -> None:
    case = steps.pass_on(claimed(), ALL_ROLES, opinion="材料属实", now=MONDAY)
    assert [step.state for step in case.steps] == [StepState.PASSED, StepState.OPEN, StepState.WAITING]
    assert (case.current_step, case.steps[0].opinion) == ("b", "材料属实")
    assert steps.claim(case, OTHER, now=MONDAY).steps[1].assignee_id == OTHER.id


def test_returning_reopens_the_step_before_with_its_reason() -> None:
    case = steps.send_back(at_last(), ALL_ROLES, reason="意见不明", now=MONDAY)
    assert [step.state for step in case.steps] == [StepState.PASSED, StepState.OPEN, StepState.WAITING]
    assert (case.steps[1].return_reason, case.steps[1].returns, case.steps[1].opinion) == ("意见不明", 1, "")
    assert case.steps[2].assignee_id == ""


def test_a_proposed_denial_goes_to_the_deciding_step_and_comes_back_to_who_proposed_it() -> None:
    proposed = steps.reject(claimed(), ALL_ROLES, reason="不符合条件", now=MONDAY)
    assert [step.state for step in proposed.steps] == [StepState.REJECTED, StepState.WAITING, StepState.OPEN]
    returned = steps.send_back(claimed(proposed), ALL_ROLES, reason="再核", now=MONDAY)
    assert [step.state for step in returned.steps] == [StepState.OPEN, StepState.WAITING, StepState.WAITING]


def test_a_proposed_denial_is_not_approved_over_the_heads_of_the_steps() -> None:
    proposed = claimed(steps.reject(claimed(), ALL_ROLES, reason="不符合条件", now=MONDAY))
    with pytest.raises(Conflict, match="steps_not_passed"):
        outcomes.decide(proposed, ALL_ROLES, APPROVAL, calendar(), delivery_days=10)
    denied = outcomes.decide(proposed, ALL_ROLES, DENIAL, calendar(), delivery_days=10)
    assert denied.state is CaseState.DENIED


@pytest.mark.parametrize(
    ("denial", "error"),
    [
        (replace(DENIAL, reason=""), Invalid),
        (replace(DENIAL, basis=""), Invalid),
        (replace(DENIAL, rights=""), Conflict),
    ],
    ids=["no reason", "no basis", "no rights"],
)
def test_a_denial_without_one_of_its_three_parts_cannot_be_issued(denial: Decision, error: type[Exception]) -> None:
    with pytest.raises(error, match="denial_"):
        outcomes.decide(at_last(), ALL_ROLES, denial, calendar(), delivery_days=10)


def test_an_item_without_steps_is_done_by_the_departments_chief() -> None:
    terms = ItemTerms((), Limit.same_day(), None, (), "证明", False)
    case = steps.claim(opened(terms, "immediate"), CHIEF, now=MONDAY)
    assert outcomes.decide(case, CHIEF, APPROVAL, calendar(), delivery_days=10).state is CaseState.APPROVED


def test_post_needs_a_tracking_number_and_the_window_a_receiver() -> None:
    with pytest.raises(Invalid, match="tracking_number_required"):
        outcomes.deliver(issued(), method=DeliveryMethod.POST, received_by="", tracking_number="", now=MONDAY)
    with pytest.raises(Invalid, match="receiver_required"):
        outcomes.deliver(issued(), method=DeliveryMethod.WINDOW, received_by="", tracking_number="", now=MONDAY)
    electronic = outcomes.deliver(
        issued(), method=DeliveryMethod.ELECTRONIC, received_by="", tracking_number="", now=MONDAY
    )
    assert electronic.state is CaseState.DELIVERED
