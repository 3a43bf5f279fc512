"""Steps side by side, left out, taken back, at several sites at once (rules C17, C19, F08, L02)."""

from datetime import datetime
from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from reference import Elsewhere, ElsewherePlace, Step
from reference.testing import sample_item
from services.approval_routing.domain.case import Case, StepState
from services.approval_routing.handlers import work
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, REVIEWER, Bench, MakeBench
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import parts_pb2 as parts

COUNTY = Elsewhere("part", (ElsewherePlace("610903.county", "610903", "minzheng", 5),))
CITY = Elsewhere("part", (ElsewherePlace("610900.city", "610900", "minzheng", 5),))


def bench_with(make_bench: MakeBench, *steps: Step, **item: Any) -> Bench:
    return make_bench(items=[sample_item(steps=steps, **item)])


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """An item with an examination, then a look at the site beside experts, then the decision."""
    return bench_with(
        make_bench,
        Step("examine", "审查", "reviewer"),
        Step("site", "踏勘", "reviewer", after=("examine",)),
        Step("experts", "评审", "approver", after=("examine",)),
        Step("decide", "决定", "approver", after=("site", "experts")),
    )


def running(case: Case) -> list[str]:
    return [step.key for step in case.steps if step.state.running]


def examined(bench: Bench) -> Case:
    case = bench.opened()
    bench.claim(case)
    return bench.pass_step(case)


def both_done(bench: Bench) -> Case:
    case = examined(bench)
    for who in (REVIEWER, APPROVER):
        bench.claim(case, who)
        case = bench.pass_step(case, who)
    return bench.claim(case, APPROVER)


def returned(bench: Bench, case: Case, to: str) -> Case:
    return work.return_step(
        office=bench.office, call=bench.by(APPROVER), case_id=case.id, reason="重做", expected_version=0, to_step=to
    )


def test_what_follows_one_step_runs_side_by_side_and_joins_again(bench: Bench) -> None:
    case = examined(bench)
    assert running(case) == ["site", "experts"]
    bench.claim(case, REVIEWER)
    bench.claim(case, APPROVER)
    assert running(bench.pass_step(case, APPROVER)) == ["site"]
    case = bench.pass_step(case, REVIEWER)
    assert (running(case), case.current_step) == (["decide"], "decide")


def test_who_may_take_several_says_which(bench: Bench) -> None:
    case = examined(bench)
    with pytest.raises(Conflict) as refused:
        bench.claim(case, CHIEF)
    assert refused.value.code == "step_key_required"
    assert "踏勘" in refused.value.message
    case = work.claim_step(
        office=bench.office, call=bench.by(CHIEF), case_id=case.id, expected_version=0, step_key="experts"
    )
    assert [step.assignee_id for step in case.steps] == ["reviewer-1", "", "chief-1", ""]


def test_a_step_that_is_not_on_is_not_taken(bench: Bench) -> None:
    case = examined(bench)
    with pytest.raises(Conflict) as refused:
        work.claim_step(
            office=bench.office, call=bench.by(APPROVER), case_id=case.id, expected_version=0, step_key="decide"
        )
    assert refused.value.code == "step_not_running"


def test_nobody_passes_what_somebody_else_took(bench: Bench) -> None:
    case = examined(bench)
    bench.claim(case, APPROVER)
    with pytest.raises((Conflict, Forbidden)):
        work.pass_step(
            office=bench.office,
            call=bench.by(REVIEWER),
            case_id=case.id,
            opinion="",
            expected_version=0,
            step_key="experts",
        )


def test_a_proposed_denial_waits_for_what_runs_beside_it(bench: Bench) -> None:
    case = examined(bench)
    bench.claim(case, REVIEWER)
    case = bench.reject(case, REVIEWER)
    assert running(case) == ["experts"]
    bench.claim(case, APPROVER)
    assert running(bench.pass_step(case, APPROVER)) == ["decide"]


def test_what_came_from_two_is_returned_to_the_one_that_is_named(bench: Bench) -> None:
    case = both_done(bench)
    with pytest.raises(Invalid) as refused:
        returned(bench, case, "")
    assert refused.value.code == "return_target_required"
    case = returned(bench, case, "site")
    assert [step.state for step in case.steps] == [
        StepState.PASSED,
        StepState.OPEN,
        StepState.PASSED,
        StepState.WAITING,
    ]


def test_a_return_to_the_first_step_has_all_between_done_again(bench: Bench) -> None:
    case = returned(bench, both_done(bench), "examine")
    assert [step.state for step in case.steps] == [StepState.OPEN, *[StepState.WAITING] * 3]
    bench.claim(case)
    assert running(bench.pass_step(case)) == ["site", "experts"]


@pytest.mark.parametrize("to", ["decide", "nowhere"])
def test_a_return_goes_to_a_step_that_was_done_before(bench: Bench, to: str) -> None:
    with pytest.raises(Invalid) as refused:
        returned(bench, both_done(bench), to)
    assert refused.value.code == "return_target_invalid"


def test_a_branch_that_goes_back_leaves_the_other_alone(bench: Bench) -> None:
    case = examined(bench)
    bench.claim(case, APPROVER)
    bench.claim(case, REVIEWER)
    case = bench.send_back(case, REVIEWER)
    assert [step.state for step in case.steps[:3]] == [StepState.OPEN, StepState.WAITING, StepState.CLAIMED]


def say(bench: Bench, key: str, outcome: parts.PartOutcome.ValueType, at: datetime) -> None:
    said = federation.CaseStepAnswered(case_id="a-1", step_key=key, round=1, outcome=outcome, site="s", opinion="可")
    said.answered_at.FromDatetime(at)
    bench.deliver("federation", said)


def there(make_bench: MakeBench) -> tuple[Bench, Case]:
    bench = bench_with(
        make_bench,
        Step("examine", "审查", "reviewer"),
        Step("county", "邻县", "", "", COUNTY, after=("examine",)),
        Step("city", "市里", "", "", CITY, after=("examine",)),
        Step("here", "本地核查", "reviewer", after=("examine",)),
        Step("decide", "决定", "approver", after=("county", "city", "here")),
    )
    return bench, examined(bench)


def test_several_sites_have_their_steps_at_the_same_time(make_bench: MakeBench) -> None:
    bench, case = there(make_bench)
    assert running(case) == ["county", "city", "here"]
    assert bench.told().count("step_sent_elsewhere") == 2
    assert bench.papers.carried == ["a-1"]
    say(bench, "city", parts.PART_OUTCOME_AGREED, bench.clock.now())
    bench.claim(case, REVIEWER)
    bench.pass_step(case, REVIEWER)
    assert running(bench.now_of("a-1")) == ["county"]
    say(bench, "county", parts.PART_OUTCOME_AGREED, bench.clock.now())
    assert running(bench.now_of("a-1")) == ["decide"]


def test_what_one_site_gives_back_leaves_the_other_where_it_is(make_bench: MakeBench) -> None:
    bench, _ = there(make_bench)
    back = federation.CaseStepReturned(case_id="a-1", step_key="county", round=1, reason="撤回")
    bench.deliver("federation", back)
    case = bench.now_of("a-1")
    assert [step.state for step in case.steps[:4]] == [
        StepState.OPEN,
        StepState.WAITING,
        StepState.ELSEWHERE,
        StepState.OPEN,
    ]
    bench.claim(case, REVIEWER, step_key="examine")
    bench.pass_step(case, REVIEWER, step_key="examine")
    assert [(step.state, step.round) for step in bench.now_of("a-1").steps[1:3]] == [
        (StepState.ELSEWHERE, 2),
        (StepState.ELSEWHERE, 1),
    ]
