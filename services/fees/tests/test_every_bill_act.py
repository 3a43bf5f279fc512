"""The table of a bill once more, by RPC on the real store: what it doesn't name is refused and writes nothing (rules H01, H02)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import TongbanError
from kit.testing import actor, refused, serving
from reference.testing import DEPARTMENT, ITEM_ID
from services.fees.domain.bill import BillState
from services.fees.grpc_api import FeesApi
from services.fees.tests.test_fees_domain import ALLOWED, refusal
from tongban.fees.v1 import service_pb2 as pb

if TYPE_CHECKING:
    from services.fees.tests.conftest import Bench

CLERK = actor("clerk", id="clerk-1")
CHIEF = actor("chief", id="chief-1", department=DEPARTMENT)

Ask = Callable[[FeesApi, "Bench"], object]


def _receipt(bench: Bench) -> pb.RecordPaymentRequest:
    total = bench.bill().total_fen or 5000
    return pb.RecordPaymentRequest(
        bill_id="c-1", bank="样例银行", reference="R-1", amount_fen=total, paid_on="2026-11-23"
    )


#: By the names of the table: who does it, and how.
ASKED: dict[str, tuple[Actor, Ask]] = {
    "compute": (
        CHIEF,
        lambda api, bench: api.ComputeBill(
            pb.ComputeBillRequest(bill_id="c-1", quantities=[1] * len(bench.bill().charges)), None
        ),
    ),
    "attempt": (PUBLIC, lambda api, _: api.StartPayment(pb.StartPaymentRequest(code="code-c-1"), None)),
    "pay_at_bank": (CLERK, lambda api, bench: api.RecordPayment(_receipt(bench), None)),
    "waive": (
        CHIEF,
        lambda api, _: api.WaiveBill(pb.WaiveBillRequest(bill_id="c-1", reason="困难", basis="某条"), None),
    ),
    "ask_refund": (CHIEF, lambda api, _: api.AskRefund(pb.AskRefundRequest(bill_id="c-1", reason="多缴"), None)),
    "refunded": (CLERK, lambda api, _: api.RecordRefund(pb.RecordRefundRequest(bill_id="c-1", reference="B-1"), None)),
}
#: How a bill comes into a state.
WAYS: dict[BillState, tuple[str, ...]] = {
    BillState.COMPUTING: (),
    BillState.DUE: (),
    BillState.PAID: ("pay_at_bank",),
    BillState.WAIVED: ("waive",),
    BillState.REFUNDING: ("pay_at_bank", "ask_refund"),
    BillState.REFUNDED: ("pay_at_bank", "ask_refund", "refunded"),
}


def ask(bench: Bench, act: str) -> None:
    who, by_rpc = ASKED[act]
    with serving(bench.by(who)):
        by_rpc(FeesApi(bench.treasury), bench)


@pytest.mark.parametrize(("state", "act"), list(product(BillState, ASKED)))
def test_a_bill_does_what_its_state_allows_and_nothing_else(bench: Bench, state: BillState, act: str) -> None:
    bench.decide(item="by-unit" if state is BillState.COMPUTING else ITEM_ID)
    for step in WAYS[state]:
        ask(bench, step)
    before = bench.bill()
    assert before.state is state
    if act in ALLOWED[state]:
        ask(bench, act)
        assert bench.bill().version > before.version
        return
    told = bench.told()
    with refused(bench.store, refusal(state, act)):
        ask(bench, act)
    assert (bench.bill(), bench.told()) == (before, told)


def test_of_two_who_settle_a_bill_at_once_one_does_and_the_other_hears_of_it(bench: Bench) -> None:
    bench.decide()
    together = Barrier(2)

    def attempt(act: str) -> str:
        together.wait()
        try:
            ask(bench, act)
        except TongbanError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(attempt, ("pay_at_bank", "waive")))
    assert codes[0] == ""
    assert codes[1] in ("bill_settled", "stale_version")
    assert bench.bill().state in (BillState.PAID, BillState.WAIVED)
    assert len({"bill_paid", "bill_waived"}.intersection(bench.told())) == 1
