"""Money that goes back: what was paid by mistake or is owed no more."""

from __future__ import annotations

from typing import Any

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Conflict
from kit.text import clean
from services.fees.domain import bill as bills
from services.fees.domain.bill import Bill, Channel, Payment, Refund
from services.fees.domain.events import PaymentRefunded, RefundAsked
from services.fees.handlers.treasury import Treasury, at_window, of_department


def alarms(treasury: Treasury) -> list[Alarm]:
    """What wakes up: payments that came online and go back; tried until the provider has done it."""

    def fire(bill: Any, call: Call) -> None:
        send_back(treasury=treasury, call=call, bill=bill)

    return [Alarm("fees.refunds", treasury.bills, fire)]


def ask_refund(
    *, treasury: Treasury, call: Call, bill_id: str, reason: str, expected_version: int, amount_fen: int = 0
) -> Bill:
    """Has what was paid sent back the way that it came: so much of it, or all that is left.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict`` (``bill_not_paid``), ``Invalid`` without a reason or for
    more than is left.
    """
    bill = of_department(treasury, call, bill_id, expected_version)
    refund = Refund(
        id=f"{bill.id}.refund",
        reason=clean(reason, field="reason", max_length=500, multiline=True),
        asked_by=call.actor.id,
        asked_by_name=call.actor.name,
        asked_at=call.now,
        amount_fen=amount_fen,
    )
    asked = bills.ask_refund(bill, refund)
    payment = asked.payment
    return treasury.bills.save(asked, [RefundAsked(asked, payment.id if payment else "")], call)


def send_back(*, treasury: Treasury, call: Call, bill: Bill) -> None:
    """Lets the provider send back what waits longest. It does so once, however often it is asked, so that a crash
    between its word and ours changes nothing. Raises ``Unavailable``, ``Stale``."""
    waiting = [each for each in bill.going_back() if each.channel is Channel.ONLINE]
    if not waiting:
        raise Conflict("no_refund_asked", "没有待退的缴费。", id=bill.id)
    payment = waiting[0]
    refund_id = payment.refund.id if payment.refund else ""
    reference = treasury.payments.refund(payment.id, refund_id, _amount(payment))
    done = bills.refunded(bill, payment.id, reference=reference, now=call.now)
    treasury.bills.save(done, [PaymentRefunded(done, payment.id)], call)


def _amount(payment: Payment) -> int:
    """What goes back of a payment now, in fen."""
    asked = payment.refund.amount_fen if payment.refund else 0
    return asked or payment.amount_fen


def record_refund(*, treasury: Treasury, call: Call, bill_id: str, reference: str, expected_version: int) -> Bill:
    """Writes down that the bank has sent back what was paid at its window.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict`` (``no_refund_asked``), ``Invalid``.
    """
    bill = at_window(treasury, call, bill_id, expected_version)
    payment = next((each for each in bill.going_back() if each.channel is Channel.BANK), None)
    if payment is None:
        raise Conflict("no_refund_asked", "没有待办的银行退费，请核对。", id=bill.id)
    reference = clean(reference, field="reference", max_length=100)
    done = bills.refunded(bill, payment.id, reference=reference, now=call.now)
    return treasury.bills.save(done, [PaymentRefunded(done, payment.id)], call)
