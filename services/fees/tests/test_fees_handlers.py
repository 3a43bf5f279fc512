"""From the decision to the receipt, and back, on the real embedded store (rules H01–H04)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale, Unavailable
from kit.testing import MONDAY, actor
from reference.testing import DEPARTMENT
from services.fees import queries
from services.fees.domain.bill import Bill, BillState
from services.fees.handlers import billing, paying, refunding
from services.fees.payments.port import Paid
from services.fees.payments.sandbox import NoPayments

if TYPE_CHECKING:
    from services.fees.tests.conftest import Bench

CLERK = actor("clerk", id="clerk-1")
CHIEF = actor("chief", id="chief-1", department=DEPARTMENT)
STRANGER = actor("clerk", id="clerk-9", center="610999")
TODAY = date(2026, 11, 23)


def receipt(amount: int = 5000, *, reference: str = "R-1", on: date = TODAY) -> paying.BankReceipt:
    return paying.BankReceipt("样例银行营业部", reference, amount, on)


def at_bank(bench: Bench, id: str = "c-1", who: Actor = CLERK, said: paying.BankReceipt | None = None) -> Bill:
    return paying.record_payment(
        treasury=bench.treasury, call=bench.by(who), bill_id=id, receipt=said or receipt(), expected_version=0
    )


def start(bench: Bench, code: str = "code-c-1") -> str:
    return paying.start_payment(treasury=bench.treasury, call=bench.by(PUBLIC), code=code)[1]


def notice(bench: Bench, order: str, amount: int = 5000) -> Bill:
    said, signature = bench.provider.says(Paid(order, amount, "", bench.clock.now()))
    return paying.confirm_payment(treasury=bench.treasury, call=bench.by(PUBLIC), notice=said, signature=signature)


def ask_refund(
    bench: Bench, who: Actor = CHIEF, reason: str = "依法撤回申请", amount: int = 0, version: int = 0
) -> Bill:
    return refunding.ask_refund(
        treasury=bench.treasury,
        call=bench.by(who),
        bill_id="c-1",
        reason=reason,
        expected_version=version,
        amount_fen=amount,
    )


# ── The bill ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_approved_case_is_charged_what_its_item_version_says(bench: Bench) -> None:
    bench.decide()
    bill = bench.bill()
    assert [(charge.name, charge.amount_fen, charge.basis) for charge in bill.charges] == [
        ("审查费", 5000, "样例依据二")
    ]
    assert bill.state is BillState.DUE
    assert bench.told() == ["bill_opened"]


def test_a_denied_case_and_a_free_item_have_no_bill(bench: Bench) -> None:
    bench.decide(approved=False)
    bench.decide("c-2", item="free")
    assert bench.told() == []


def test_a_case_has_one_bill_whatever_is_told_twice(bench: Bench) -> None:
    bench.decide()
    bench.decide()
    bench.decide(event="another-event")
    assert bench.told() == ["bill_opened"]


def test_the_chief_counts_and_may_count_again_until_it_is_paid(bench: Bench) -> None:
    bench.decide(item="by-unit")
    for count, total in ((3, 8000), (2, 7000)):
        billing.compute_bill(
            treasury=bench.treasury, call=bench.by(CHIEF), bill_id="c-1", quantities=(count, 1), expected_version=0
        )
        assert bench.bill().total_fen == total
    at_bank(bench, said=receipt(7000))
    with pytest.raises(Conflict, match="不能再核算"):
        billing.compute_bill(
            treasury=bench.treasury, call=bench.by(CHIEF), bill_id="c-1", quantities=(1, 1), expected_version=0
        )


def test_what_was_seen_of_an_older_version_is_refused(bench: Bench) -> None:
    bench.decide()
    with pytest.raises(Stale):
        paying.record_payment(
            treasury=bench.treasury, call=bench.by(CLERK), bill_id="c-1", receipt=receipt(), expected_version=7
        )


# ── At the bank ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_bank_s_receipt_pays_and_gets_a_number(bench: Bench) -> None:
    bench.decide()
    paid = at_bank(bench)
    assert (paid.state, paid.receipt_number) == (BillState.PAID, "610902费〔2026〕000001号")
    assert bench.told() == ["bill_opened", "bill_paid"]


def test_one_receipt_of_the_bank_does_not_pay_two_bills(bench: Bench) -> None:
    bench.decide()
    bench.decide("c-2")
    at_bank(bench)
    with pytest.raises(Conflict) as refused:
        at_bank(bench, "c-2")
    assert refused.value.code == "bank_receipt_used"
    assert bench.bill("c-2").state is BillState.DUE


@pytest.mark.parametrize("on", [TODAY - timedelta(days=1), TODAY + timedelta(days=1)])
def test_a_receipt_from_before_the_decision_or_from_tomorrow_is_refused(bench: Bench, on: date) -> None:
    bench.decide()
    with pytest.raises(Invalid) as refused:
        at_bank(bench, said=receipt(on=on))
    assert refused.value.code == "paid_on_out_of_range"


def test_a_wrong_sum_changes_nothing_and_draws_no_number(bench: Bench) -> None:
    bench.decide()
    with pytest.raises(Invalid):
        at_bank(bench, said=receipt(4999))
    assert at_bank(bench).receipt_number.endswith("000001号")


# ── Online ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_holds_the_code_pays_online(bench: Bench) -> None:
    bench.decide()
    assert start(bench) == "https://zw.example.cn/bills/code-c-1/sandbox"
    paid = paying.pay_in_sandbox(treasury=bench.treasury, call=bench.by(PUBLIC), code="code-c-1")
    assert (paid.state, paid.payments[0].amount_fen) == (BillState.PAID, 5000)


def test_a_click_again_opens_no_second_order(bench: Bench) -> None:
    bench.decide()
    start(bench)
    start(bench)
    assert [order.id for order in bench.provider.orders] == ["c-1.1", "c-1.1"]
    assert len(bench.bill().attempts) == 1


def test_a_notice_told_again_has_no_second_effect(bench: Bench) -> None:
    bench.decide()
    start(bench)
    first = notice(bench, "c-1.1")
    assert notice(bench, "c-1.1") == first
    assert bench.told() == ["bill_opened", "bill_paid"]


def test_a_forged_notice_changes_nothing(bench: Bench) -> None:
    bench.decide()
    start(bench)
    said, signature = bench.provider.says(Paid("c-1.1", 5000, "", MONDAY))
    with pytest.raises(Forbidden):
        paying.confirm_payment(
            treasury=bench.treasury,
            call=bench.by(PUBLIC),
            notice=said.replace(b"5000", b"0005"),
            signature=signature,
        )
    assert bench.bill().state is BillState.DUE


def test_paid_at_the_bank_and_online_the_second_money_goes_back_by_itself(bench: Bench) -> None:
    bench.decide()
    start(bench)
    at_bank(bench)
    notice(bench, "c-1.1")
    bench.provider.offline = Unavailable("payments_unavailable", "支付平台暂时无法连接，请稍后重试。")
    assert bench.sweep() == 0
    bench.provider.offline = None
    assert bench.sweep() == 1
    assert bench.sweep() == 0
    assert bench.provider.refunds == [("c-1.1", "c-1.1.r", 5000)]
    assert bench.bill().state is BillState.PAID
    assert bench.told() == ["bill_opened", "bill_paid", "surplus_paid", "payment_refunded"]


def test_money_for_a_sum_that_was_counted_anew_goes_back_and_the_bill_stays_due(bench: Bench) -> None:
    bench.decide(item="by-unit")
    for count in (1, 2):
        billing.compute_bill(
            treasury=bench.treasury, call=bench.by(CHIEF), bill_id="c-1", quantities=(count, 1), expected_version=0
        )
        start(bench)
    notice(bench, "c-1.1", 6000)
    assert bench.bill().state is BillState.DUE
    notice(bench, "c-1.2", 7000)
    assert bench.bill().state is BillState.PAID
    assert [each.id for each in bench.bill().going_back()] == ["c-1.1"]


def test_where_no_provider_is_wired_the_bank_is_named(bench: Bench) -> None:
    bench.decide()
    object.__setattr__(bench.treasury, "payments", NoPayments())
    with pytest.raises(Invalid, match="银行窗口"):
        start(bench)


# ── Letting off, sending back ────────────────────────────────────────────────────────────────────────────────────


def test_a_waiver_says_why_and_by_what_law(bench: Bench) -> None:
    bench.decide()
    for reason, basis in (("", "某条"), ("困难家庭", "")):
        with pytest.raises(Invalid):
            _waive(bench, reason, basis)
    waived = _waive(bench, "困难家庭", "某某办法第三条")
    assert (waived.state, waived.waiver and waived.waiver.basis) == (BillState.WAIVED, "某某办法第三条")


def test_what_was_paid_online_goes_back_by_the_provider(bench: Bench) -> None:
    bench.decide()
    start(bench)
    notice(bench, "c-1.1")
    assert ask_refund(bench).state is BillState.REFUNDING
    assert bench.sweep() == 1
    assert bench.bill().state is BillState.REFUNDED


def test_a_part_goes_back_once_whoever_asks_at_the_same_time_and_however_often_it_is_tried(bench: Bench) -> None:
    bench.decide()
    start(bench)
    notice(bench, "c-1.1")
    seen = bench.bill().version
    ask_refund(bench, amount=2000, version=seen)
    with pytest.raises(Stale):
        ask_refund(bench, amount=2000, version=seen)
    with pytest.raises(Conflict, match="bill_not_paid"):
        ask_refund(bench, amount=2000)
    bench.provider.offline = Unavailable("payments_unavailable", "支付平台暂时无法连接，请稍后重试。")
    assert bench.sweep() == 0
    bench.provider.offline = None
    assert (bench.sweep(), bench.sweep()) == (1, 0)
    assert bench.bill().state is BillState.PAID
    with pytest.raises(Invalid, match="refund_out_of_range"):
        ask_refund(bench, amount=3001)
    ask_refund(bench)
    bench.sweep()
    assert bench.provider.refunds == [("c-1.1", "c-1.refund", 2000), ("c-1.1", "c-1.refund.2", 3000)]
    assert bench.bill().state is BillState.REFUNDED
    assert bench.told()[2:] == ["refund_asked", "payment_refunded"] * 2


def test_what_was_paid_at_the_bank_goes_back_when_the_bank_has_done_it(bench: Bench) -> None:
    bench.decide()
    at_bank(bench)
    ask_refund(bench)
    assert bench.sweep() == 0
    done = refunding.record_refund(
        treasury=bench.treasury, call=bench.by(CLERK), bill_id="c-1", reference="T-1", expected_version=0
    )
    assert done.state is BillState.REFUNDED
    with pytest.raises(Conflict):
        refunding.record_refund(
            treasury=bench.treasury, call=bench.by(CLERK), bill_id="c-1", reference="T-2", expected_version=0
        )


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_other_centers_and_other_departments_are_kept_out(bench: Bench) -> None:
    bench.decide()
    other = actor("chief", id="chief-9", department="gaj")
    acts: list[Callable[[], object]] = [
        lambda: at_bank(bench, who=STRANGER),
        lambda: ask_refund(bench, who=other),
        lambda: _waive(bench, "困难", "某条", other),
        lambda: queries.get_bill(treasury=bench.treasury, call=bench.by(other), bill_id="c-1"),
        lambda: _list(bench, STRANGER),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert bench.bill().version == 1


def test_lists_are_a_department_s_for_its_chief_and_a_center_s_for_its_windows(bench: Bench) -> None:
    bench.decide()
    assert [bill.id for bill in _list(bench, CLERK)] == ["c-1"]
    assert [bill.id for bill in _list(bench, CHIEF)] == ["c-1"]
    assert _list(bench, actor("chief", id="chief-9", department="gaj")) == ()


def test_a_code_that_opens_nothing_is_told(bench: Bench) -> None:
    with pytest.raises(NotFound, match="缴费单"):
        paying.by_code(bench.treasury, "no-such-code")


def _list(bench: Bench, who: Actor) -> tuple[Bill, ...]:
    found = queries.list_bills(
        treasury=bench.treasury, call=bench.by(who), center_id="610902", state=None, limit=0, cursor=""
    )
    return found.items


def _waive(bench: Bench, reason: str, basis: str, who: Actor = CHIEF) -> Bill:
    return billing.waive_bill(
        treasury=bench.treasury, call=bench.by(who), bill_id="c-1", reason=reason, basis=basis, expected_version=0
    )
