"""Reading cases, their lists, and their decisions as paper."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kit.actor import PUBLIC, Actor
from kit.call import Call, enter_call, leave_call
from kit.errors import Conflict, Forbidden, NotFound
from kit.testing import actor
from reference import Step
from reference.papers.shelf import IssuedPaper, PaperCopy
from reference.papers.testing import words
from reference.testing import DEPARTMENT, immediate_item, sample_item
from services.approval_routing.domain.case import CaseState
from services.approval_routing.grpc_api import ApprovalRoutingApi
from services.approval_routing.queries.cases import Scope, get_case, list_cases
from services.approval_routing.queries.papers import (
    get_decision_paper,
    list_printed_case_papers,
    reprint_case_paper,
)
from services.approval_routing.tests.approval_doubles import FULL_NAME
from services.approval_routing.tests.approval_office import (
    APPROVER,
    CHIEF,
    CLERK,
    MANAGER,
    REVIEWER,
    Bench,
    MakeBench,
)
from tongban.approval_routing.v1 import messages_pb2
from tongban.approval_routing.v1 import service_pb2 as pb


@pytest.mark.parametrize("role", ["clerk", "supervisor", "manager"])
def test_those_of_the_center_read_every_case_of_it(bench: Bench, role: str) -> None:
    case = bench.opened()
    assert get_case(office=bench.office, call=bench.by(actor(role)), case_id=case.id, code="") == case
    with pytest.raises(Forbidden):
        get_case(office=bench.office, call=bench.by(actor(role, center="610900")), case_id=case.id, code="")


@pytest.mark.parametrize("role", ["reviewer", "approver", "chief"])
def test_those_of_a_department_read_what_it_has_to_do_with(make_bench: MakeBench, role: str) -> None:
    steps = (Step("ask", "会签", "reviewer", "renli-shebao"), Step("decide", "决定", "approver"))
    bench = make_bench(items=[sample_item(steps=steps)])
    case = bench.opened()
    for department in (DEPARTMENT, "renli-shebao"):
        call = bench.by(actor(role, department=department))
        assert get_case(office=bench.office, call=call, case_id=case.id, code="") == case
    for department in ("gongan", ""):
        with pytest.raises(Forbidden):
            get_case(office=bench.office, call=bench.by(actor(role, department=department)), case_id=case.id, code="")


def test_the_code_opens_the_case_and_an_id_alone_does_not(bench: Bench) -> None:
    case = bench.opened()
    assert get_case(office=bench.office, call=bench.by(PUBLIC), case_id="", code=case.code) == case
    with pytest.raises(Forbidden, match="code_required"):
        get_case(office=bench.office, call=bench.by(PUBLIC), case_id=case.id, code="")
    for case_id, code in (("", "guessed"), ("another", case.code)):
        with pytest.raises(NotFound):
            get_case(office=bench.office, call=bench.by(PUBLIC), case_id=case_id, code=code)


def listed(
    bench: Bench,
    who: Actor,
    scope: Scope = Scope.CENTER,
    state: CaseState | None = None,
    *,
    center_id: str = "610902",
    department: str = "",
    limit: int = 0,
    cursor: str = "",
) -> list[str]:
    found = list_cases(
        office=bench.office,
        call=bench.by(who),
        center_id=center_id,
        scope=scope,
        state=state,
        department_key=department,
        limit=limit,
        cursor=cursor,
    )
    return [case.id for case in found.items]


@pytest.fixture
def busy(make_bench: MakeBench) -> Bench:
    """Three licences, the second claimed and the third at the chief's step, and a card of another department."""
    card = immediate_item()
    bench = make_bench(items=[sample_item(), card])
    for number in (1, 2, 3):
        bench.opened(f"a-{number}")
        bench.pass_time(minutes=1)
    bench.claim(bench.office.cases.get("a-2"))
    bench.claim(bench.office.cases.get("a-3"))
    bench.pass_step(bench.office.cases.get("a-3"))
    bench.opened("card", item_id=card.id, item_kind="immediate", department_key=card.department_key)
    return bench


def test_a_center_lists_its_cases_newest_first_by_state_and_department(busy: Bench) -> None:
    assert listed(busy, CLERK) == ["card", "a-3", "a-2", "a-1"]
    assert listed(busy, CLERK, department=DEPARTMENT) == ["a-3", "a-2", "a-1"]
    assert listed(busy, CLERK, state=CaseState.PAUSED) == []
    assert listed(busy, CLERK, state=CaseState.IN_PROGRESS, department="renli-shebao") == ["card"]
    assert listed(busy, CLERK, limit=2) == ["card", "a-3"]


