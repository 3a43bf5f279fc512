"""Steps that other sites do: the case goes there by itself, waits, and takes what they say (rules F01, P01; 许可法 43)."""

from datetime import timedelta
from typing import Any

import pytest

from kit.errors import Conflict
from reference import Elsewhere, ElsewherePlace, Step
from reference.testing import sample_item
from services.approval_routing.domain.case import Case, CaseState, StepState
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.protos import applicant_message
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, REVIEWER, Bench, MakeBench
from tongban.approval_routing.v1 import events_pb2 as told
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import parts_pb2 as parts

CITY = "610900.city"
UP = Elsewhere("sent_up", (ElsewherePlace("parent"),))
PART = Elsewhere("part", (ElsewherePlace("610903.county", "610903", "minzheng", 5, "核查户籍"),))


def bench_with(make_bench: MakeBench, there: Elsewhere, **policy: Any) -> Bench:
    steps = (
        Step("examine", "审查", "reviewer"),
        Step("there", "其他站点", "", "", there),
        Step("decide", "决定", "approver"),
    )
    item = sample_item(steps=steps, special_procedures=("expert_review",))
    return make_bench({"parent_site": CITY, **policy}, items=[item])


@pytest.fixture
def up(make_bench: MakeBench) -> Bench:
    """An item that is reviewed here and decided by the city."""
    return bench_with(make_bench, UP)


@pytest.fixture
def joint(make_bench: MakeBench) -> Bench:
    """An item of which another county has a part."""
    return bench_with(make_bench, PART)


def sent(bench: Bench) -> Case:
    case = bench.opened()
    bench.claim(case)
    return bench.pass_step(case, opinion="齐全，建议准予")


def answer(
    bench: Bench,
    outcome: parts.PartOutcome.ValueType = parts.PART_OUTCOME_AGREED,
    *,
    round: int = 1,
    id: str = "",
    **more: Any,
) -> None:
    said = federation.CaseStepAnswered(
        case_id="a-1", step_key="there", round=round, outcome=outcome, site=CITY, answered_by="赵市长",
        opinion="符合条件", number="市准〔2026〕1号", **more,
    )  # fmt: skip
    said.answered_at.FromDatetime(bench.clock.now())
    bench.deliver("federation", said, id)


def test_a_case_that_comes_to_the_step_goes_there_with_its_files_and_nobody_here_can_take_it(up: Bench) -> None:
    case = sent(up)
    step = case.steps[1]
    assert (step.state, step.round, case.current_step) == (StepState.ELSEWHERE, 1, "there")
    assert step.elsewhere is not None
    assert step.elsewhere.places[0].site == CITY
    assert up.papers.carried == ["a-1"]
    assert up.told()[-2:] == ["step_passed", "step_sent_elsewhere"]
    for use in (up.claim, up.pass_step, up.release, up.send_back, up.reject, up.decide, up.pause):
        for who in (REVIEWER, CHIEF, APPROVER):
            with pytest.raises(Conflict, match="step_elsewhere"):
                use(case, who)
    assert up.now(case) == case


def test_the_promise_here_is_to_send_it_up_and_its_clock_stands_meanwhile(up: Bench) -> None:
    due = up.opened().due_at
    assert due is not None
    up.claim(up.now_of("a-1"))
    assert up.pass_step(up.now_of("a-1")).due_at is None
    up.pass_time(days=14)
    answer(up)
    case = up.now_of("a-1")
    assert case.due_at is not None
    assert case.due_at - due >= timedelta(days=14)
    assert case.open_pause is None


def test_the_lead_of_a_joint_case_has_one_clock_for_the_whole(joint: Bench) -> None:
    due = joint.opened().due_at
    joint.claim(joint.now_of("a-1"))
    assert joint.pass_step(joint.now_of("a-1")).due_at == due


