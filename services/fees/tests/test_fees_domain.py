"""A bill's states: every act in every state, from one table (rules H01, H02)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Conflict, Invalid
from kit.testing import MONDAY
from services.fees.domain import bill as bills
from services.fees.domain.bill import Bill, BillState, Channel, Charge, Payment, Refund, Waiver

LATER = MONDAY + timedelta(hours=1)


def new_bill(*charges: Charge) -> Bill:
    return bills.open_bill(
        Bill(
            id="c-1",
            center_id="610902",
            department_key="sp",
            item_id="i",
            item_version=1,
            item_name="食品经营许可",
            case_number="1",
            applicant_masked="张*",
            journey="j",
            code="code",
            state=BillState.COMPUTING,
            charges=charges or (Charge("审查费", 5000, "样例依据"),),
            opened_at=MONDAY,
        )
    )


def bank(bill: Bill, amount: int = 0) -> Payment:
    return Payment("c-1.bank", Channel.BANK, amount or bill.total_fen, "样例银行", "R1", LATER, "clerk")


def online(order: str, amount: int, at: datetime = LATER) -> Payment:
    return Payment(order, Channel.ONLINE, amount, "", "P1", at, "")


def refund() -> Refund:
    return Refund("r", "多缴", "chief", "王科长", LATER)


COUNTED = Charge("工本费", 1000, "样例依据", "证")
COMPUTING = new_bill(COUNTED)
DUE = bills.attempt(new_bill(), MONDAY)[0]
PAID = bills.pay_at_bank(DUE, bank(DUE), "1号")
REFUNDING = bills.ask_refund(PAID, refund())
IN_EACH_STATE = {
    BillState.COMPUTING: COMPUTING,
    BillState.DUE: DUE,
    BillState.PAID: PAID,
    BillState.WAIVED: bills.waive(DUE, Waiver("困难", "某条", "chief", "王科长", LATER)),
    BillState.REFUNDING: REFUNDING,
    BillState.REFUNDED: bills.refunded(REFUNDING, "c-1.bank", reference="B1", now=LATER),
}
ACTS: dict[str, Callable[[Bill], object]] = {
    "compute": lambda bill: bills.compute(bill, (1,), by="chief", by_name="王科长", now=LATER),
    "attempt": lambda bill: bills.attempt(bill, LATER),
    "pay_at_bank": lambda bill: bills.pay_at_bank(bill, bank(bill), "1号"),
    "waive": lambda bill: bills.waive(bill, Waiver("困难", "某条", "chief", "王科长", LATER)),
    "ask_refund": lambda bill: bills.ask_refund(bill, refund()),
    "refunded": lambda bill: bills.refunded(bill, "c-1.bank", reference="B1", now=LATER),
}
ALLOWED = {
    BillState.COMPUTING: {"compute", "waive"},
    BillState.DUE: {"compute", "attempt", "pay_at_bank", "waive"},
    BillState.PAID: {"ask_refund"},
    BillState.WAIVED: set[str](),
    BillState.REFUNDING: {"refunded"},
    BillState.REFUNDED: set[str](),
}


@pytest.mark.parametrize(("state", "act"), list(itertools.product(BillState, ACTS)))
def test_an_act_is_done_where_the_table_says_so_and_refused_elsewhere(state: BillState, act: str) -> None:
    bill = IN_EACH_STATE[state]
    assert bill.state is state
    if act in ALLOWED[state]:
        ACTS[act](bill)
        return
    with pytest.raises(Conflict):
        ACTS[act](bill)


def test_what_is_charged_once_a_case_needs_no_counting() -> None:
    assert (new_bill().state, new_bill().total_fen) == (BillState.DUE, 5000)


def test_what_is_charged_by_unit_waits_until_it_is_counted() -> None:
    assert COMPUTING.state is BillState.COMPUTING
    counted = bills.compute(COMPUTING, (3,), by="chief", by_name="王科长", now=LATER)
    assert (counted.state, counted.total_fen, counted.computed_by_name) == (BillState.DUE, 3000, "王科长")


@pytest.mark.parametrize(
    ("quantities", "code"),
    [
        ((), "quantities_incomplete"),
        ((1, 1), "quantities_incomplete"),
        ((0,), "nothing_counted"),
        ((-1,), "quantity_out_of_range"),
        ((bills.MAX_QUANTITY + 1,), "quantity_out_of_range"),
    ],
)
def test_absurd_quantities_are_refused(quantities: tuple[int, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        bills.compute(COMPUTING, quantities, by="chief", by_name="王科长", now=LATER)
    assert refused.value.code == code


def test_what_is_charged_once_cannot_be_counted_twice() -> None:
    with pytest.raises(Invalid, match="按件收取"):
        bills.compute(new_bill(), (2,), by="chief", by_name="王科长", now=LATER)


def test_a_bill_that_no_purse_holds_is_refused() -> None:
    dear = new_bill(Charge("工本费", 10_000_000_000, "样例依据", "证"))
    with pytest.raises(Invalid) as refused:
        bills.compute(dear, (bills.MAX_QUANTITY,), by="chief", by_name="王科长", now=LATER)
    assert refused.value.code == "total_too_large"


def test_a_receipt_for_another_sum_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        bills.pay_at_bank(DUE, bank(DUE, 4999), "1号")
    assert refused.value.code == "amount_differs"


def test_the_same_sum_asked_for_again_is_the_same_order() -> None:
    again, order = bills.attempt(DUE, LATER)
    assert again is DUE
    assert order.id == "c-1.1"


@given(st.lists(st.sampled_from(["order", "count", "pay 1", "pay 2", "pay 3", "bank", "waive"]), max_size=12))
def test_money_that_came_pays_once_or_goes_back_whatever_happens_in_between(acts: list[str]) -> None:
    """At any time: one payment at the most pays; each other one is on its way back."""
    bill = new_bill(COUNTED)
    came = 0
    for number, act in enumerate(acts, start=1):
        try:
            if act == "order":
                bill, _ = bills.attempt(bill, LATER)
            elif act == "count":
                bill = bills.compute(bill, (number,), by="chief", by_name="王科长", now=LATER)
            elif act == "bank":
                bill = bills.pay_at_bank(bill, bank(bill), "1号")
                came += 1
            elif act == "waive":
                bill = bills.waive(bill, Waiver("困难", "某条", "chief", "王科长", LATER))
            else:
                order = next((each for each in bill.attempts if each.id == f"c-1.{act[-1]}"), None)
                if order is None or bills.has_come(bill, order.id):
                    continue
                bill = bills.pay_online(bill, online(order.id, order.amount_fen), "1号")
                came += 1
        except Conflict:
            continue
        paying = [each for each in bill.payments if not each.surplus]
        assert len(bill.payments) == came
        assert len(paying) <= 1
        assert all(each.refund is not None for each in bill.payments if each.surplus)
        assert (bill.state is BillState.PAID) == bool(paying)
        assert not paying or paying[0].amount_fen == bill.total_fen


def test_money_for_nobodys_order_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        bills.pay_online(DUE, online("c-1.9", 5000), "1号")
    assert refused.value.code == "order_unknown"


def test_a_surplus_gone_back_leaves_the_bill_as_it_was() -> None:
    twice = bills.pay_online(PAID, online("c-1.1", 5000), "")
    (surplus,) = twice.going_back()
    done = bills.refunded(twice, surplus.id, reference="S1", now=LATER)
    assert done.state is BillState.PAID
    assert not done.going_back()


def test_a_bill_of_nothing_is_none() -> None:
    with pytest.raises(Invalid):
        bills.open_bill(replace(DUE, charges=()))


def part(amount: int) -> Refund:
    return replace(refund(), amount_fen=amount)


def test_a_part_goes_back_and_the_rest_stays_paid_until_it_is_asked_for() -> None:
    once = bills.refunded(bills.ask_refund(PAID, part(2000)), "c-1.bank", reference="B1", now=LATER)
    assert once.state is BillState.PAID
    assert once.payment is not None
    assert (once.payment.gone_fen, once.payment.kept_fen) == (2000, 3000)
    rest = bills.ask_refund(once, refund())
    assert rest.payment is not None
    assert rest.payment.refund is not None
    assert (rest.payment.refund.id, rest.payment.refund.amount_fen) == ("r.2", 3000)
    assert bills.refunded(rest, "c-1.bank", reference="B2", now=LATER).state is BillState.REFUNDED


@pytest.mark.parametrize("amount", [-1, 5001, 10**15])
def test_more_than_is_left_or_less_than_nothing_does_not_go_back(amount: int) -> None:
    with pytest.raises(Invalid, match="refund_out_of_range"):
        bills.ask_refund(PAID, part(amount))


@given(st.lists(st.one_of(st.integers(0, 6000), st.none()), max_size=15))
def test_however_often_money_goes_back_it_never_adds_up_to_more_than_came(acts: list[int | None]) -> None:
    """Whole numbers ask for a refund of so much (0: the rest); ``None``: the bank has done it."""
    bill, gone, ids = PAID, 0, set()
    for act in acts:
        try:
            if act is not None:
                bill = bills.ask_refund(bill, part(act))
                continue
            payment = bill.payment
            assert payment is not None
            bill = bills.refunded(bill, "c-1.bank", reference="B", now=LATER)
            assert payment.refund is not None
            assert payment.refund.id not in ids, "a provider sends back once for each"
            ids.add(payment.refund.id)
            gone += payment.refund.amount_fen
        except (Conflict, Invalid):
            continue
        payment = bill.payment
        assert payment is not None
        assert payment.gone_fen == gone <= payment.amount_fen
        assert (bill.state is BillState.REFUNDED) == (gone == payment.amount_fen)


def test_a_refund_of_an_earlier_release_was_whole() -> None:
    old = replace(bank(DUE), refund=replace(refund(), done_at=LATER, reference="B1"))
    assert (old.gone_fen, old.kept_fen) == (5000, 0)