def test_a_department_lists_its_own(busy: Bench) -> None:
    assert listed(busy, REVIEWER) == ["a-3", "a-2", "a-1"]
    assert listed(busy, REVIEWER, state=CaseState.IN_PROGRESS, department=DEPARTMENT) == ["a-3", "a-2", "a-1"]
    with pytest.raises(Forbidden):
        listed(busy, REVIEWER, department="renli-shebao")
    with pytest.raises(Forbidden):
        listed(busy, actor("reviewer"))


def test_one_lists_what_one_may_take(busy: Bench) -> None:
    assert listed(busy, REVIEWER, Scope.CLAIMABLE) == ["a-1"]
    assert sorted(listed(busy, CHIEF, Scope.CLAIMABLE)) == ["a-1", "a-3"]
    assert listed(busy, APPROVER, Scope.CLAIMABLE) == []
    assert listed(busy, actor("chief", department="renli-shebao"), Scope.CLAIMABLE) == ["card"]
    assert listed(busy, actor("reviewer"), Scope.CLAIMABLE) == []
    assert listed(busy, CLERK, Scope.CLAIMABLE) == []


def test_what_is_listed_as_claimable_can_be_claimed_and_then_is_mine(busy: Bench) -> None:
    for case_id in listed(busy, CHIEF, Scope.CLAIMABLE):
        busy.claim(busy.office.cases.get(case_id), CHIEF)
    assert listed(busy, CHIEF, Scope.CLAIMABLE) == []
    assert sorted(listed(busy, CHIEF, Scope.MINE)) == ["a-1", "a-3"]
    assert listed(busy, REVIEWER, Scope.MINE) == ["a-2"]


def test_a_paused_case_is_still_mine_and_nobody_may_take_it(make_bench: MakeBench) -> None:
    bench = make_bench()
    case = bench.claim(bench.opened())
    bench.pause(case)
    assert listed(bench, REVIEWER, Scope.MINE) == [case.id]
    assert listed(bench, CHIEF, Scope.CLAIMABLE) == []


def test_no_list_crosses_a_centers_border(busy: Bench) -> None:
    for scope in Scope:
        with pytest.raises(Forbidden):
            listed(busy, REVIEWER, scope, center_id="610900")
        with pytest.raises(Forbidden):
            listed(busy, PUBLIC, scope)


# ── Papers ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_denial_on_paper_has_what_the_law_asks_for(bench: Bench) -> None:
    case = bench.denied()
    number, pdf = get_decision_paper(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="")
    text = words(pdf)
    for expected in (
        "不予行政许可决定书",
        FULL_NAME,
        "场地不足五十平方米",
        "样例条例第十八条",
        "行政复议",
        "行政诉讼",
        "第三十八条",
        "市场监管局",
        "投诉电话：12345",
        "审批专用章",
        "样章",
    ):
        assert text.count(expected) >= 2  # one for the applicant, one for the file
    assert number == "610902不准〔2026〕000001号"
    assert number in text


def test_the_approval_on_paper_says_what_comes_and_when(bench: Bench) -> None:
    case = bench.approved()
    text = words(get_decision_paper(office=bench.office, call=bench.by(APPROVER), case_id=case.id, code="")[1])
    for expected in ("准予行政许可决定书", FULL_NAME, "食品经营许可证", "10个工作日内颁发", "邮寄", "/c/code-a-1"):
        assert expected in text


def test_what_is_no_licence_is_not_called_one(make_bench: MakeBench) -> None:
    card = immediate_item()
    bench = make_bench(items=[card])
    chief = actor("chief", department=card.department_key)
    case = bench.opened(item_id=card.id, item_kind="immediate", department_key=card.department_key)
    bench.claim(case, chief)
    bench.decide(case, chief)
    text = words(get_decision_paper(office=bench.office, call=bench.by(chief), case_id=case.id, code="")[1])
    assert "准予办理决定书" in text
    assert "行政许可" not in text