def test_the_decision_above_stands_in_the_case_and_is_carried_out_here(up: Bench) -> None:
    sent(up)
    answer(up)
    case = up.now_of("a-1")
    step = case.steps[1]
    assert (step.state, step.assignee_name, step.opinion) == (StepState.PASSED, "赵市长", "符合条件")
    assert step.answer is not None
    assert (step.answer.site, step.answer.number) == (CITY, "市准〔2026〕1号")
    assert (case.current_step, up.told()[-1]) == ("decide", "step_answered_elsewhere")
    up.claim(case, APPROVER)
    with pytest.raises(Conflict, match="decided_above"):
        up.send_back(case, APPROVER)
    with pytest.raises(Conflict, match="decided_above"):
        up.decide(case, outcome=Outcome.DENIED, reason="不同意", basis="无")
    assert up.decide(case).state is CaseState.APPROVED


def test_a_refusal_above_is_told_with_its_own_reason_basis_and_rights(up: Bench) -> None:
    sent(up)
    answer(up, parts.PART_OUTCOME_REFUSED, basis="样例条例第八条", rights="可向省政府申请复议")
    case = up.now_of("a-1")
    assert (case.steps[1].state, case.current_step) == (StepState.REJECTED, "decide")
    up.claim(case, APPROVER)
    with pytest.raises(Conflict, match="decided_above"):
        up.decide(case)
    decision = up.decide(case, outcome=Outcome.DENIED).decision
    assert decision is not None
    assert (decision.reason, decision.basis, decision.rights) == ("符合条件", "样例条例第八条", "可向省政府申请复议")


def test_who_reviews_proposes_and_the_site_above_decides_all_the_same(up: Bench) -> None:
    case = up.opened()
    up.claim(case)
    assert up.reject(case).current_step == "there"
    answer(up)
    case = up.now_of("a-1")
    up.claim(case, APPROVER)
    assert up.decide(case).state is CaseState.APPROVED


def test_an_answer_counts_once_and_only_for_its_round(joint: Bench) -> None:
    sent(joint)
    answer(joint, id="said-1", round=2)
    assert joint.now_of("a-1").current_step == "there"
    answer(joint, id="said-2")
    once = joint.now_of("a-1")
    answer(joint, parts.PART_OUTCOME_REFUSED, id="said-2")
    answer(joint, parts.PART_OUTCOME_REFUSED, id="said-3")
    assert joint.now_of("a-1") == once


def test_a_part_may_be_asked_again_and_its_earlier_answer_then_counts_no_more(joint: Bench) -> None:
    sent(joint)
    answer(joint)
    case = joint.now_of("a-1")
    joint.claim(case, APPROVER)
    again = joint.send_back(case, APPROVER)
    assert (again.steps[1].state, again.steps[1].round) == (StepState.ELSEWHERE, 2)
    assert joint.papers.carried == ["a-1", "a-1"]
    answer(joint, id="late")
    assert joint.now_of("a-1") == again


def test_what_no_other_site_does_comes_back_to_whoever_sent_it_and_can_go_again(up: Bench) -> None:
    sent(up)
    returned = federation.CaseStepReturned(case_id="a-1", step_key="there", round=1, reason="撤回")
    up.deliver("federation", returned, "back-1")
    up.deliver("federation", returned, "back-2")
    case = up.now_of("a-1")
    assert (case.current_step, case.steps[0].state, case.steps[0].return_reason) == ("examine", StepState.OPEN, "撤回")
    assert case.due_at is not None
    assert up.told()[-1] == "step_came_back"
    up.claim(case)
    assert up.pass_step(case).steps[1].round == 2


def test_a_center_without_a_site_above_it_is_told_so_and_nothing_moves(make_bench: MakeBench) -> None:
    bench = bench_with(make_bench, UP, parent_site="")
    case = bench.opened()
    held = bench.claim(case)
    with pytest.raises(Conflict, match="parent_site_missing"):
        bench.pass_step(case)
    assert bench.now(case) == held
    assert bench.papers.carried == []


def test_the_applicant_sees_where_it_is_and_not_what_was_written(up: Bench) -> None:
    sent(up)
    answer(up)
    event = up.events[-1]
    case = told.StepAnsweredElsewhere.FromString(event.data).case
    assert case.steps[1].answer.opinion == "符合条件"
    seen = applicant_message(up.now_of("a-1")).steps[1]
    assert (seen.answer.site, seen.answer.opinion) == (CITY, "")
    assert seen.elsewhere.places[0].site == CITY
