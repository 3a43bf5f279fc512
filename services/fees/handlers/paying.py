"""Money that comes: a bank's receipt shown at the window, or online through the provider (rules H01, H02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.events import DomainEvent
from kit.store.port import Duplicate
from kit.text import clean
from kit.workdays import local_date, local_instant
from services.fees.domain import bill as bills
from services.fees.domain.bill import Bill, Channel, Payment
from services.fees.domain.events import BillPaid, SurplusPaid
from services.fees.handlers.treasury import Treasury, at_window, bill_missing
from services.fees.payments.port import Order, Paid
from services.fees.payments.sandbox import Sandbox, not_offered


@dataclass(frozen=True, slots=True)
class BankReceipt:
    """What a bank's receipt (缴费回执) says. ``amount_fen`` in fen."""

    bank: str
    reference: str
    amount_fen: int
    paid_on: date


def record_payment(
    *, treasury: Treasury, call: Call, bill_id: str, receipt: BankReceipt, expected_version: int
) -> Bill:
    """Writes down what was paid at the bank, whose receipt the payer shows; nobody here takes the money (rules H01).

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict`` (``bill_not_computed``, ``bill_settled``,
    ``bank_receipt_used``), ``Invalid`` (``amount_differs``, ``paid_on_out_of_range``).
    """
    bill = at_window(treasury, call, bill_id, expected_version)
    if not local_date(bill.opened_at) <= receipt.paid_on <= local_date(call.now):
        raise Invalid("paid_on_out_of_range", "缴费日期应在决定作出之后、今天之前（含当天）。", field="paid_on")
    payment = Payment(
        id=f"{bill.id}.bank",
        channel=Channel.BANK,
        amount_fen=receipt.amount_fen,
        bank=clean(receipt.bank, field="bank", max_length=100),
        reference=clean(receipt.reference, field="reference", max_length=100),
        paid_at=max(bill.opened_at, local_instant(receipt.paid_on)),
        recorded_by=call.actor.id,
    )
    bills.require_amount(bill, payment.amount_fen)  # before a number is drawn
    paid = bills.pay_at_bank(bill, payment, treasury.next_receipt(bill.center_id, call.now))
    try:
        return treasury.bills.save(paid, [BillPaid(paid)], call)
    except Duplicate:
        raise Conflict("bank_receipt_used", "该银行回执已用于另一缴费单，请核对回执号。", id=bill.id) from None


def start_payment(*, treasury: Treasury, call: Call, code: str) -> tuple[Bill, str]:
    """Opens an order for paying online, or the one that stands open; the bill and the address to pay at.

    The order is kept before the provider hears of it, so that money which comes is always known.
    Raises ``NotFound``, ``Conflict`` (``bill_not_computed``, ``bill_settled``), ``Invalid``
    (``online_payment_not_offered``), ``Unavailable`` (``payments_unavailable``), ``Stale``.
    """
    bill = by_code(treasury, code)
    opened, attempt = bills.attempt(bill, call.now)
    if opened is not bill:
        opened = treasury.bills.save(opened, [], call)
    order = Order(attempt.id, attempt.amount_fen, bill.item_name, treasury.bill_url(bill))
    return opened, treasury.payments.open(order)


def confirm_payment(*, treasury: Treasury, call: Call, notice: bytes, signature: str) -> Bill:
    """Takes in what the provider says has come; told again, it has no second effect.

    Money that pays nothing (paid twice, let off or counted anew meanwhile) is kept and goes back by itself.
    Raises ``Forbidden`` (``notice_not_signed``), ``Invalid`` (``notice_malformed``), ``NotFound``, ``Conflict``
    (``order_unknown``), ``Stale``.
    """
    said = treasury.payments.read(notice, signature)
    return _take(treasury, call, said)


def pay_in_sandbox(*, treasury: Treasury, call: Call, code: str) -> Bill:
    """Presses the button of the provider that only plays: it sends its notice.

    Raises ``Invalid`` (``online_payment_not_offered``) where a real one is wired, and as ``confirm_payment``.
    """
    provider = treasury.payments
    if not isinstance(provider, Sandbox):
        raise not_offered()
    bill = by_code(treasury, code)
    if not bill.attempts:
        raise Conflict("order_unknown", "没有这笔缴费订单，请先点“网上缴费”。", id=bill.id)
    last = bill.attempts[-1]
    notice, signature = provider.notice(last.id, last.amount_fen, call.now)
    return confirm_payment(treasury=treasury, call=call, notice=notice, signature=signature)


def by_code(treasury: Treasury, code: str) -> Bill:
    """The bill that a case's code opens. Raises ``NotFound``."""
    bill = treasury.bills.find_unique("by_code", code) if code else None
    if bill is None:
        raise bill_missing("")
    return bill


def _take(treasury: Treasury, call: Call, said: Paid) -> Bill:
    bill = treasury.bills.get(said.order_id.rpartition(".")[0])
    if bills.has_come(bill, said.order_id):
        return bill
    payment = Payment(
        id=said.order_id,
        channel=Channel.ONLINE,
        amount_fen=said.amount_fen,
        bank="",
        reference=clean(said.reference, field="reference", max_length=100),
        paid_at=_not_before(said.at, bill.opened_at),
        recorded_by="",
    )
    pays = bills.takes(bill, said.order_id, said.amount_fen)
    number = treasury.next_receipt(bill.center_id, call.now) if pays else ""
    taken = bills.pay_online(bill, payment, number)
    event: DomainEvent = BillPaid(taken) if pays else SurplusPaid(taken, payment.id)
    return treasury.bills.save(taken, [event], call)


def _not_before(at: datetime, opened: datetime) -> datetime:
    """The provider's clock is its own."""
    return max(at, opened)