def test_the_full_name_is_asked_for_on_the_record_and_only_for_staff(bench: Bench) -> None:
    case = bench.approved()
    staff = replace(bench.by(CLERK, key="print-1"), token="signed")
    get_decision_paper(office=bench.office, call=staff, case_id=case.id, code="")
    # Sent again by the client, it comes with the same key, and intake's record has one line of it.
    assert bench.names.asked == [(case.id, "打印决定书 610902准〔2026〕000001号", "signed", "print-1")]
    _, pdf = get_decision_paper(office=bench.office, call=bench.by(PUBLIC), case_id="", code=case.code)
    assert FULL_NAME not in words(pdf)
    assert "张**" in words(pdf)
    assert len(bench.names.asked) == 1


def test_a_further_print_of_a_decision_is_marked_and_its_name_is_asked_for_on_the_record(bench: Bench) -> None:
    case = bench.approved()
    get_decision_paper(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="")
    get_decision_paper(office=bench.office, call=bench.by(PUBLIC), case_id="", code=case.code)
    printed = {paper.masked: paper for paper, _ in _printed(bench, case.id)}
    bench.names.asked.clear()
    for masked, paper in printed.items():
        _, copy, pdf = reprint_case_paper(
            office=bench.office, call=bench.by(CLERK), case_id=case.id, paper_id=paper.id, reason="申请人遗失"
        )
        assert (copy.number, "补打第1次" in words(pdf), FULL_NAME in words(pdf)) == (1, True, not masked)
    assert [purpose for _, purpose, _, _ in bench.names.asked] == [
        "补打准予行政许可决定书 610902准〔2026〕000001号：申请人遗失"
    ]
    with pytest.raises(Forbidden):
        reprint_case_paper(
            office=bench.office, call=bench.by(MANAGER), case_id=case.id, paper_id=printed[False].id, reason="查看"
        )


def _printed(bench: Bench, case_id: str) -> list[tuple[IssuedPaper, tuple[PaperCopy, ...]]]:
    return list_printed_case_papers(office=bench.office, call=bench.by(MANAGER), case_id=case_id)


def test_a_decisions_paper_is_the_same_bytes_each_time(bench: Bench) -> None:
    case = bench.denied()
    before = get_decision_paper(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="")
    bench.pass_time(days=3)
    bench.hand_out(case)
    assert get_decision_paper(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="") == before


def test_there_is_no_paper_before_the_decision(bench: Bench) -> None:
    case = bench.opened()
    with pytest.raises(Conflict, match="not_decided"):
        get_decision_paper(office=bench.office, call=bench.by(PUBLIC), case_id="", code=case.code)


# ── gRPC ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def api(bench: Bench) -> Iterator[ApprovalRoutingApi]:
    token = enter_call(Call(REVIEWER, bench.clock.now()))
    yield ApprovalRoutingApi(bench.office)
    leave_call(token)


def test_messages_go_in_and_out(api: ApprovalRoutingApi, bench: Bench) -> None:
    case = bench.opened()
    claimed = api.ClaimStep(pb.ClaimStepRequest(case_id=case.id, expected_version=1), None).case  # type: ignore[arg-type]
    assert claimed.steps[0].state == messages_pb2.STEP_STATE_CLAIMED
    assert (claimed.state, claimed.version, claimed.code) == (messages_pb2.CASE_STATE_IN_PROGRESS, 2, "")
    request = pb.ListCasesRequest(center_id="610902", scope=pb.CASE_SCOPE_MINE)
    assert list(api.ListCases(request, None).cases) == [claimed]  # type: ignore[arg-type]
    explained = api.ExplainDeadline(pb.ExplainDeadlineRequest(case_id=case.id), None)  # type: ignore[arg-type]
    assert explained.days[0].effect == "start"
    assert explained.days[-1].number == 10
    assert explained.case == claimed


def test_the_applicant_sees_the_way_but_not_what_officers_wrote(api: ApprovalRoutingApi, bench: Bench) -> None:
    case = bench.opened()
    bench.claim(case)
    bench.pass_step(case, opinion="内部意见")
    bench.claim(case, CHIEF)
    bench.send_back(case, CHIEF, reason="内部原因")
    seen = api.GetCase(pb.GetCaseRequest(code=case.code), None).case  # type: ignore[arg-type]
    assert "内部" not in str(seen)
    assert (seen.code, seen.steps[0].returns, seen.responsible_staff_id) == (case.code, 1, "")
    assert (seen.responsible_staff_name, seen.window_number) == ("王小窗", "07")
    assert not seen.HasField("decision")
    assert "内部原因" in str(api.GetCase(pb.GetCaseRequest(case_id=case.id), None).case)  # type: ignore[arg-type]
