"""What is posted is delivered when it is signed for; what the post brings back goes to the department (I02, I03; 许可法 44)."""

from dataclasses import replace
from datetime import date

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Invalid
from kit.workdays import DayKind, SpecialDay
from reference.papers.testing import words
from reference.testing import sample_calendar
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.history import check
from services.approval_routing.domain.pick_up import Taker
from services.approval_routing.queries.cases import get_case
from services.approval_routing.queries.papers import get_decision_paper, get_result_paper
from services.approval_routing.queries.slips import get_delivery_slip
from services.approval_routing.tests.approval_office import CLERK, Bench, MakeBench
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import messages_pb2 as crossings


def posted(bench: Bench, id: str = "a-1") -> Case:
    return bench.hand_out(bench.issue(bench.approved(id)), method="post", tracking_number="EMS1", taker=Taker())


def slip(bench: Bench, case: Case) -> str:
    return words(get_delivery_slip(office=bench.office, call=bench.by(CLERK), case_id=case.id)[1])


def test_what_is_on_its_way_is_not_delivered_and_its_clock_goes_on(bench: Bench) -> None:
    case = posted(bench)
    assert case.result is not None
    assert (case.state, case.result.delivered_at) == (CaseState.POSTED, None)
    assert bench.told()[-1] == "result_posted"
    assert case.delivery_due_at is not None
    closure = SpecialDay(date(2026, 12, 1), DayKind.CLOSURE, "台风")
    bench.change_calendar(replace(sample_calendar(), days=(closure,)))
    moved = bench.now(case).delivery_due_at
    assert moved is not None
    assert moved > case.delivery_due_at


def test_the_day_on_the_receipt_is_the_day_of_delivery(bench: Bench) -> None:
    case = posted(bench)
    bench.pass_time(days=3)
    signed = bench.sign_off(case, signed_by="张三丰", signed_on="2026-11-25")
    assert signed.result is not None
    assert signed.result.receipt is not None
    assert signed.result.delivered_at is not None
    assert (signed.state, signed.result.received_by) == (CaseState.DELIVERED, "张**")
    assert (signed.result.receipt.signed_on, signed.result.delivered_at.isoformat()) == (
        date(2026, 11, 25),
        "2026-11-24T16:00:00+00:00",
    )
    assert bench.told()[-1] == "result_delivered"
    assert check(bench.now(case)).intact
    forged = replace(signed, result=replace(signed.result, receipt=replace(signed.result.receipt, signed_by="李*")))
    assert not check(forged).intact


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-27", "", "last week"])
def test_a_day_before_it_was_posted_or_still_to_come_is_refused(bench: Bench, day: str) -> None:
    case = posted(bench)
    bench.pass_time(days=3)
    with pytest.raises(Invalid, match="signed_on_invalid"):
        bench.sign_off(case, signed_on=day)
    assert bench.now(case).state is CaseState.POSTED


def test_the_slip_as_it_was_posted_stays_and_there_is_one_as_it_arrived(bench: Bench) -> None:
    case = posted(bench)
    before = slip(bench, case)
    assert "EMS1" in before
    assert "签收" not in before.replace("（签字）", "")
    bench.sign_off(case, by_proxy=True)
    after = slip(bench, case)
    assert "张**（代收）" in after
    papers = bench.office.shelf.copies_of(case.id)
    assert len({paper.number for paper, _ in papers if paper.kind == "delivery_slip"}) == 1


def test_what_the_post_brings_back_may_be_handed_out_with_a_slip_of_its_own(bench: Bench) -> None:
    case = posted(bench)
    first = slip(bench, case)
    back = bench.give_back(case, reason="查无此人")
    assert (back.state, back.return_reason) == (CaseState.UNDELIVERED, "查无此人")
    with pytest.raises(Conflict, match="not_posted"):
        bench.sign_off(back)
    assert bench.hand_out(back).state is CaseState.DELIVERED
    assert "窗口领取" in slip(bench, case)
    assert slip(bench, case) != first


def test_a_center_may_count_the_posting_as_the_delivery(make_bench: MakeBench) -> None:
    bench = make_bench({"post_sign_off": False})
    assert posted(bench).state is CaseState.DELIVERED


def test_the_collecting_place_may_hand_out_what_was_posted_to_it(bench: Bench) -> None:
    case = posted(bench)
    crossing = crossings.Crossing(application_id=case.id)
    bench.deliver("federation", federation.CrossingHandOverArrived(crossing=crossing, received_by="张**"))
    assert bench.now(case).state is CaseState.DELIVERED


def test_the_first_opening_by_the_code_is_kept(bench: Bench) -> None:
    case = bench.hand_out(bench.issue(bench.approved()), method="electronic", taker=Taker())
    open_by(bench, CLERK, case)
    assert opened(bench, case) is None
    first = bench.pass_time(hours=1)
    open_by(bench, PUBLIC, case)
    bench.pass_time(hours=1)
    open_by(bench, PUBLIC, case)
    assert opened(bench, case) == first
    assert bench.told().count("result_opened") == 1
    assert check(bench.now(case)).intact


def test_a_denial_that_was_sent_is_opened_by_its_decision(bench: Bench) -> None:
    case = bench.hand_out(bench.denied(), method="electronic", taker=Taker())
    get_decision_paper(office=bench.office, call=bench.by(PUBLIC), case_id="", code=case.code)
    assert opened(bench, case) == bench.clock.now()


def open_by(bench: Bench, who: Actor, case: Case) -> None:
    get_result_paper(office=bench.office, call=bench.by(who), case_id="", code=case.code)


def opened(bench: Bench, case: Case) -> object:
    found = get_case(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="")
    return found.result and found.result.opened_at
