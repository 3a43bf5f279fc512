"""A result is given at a window to whoever shows who they are and signs; that is kept, and has its slip (I03, I04)."""

from dataclasses import replace
from typing import Any

import pytest

from kit.errors import Invalid, NotFound
from reference.papers.testing import words
from services.approval_routing.domain.case import CaseState
from services.approval_routing.domain.history import check
from services.approval_routing.domain.pick_up import Taker
from services.approval_routing.queries.papers import reprint_case_paper
from services.approval_routing.queries.slips import get_delivery_slip, get_pick_up_signature
from services.approval_routing.tests.approval_doubles import FULL_NAME
from services.approval_routing.tests.approval_office import CLERK, SIGNATURE, TAKER, Bench, MakeBench

#: Somebody else with a paper that lets them come for it.
AGENT = replace(TAKER, by_agent=True, id_number="990101199001011249", authority="授权委托书一份")
CREDIT_CODE = "91990900YL0000121C"
BY_UNIT = replace(AGENT, applicant_number=CREDIT_CODE)
#: How a PDF says that it shows a picture.
PICTURE = b"/Subtype/Image"
#: Says that it is larger than a printer can take.
HUGE = SIGNATURE[:16] + (30_000).to_bytes(4, "big") * 2 + SIGNATURE[24:]


@pytest.mark.parametrize(
    ("lacking", "code"),
    [
        ({"id_number": ""}, "identity_required"),
        ({"check": ""}, "identity_required"),
        ({"check": "by heart"}, "identity_check_unknown"),
        ({"id_number": "990101199001011231"}, "id_number_invalid"),
        ({"by_agent": True}, "authority_required"),
        ({"by_agent": True, "authority": "委托书"}, "agent_is_applicant"),
        ({"id_number": AGENT.id_number}, "taker_not_applicant"),
        ({"signature": b""}, "signature_required"),
    ],
)
def test_nothing_is_given_without_what_the_center_demands(bench: Bench, lacking: dict[str, Any], code: str) -> None:
    case = bench.issue(bench.approved())
    with pytest.raises(Invalid, match=code):
        bench.hand_out(case, taker=replace(TAKER, **lacking))
    assert bench.now(case).state is CaseState.ISSUED


def test_who_took_it_is_kept_masked_with_the_signature_and_sealed(bench: Bench) -> None:
    case = bench.issue(bench.approved())
    given = bench.hand_out(case, taker=AGENT)
    assert given.result is not None
    pick_up = given.result.pick_up
    assert pick_up is not None
    assert (pick_up.id_number, pick_up.by_agent, pick_up.compared) == ("990101********1249", True, True)
    signature = get_pick_up_signature(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    assert signature == (SIGNATURE, "image/png")
    assert check(bench.now(case)).intact
    forged = replace(given, result=replace(given.result, pick_up=replace(pick_up, id_number="990101********9999")))
    assert not check(forged).intact


def test_numbers_are_compared_by_intake_and_kept_nowhere(bench: Bench) -> None:
    case = bench.issue(bench.approved())
    taker = replace(AGENT, applicant_number=bench.names.id_number)
    bench.hand_out(case, taker=taker)
    assert bench.names.compared == [case.id]
    kept = b"".join(event.data for event in bench.events) + repr(bench.now(case)).encode()
    for number in (taker.id_number, taker.applicant_number):
        assert number.encode() not in kept
        assert number not in repr(taker)


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ({"by_agent": False}, "unit_needs_agent"),
        ({"applicant_number": ""}, "applicant_number_required"),
        ({"applicant_number": "91990900YL0000130A"}, "applicant_number_differs"),
    ],
)
def test_a_unit_comes_by_an_agent_who_shows_its_credit_code(bench: Bench, shown: dict[str, Any], code: str) -> None:
    bench.names.id_type, bench.names.id_number = "credit_code", CREDIT_CODE
    case = bench.issue(bench.approved())
    with pytest.raises(Invalid, match=code):
        bench.hand_out(case, taker=replace(BY_UNIT, **shown))
    assert bench.hand_out(case, taker=BY_UNIT).state is CaseState.DELIVERED


def test_a_center_says_what_it_wants_of_agents(make_bench: MakeBench) -> None:
    strict = make_bench({"agent_pick_up_demands": ["authority", "applicant_number"]})
    case = strict.issue(strict.approved())
    with pytest.raises(Invalid, match="applicant_number_required"):
        strict.hand_out(case, taker=AGENT)
    lax = make_bench({"agent_pick_up_demands": []})
    given = lax.hand_out(lax.issue(lax.approved()), taker=replace(AGENT, authority=""))
    assert given.state is CaseState.DELIVERED


def test_the_slip_shows_the_signature_and_a_further_print_too(bench: Bench) -> None:
    case = bench.issue(bench.approved())
    bench.hand_out(case)
    paper, pdf = get_delivery_slip(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    assert list(paper.pictures) == ["pictures/signature.png"]
    assert PICTURE in pdf
    copy = reprint_case_paper(
        office=bench.office, call=bench.by(CLERK), case_id=case.id, paper_id=paper.id, reason="遗失"
    )[2]
    assert PICTURE in copy


@pytest.mark.parametrize(
    "signature", [b"%PDF-1.4 scanned", SIGNATURE[:40] + b"torn", HUGE], ids=["pdf", "torn", "huge"]
)
def test_a_signature_that_cannot_be_drawn_is_named_on_the_slip_and_kept(bench: Bench, signature: bytes) -> None:
    case = bench.issue(bench.approved())
    bench.hand_out(case, taker=replace(TAKER, signature=signature))
    paper, pdf = get_delivery_slip(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    assert paper.pictures == {}
    assert "签名回单另存" in words(pdf)
    assert get_pick_up_signature(office=bench.office, call=bench.by(CLERK), case_id=case.id)[0] == signature


def test_what_is_handed_out_or_posted_has_its_slip_and_that_stays_as_it_was(bench: Bench) -> None:
    case = bench.issue(bench.approved())
    with pytest.raises(NotFound, match="no_delivery_slip"):
        get_delivery_slip(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    bench.hand_out(case)
    paper, pdf = get_delivery_slip(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    text = words(pdf)
    assert FULL_NAME in text
    assert "990101********1230" in text
    assert get_delivery_slip(office=bench.office, call=bench.by(CLERK), case_id=case.id)[1] == pdf
    assert paper.number.endswith("000001号")
    posted = bench.issue(bench.approved("a-2"))
    bench.hand_out(posted, method="post", tracking_number="SF1", taker=Taker())
    assert "SF1" in words(get_delivery_slip(office=bench.office, call=bench.by(CLERK), case_id="a-2")[1])


def test_an_electronic_result_has_no_slip(bench: Bench) -> None:
    case = bench.hand_out(bench.issue(bench.approved()), method="electronic", taker=Taker())
    assert case.result is not None
    assert (case.result.slip, case.result.pick_up) == (None, None)


def test_a_center_may_demand_less(make_bench: MakeBench) -> None:
    bench = make_bench({"pick_up_demands": []})
    assert bench.hand_out(bench.issue(bench.approved()), taker=Taker()).state is CaseState.DELIVERED
