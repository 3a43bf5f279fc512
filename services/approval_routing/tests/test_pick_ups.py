"""A result is given at a window to whoever shows who they are and signs; that is kept, and has its slip (I03, I04)."""

from dataclasses import replace
from typing import Any

import pytest

from kit.errors import Invalid, NotFound
from reference.papers.testing import words
from services.approval_routing.domain.case import CaseState
from services.approval_routing.domain.history import check
from services.approval_routing.domain.pick_up import Taker
from services.approval_routing.queries.papers import get_delivery_slip, get_pick_up_signature
from services.approval_routing.tests.approval_doubles import FULL_NAME
from services.approval_routing.tests.approval_office import CLERK, SIGNATURE, TAKER, Bench, MakeBench


@pytest.mark.parametrize(
    ("lacking", "code"),
    [
        ({"id_number": ""}, "identity_required"),
        ({"check": ""}, "identity_required"),
        ({"check": "by heart"}, "identity_check_unknown"),
        ({"id_number": "990101199001011231"}, "id_number_invalid"),
        ({"by_agent": True}, "authority_required"),
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
    taker = replace(TAKER, by_agent=True, authority="授权委托书一份")
    given = bench.hand_out(case, taker=taker)
    assert given.result is not None
    pick_up = given.result.pick_up
    assert pick_up is not None
    assert (pick_up.id_number, pick_up.by_agent) == ("990101********1230", True)
    signature = get_pick_up_signature(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    assert signature == (SIGNATURE, "image/png")
    assert check(bench.now(case)).intact
    forged = replace(given, result=replace(given.result, pick_up=replace(pick_up, id_number="990101********9999")))
    assert not check(forged).intact


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
