"""What costs something is handed out when it is paid or let off (rules H02)."""

from __future__ import annotations

import pytest

from kit.errors import Conflict
from kit.store.port import AlreadyApplied
from reference.model import Fee
from reference.testing import sample_item
from services.approval_routing.domain.case import CaseState
from services.approval_routing.tests.approval_office import MakeBench
from tongban.fees.v1 import events_pb2, messages_pb2

CHARGED = sample_item(fees=(Fee("工本费", "10 元", "样例依据", price_fen=1000),))
IN_WORDS = sample_item(fees=(Fee("检测费", "由检测机构收取", "样例依据"),))


def paid(case_id: str) -> events_pb2.BillPaid:
    return events_pb2.BillPaid(bill=messages_pb2.Bill(id=case_id))


def test_a_result_waits_until_its_fee_is_settled(make_bench: MakeBench) -> None:
    bench = make_bench(items=[CHARGED])
    issued = bench.issue(bench.approved())
    with pytest.raises(Conflict) as refused:
        bench.hand_out(issued)
    assert refused.value.code == "fee_not_settled"
    bench.deliver("fees", paid(issued.id))
    assert bench.hand_out(issued).state is CaseState.DELIVERED


def test_a_waiver_settles_it_as_well_and_a_second_word_changes_nothing(make_bench: MakeBench) -> None:
    bench = make_bench(items=[CHARGED])
    issued = bench.issue(bench.approved())
    waived = events_pb2.BillWaived(bill=messages_pb2.Bill(id=issued.id))
    bench.deliver("fees", waived, id="waived")
    with pytest.raises(AlreadyApplied):
        bench.deliver("fees", waived, id="waived")
    bench.deliver("fees", paid(issued.id))
    assert bench.hand_out(issued).state is CaseState.DELIVERED


def test_a_denial_and_what_is_collected_elsewhere_wait_for_no_money(make_bench: MakeBench) -> None:
    denied = make_bench(items=[CHARGED])
    assert denied.hand_out(denied.denied()).state is CaseState.DELIVERED
    words = make_bench(items=[IN_WORDS])
    assert words.hand_out(words.issue(words.approved())).state is CaseState.DELIVERED


def test_a_center_may_hand_out_first(make_bench: MakeBench) -> None:
    bench = make_bench({"fees_before_delivery": False}, items=[CHARGED])
    assert bench.hand_out(bench.issue(bench.approved())).state is CaseState.DELIVERED
