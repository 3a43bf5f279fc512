"""Officers work on cases: claim to decision, and out to the applicant."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import actor
from reference import Step
from reference.papers.testing import sample_seal
from reference.testing import DEPARTMENT, immediate_item, sample_item, set_seal
from services.approval_routing.domain.case import CaseState, StepState
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.handlers.denials import ReportedDenial
from services.approval_routing.tests.approval_office import (
    APPROVER,
    CHIEF,
    CLERK,
    Bench,
    MakeBench,
    Use,
)
from tongban.approval_routing.v1 import events_pb2, messages_pb2


def test_a_case_goes_through_its_steps_to_the_applicant(bench: Bench) -> None:
    delivered = bench.hand_out(bench.issue(bench.approved()))
    assert delivered.state is CaseState.DELIVERED
    assert bench.told() == [
        "case_opened",
        "step_claimed",
        "step_passed",
        "step_claimed",
        "step_passed",
        "step_claimed",
        "case_decided",
        "result_issued",
        "result_delivered",
    ]
    assert delivered.decision is not None
    assert delivered.result is not None
    assert delivered.decision.number == "610902准〔2026〕000001号"
    assert (delivered.result.name, delivered.result.number) == ("食品经营许可证", "610902证〔2026〕000001号")
    assert delivered.result.received_by == "张**"
    assert [step.assignee_id for step in delivered.steps] == ["reviewer-1", "chief-1", "approver-1"]


def test_an_immediate_item_is_decided_by_the_chief_alone(make_bench: MakeBench) -> None:
    item = immediate_item()
    bench = make_bench(items=[item])
    chief = actor("chief", id="chief-2", department=item.department_key)
    case = bench.opened(item_id=item.id, item_kind="immediate", department_key=item.department_key)
    bench.claim(case, chief)
    assert bench.decide(case, chief).state is CaseState.APPROVED


def test_of_many_who_claim_at_once_one_gets_it(bench: Bench) -> None:
    case = bench.opened()

    def claim(number: int) -> str:
        try:
            return bench.claim(case, actor("reviewer", id=f"r-{number}", department=DEPARTMENT)).steps[0].assignee_id
        except (Stale, Conflict):
            return ""

    with ThreadPoolExecutor(8) as pool:
        winners = [winner for winner in pool.map(claim, range(24)) if winner]
    assert len(winners) == 1
    assert bench.now(case).steps[0].assignee_id == winners[0]
    assert bench.told().count("step_claimed") == 1


@pytest.mark.parametrize(
    ("who", "error", "code"),
    [
        (actor("approver", department=DEPARTMENT), Forbidden, "step_not_allowed"),
        (actor("reviewer", department="renli-shebao"), Forbidden, "step_not_allowed"),
        (actor("reviewer"), Forbidden, "step_not_allowed"),
        (actor("chief", department="renli-shebao"), Forbidden, "step_not_allowed"),
        (actor("clerk", department=DEPARTMENT), Forbidden, "step_not_allowed"),
        (actor("reviewer", department=DEPARTMENT, center="610900"), Forbidden, "center_not_allowed"),
    ],
)
def test_role_department_and_center_bar_a_claim(bench: Bench, who: Actor, error: type[Exception], code: str) -> None:
    case = bench.opened()
    with pytest.raises(error, match=code):
        bench.claim(case, who)
    assert bench.now(case) == case


def test_a_chief_of_the_department_may_take_any_of_its_steps(bench: Bench) -> None:
    assert bench.claim(bench.opened(), CHIEF).steps[0].assignee_id == CHIEF.id


def test_a_step_of_another_department_is_for_that_department(make_bench: MakeBench) -> None:
    steps = (Step("ask", "会签", "reviewer", "renli-shebao"), Step("decide", "决定", "approver"))
    bench = make_bench(items=[sample_item(steps=steps)])
    case = bench.opened()
    with pytest.raises(Forbidden):
        bench.claim(case)
    assert bench.claim(case, actor("reviewer", department="renli-shebao")).steps[0].state is StepState.CLAIMED


def test_a_released_step_is_free_for_others(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    with pytest.raises(Conflict, match="step_taken"):
        bench.claim(case, CHIEF)
    bench.release(case)
    assert bench.claim(case, CHIEF).steps[0].assignee_id == CHIEF.id
    assert bench.told()[-2:] == ["step_released", "step_claimed"]


def test_a_returned_step_tells_why(bench: Bench) -> None:
    case = bench.opened()
    bench.claim(case)
    bench.pass_step(case)
    bench.claim(case, CHIEF)
    returned = bench.send_back(case, CHIEF, reason="缺少核查意见")
    assert returned.current_step == "examine"
    told = events_pb2.StepReturned.FromString(bench.events[-1].data)
    assert (told.step_key, told.reason) == ("confirm", "缺少核查意见")


def test_a_proposed_denial_is_decided_at_the_last_step(bench: Bench) -> None:
    case = bench.opened()
    bench.claim(case)
    assert bench.reject(case).current_step == "decide"
    bench.claim(case, APPROVER)
    with pytest.raises(Conflict, match="steps_not_passed"):
        bench.decide(case)
    denied = bench.decide(case, outcome=Outcome.DENIED, reason="不符合条件", basis="样例条例第十八条")
    assert denied.state is CaseState.DENIED
    assert denied.decision is not None
    assert denied.decision.number == "610902不准〔2026〕000001号"


def test_a_denial_carries_reason_basis_and_rights(bench: Bench) -> None:
    decision = bench.denied().decision
    assert decision is not None
    assert "行政复议" in decision.rights
    assert "行政诉讼" in decision.rights
    told = events_pb2.CaseDecided.FromString(bench.events[-1].data).case.decision
    assert (told.outcome, told.reason, told.basis) == (messages_pb2.OUTCOME_DENIED, decision.reason, decision.basis)
    assert told.rights == decision.rights


@pytest.mark.parametrize(
    ("reason", "basis", "code"),
    [
        ("", "依据", "denial_needs_reason_and_basis"),
        ("理由", " ", "denial_needs_reason_and_basis"),
        ("理由\x00", "依据", "text_invalid"),
        ("理" * 3000, "依据", "text_too_long"),
    ],
)
def test_a_denial_without_usable_reason_and_basis_is_refused(bench: Bench, reason: str, basis: str, code: str) -> None:
    case = bench.at_last_step()
    with pytest.raises(Invalid, match=code):
        bench.decide(case, outcome=Outcome.DENIED, reason=reason, basis=basis)
    assert bench.now(case) == case


def test_where_the_center_wants_it_nothing_is_denied_without_a_confirmed_report(make_bench: MakeBench) -> None:
    bench = make_bench({"denial_needs_report": True})
    case = bench.at_last_step()
    deny: dict[str, Any] = {"outcome": Outcome.DENIED, "reason": "不符合条件", "basis": "样例条例第十八条"}
    with pytest.raises(Conflict, match="denial_report_missing"):
        bench.decide(case, **deny)
    bench.reports.known[case.id] = ReportedDenial("report-1", confirmed=False)
    with pytest.raises(Conflict, match="denial_report_undecided"):
        bench.decide(case, **deny)
    assert bench.now(case) == case
    bench.reports.known[case.id] = ReportedDenial("report-1", confirmed=True)
    denied = bench.decide(case, **deny)
    assert denied.decision is not None
    assert denied.decision.denial_report_id == "report-1"
    assert bench.approved("a-2").decision is not None, "an approval asks for none"


def test_a_center_without_a_rights_text_cannot_deny(make_bench: MakeBench) -> None:
    bench = make_bench({"denial_rights": ""})
    with pytest.raises(Conflict, match="denial_rights_missing"):
        bench.denied()


def test_a_decision_needs_an_outcome_and_the_last_step(bench: Bench) -> None:
    case = bench.at_last_step()
    with pytest.raises(Invalid, match="outcome_required"):
        bench.decide(case, outcome=None)
    other = bench.opened("a-2")
    bench.claim(other, CHIEF)
    with pytest.raises(Conflict, match="not_deciding_step"):
        bench.decide(other, CHIEF)


def test_a_refused_decision_draws_no_number(bench: Bench) -> None:
    case = bench.at_last_step()
    with pytest.raises(Forbidden):
        bench.decide(case, CHIEF)
    decision = bench.decide(case).decision
    assert decision is not None
    assert decision.number.endswith("000001号")


@pytest.mark.parametrize(
    ("method", "received_by", "tracking_number", "code"),
    [
        ("pigeon", "张三丰", "", "delivery_method_unknown"),
        ("window", "", "", "receiver_required"),
        ("post", "张三丰", "", "tracking_number_required"),
        ("window", "张\x07", "", "text_invalid"),
    ],
)
def test_a_delivery_that_says_too_little_is_refused(
    bench: Bench, method: str, received_by: str, tracking_number: str, code: str
) -> None:
    case = bench.issue(bench.approved())
    with pytest.raises(Invalid, match=code):
        bench.hand_out(case, method=method, received_by=received_by, tracking_number=tracking_number)
    assert bench.now(case) == case


def test_the_post_and_the_wire_deliver_too(bench: Bench) -> None:
    posted = bench.hand_out(bench.issue(bench.approved("a-1")), method="post", received_by="", tracking_number="EMS1")
    wired = bench.hand_out(bench.issue(bench.approved("a-2")), method="electronic", received_by="")
    assert posted.result is not None
    assert wired.result is not None
    assert (posted.result.tracking_number, wired.result.method) == ("EMS1", "electronic")


def test_a_denial_is_delivered_by_its_paper(bench: Bench) -> None:
    delivered = bench.hand_out(bench.denied())
    assert delivered.state is CaseState.DELIVERED
    assert delivered.result is not None
    assert delivered.result.name == "不予行政许可决定书"


def test_what_cannot_be_delivered_goes_back_with_its_reason(bench: Bench) -> None:
    returned = bench.give_back(bench.issue(bench.approved()))
    assert (returned.state, returned.return_reason) == (CaseState.UNDELIVERED, "无人领取")
    assert events_pb2.ResultUndelivered.FromString(bench.events[-1].data).reason == "无人领取"
    with pytest.raises(Conflict, match="nothing_to_deliver"):
        bench.hand_out(returned)


USES: dict[str, Use] = {
    "claim": Bench.claim,
    "release": Bench.release,
    "pass": Bench.pass_step,
    "return": Bench.send_back,
    "reject": Bench.reject,
    "decide": Bench.decide,
    "pause": Bench.pause,
    "resume": Bench.resume,
    "issue": Bench.issue,
    "deliver": Bench.hand_out,
    "give back": Bench.give_back,
}
HANDED_OUT = ("issue", "deliver", "give back")
ABROAD = actor("reviewer", "approver", "chief", "clerk", "manager", center="610900", department=DEPARTMENT)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("who", [ABROAD, PUBLIC, actor("reviewer", department="renli-shebao")])
def test_no_use_crosses_a_border(bench: Bench, use: str, who: Actor) -> None:
    cases = [bench.claim(bench.opened("a-1")), bench.approved("a-2"), bench.pause(bench.claim(bench.opened("a-3")))]
    for case in cases:
        with pytest.raises((Forbidden, Conflict)) as refused:
            USES[use](bench, case, who, 0)
        assert isinstance(refused.value, Forbidden) or who.department == "renli-shebao"
        assert bench.now(case) == case


@pytest.mark.parametrize("use", USES)
def test_a_stale_page_changes_nothing(bench: Bench, use: str) -> None:
    case = bench.at_last_step()
    with pytest.raises(Stale):
        USES[use](bench, case, CLERK if use in HANDED_OUT else APPROVER, 99)
    assert bench.now(case) == case


@pytest.mark.parametrize("use", USES)
def test_a_case_that_is_not_there_is_not_found(bench: Bench, use: str) -> None:
    nowhere = replace(bench.opened(), id="nowhere")
    with pytest.raises(NotFound, match="case_not_found"):
        USES[use](bench, nowhere, CLERK, 0)


def test_a_decision_bears_the_departments_seal_where_whoever_decides_has_the_right(make_bench: MakeBench) -> None:
    bench = make_bench({"sealed_papers": ["approved"]})
    case = bench.at_last_step()
    with pytest.raises(Conflict, match="seal_missing"):
        bench.decide(case)
    assert bench.now(case) == case
    own = sample_seal(kinds=("approved",), roles=("approver",), department_key=DEPARTMENT)
    set_seal(bench.store, own, reference=bench.office.reference)
    decision = bench.decide(case).decision
    assert decision is not None
    assert (decision.paper.seal_id, decision.paper.issued_by) == ("seal-1", APPROVER.name)
