"""What was charged, paid, let off and given back of a case (rules H01–H04)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kit.events import Event
from services.archive.domain.entries import EntryKind
from services.archive.events.rule import Concerns, Rule, Said, yuan
from tongban.fees.v1 import messages_pb2 as pb

_CHANNELS: Final = {pb.PAYMENT_CHANNEL_BANK: "银行窗口", pb.PAYMENT_CHANNEL_ONLINE: "网上缴费"}


def _of_bill(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.bill.id)


def _computed(message: Any) -> Said:
    bill = message.bill
    charges = tuple(
        (each.name, "，".join(part for part in (f"{yuan(each.amount_fen)} 元", each.basis) if part))
        for each in bill.charges
        if each.amount_fen
    )
    return (("应缴（元）", yuan(bill.total_fen)), *charges)


def _paid(message: Any) -> Said:
    bill = message.bill
    kept = [each for each in bill.payments if not each.surplus and not each.HasField("refund")]
    payment = kept[-1] if kept else pb.Payment()
    return (
        ("应缴（元）", yuan(bill.total_fen)),
        ("缴费凭证", bill.receipt_number),
        ("缴费方式", _CHANNELS.get(payment.channel, "")),
        ("银行", payment.bank),
        ("流水号", payment.reference),
    )


def _waived(message: Any) -> Said:
    bill = message.bill
    return (
        ("应缴（元）", yuan(bill.total_fen)),
        ("减免理由", bill.waiver_reason),
        ("减免依据", bill.waiver_basis),
        ("批准人", bill.waived_by_name),
    )


def _one_payment(message: Any) -> Said:
    """Of the payment that the event names."""
    payment = next((each for each in message.bill.payments if each.id == message.payment_id), pb.Payment())
    return (
        ("金额（元）", yuan(payment.amount_fen)),
        ("流水号", payment.reference),
        ("退费金额（元）", yuan(payment.refund.amount_fen) if payment.refund.amount_fen else ""),
        ("退费理由", payment.refund.reason),
        ("申请人", payment.refund.asked_by_name),
        ("退款流水号", payment.refund.reference),
        ("缴费凭证", message.bill.receipt_number),
    )


def _rule(title: str, said: Callable[[Any], Said], *papers: str) -> Rule:
    return Rule(title, _of_bill, said, EntryKind.RECORD, lambda message: papers)


FEES: Final[dict[str, Rule]] = {
    "BillOpened": _rule("开具缴费单", _computed, "bill"),
    "BillComputed": _rule("核算费用", _computed, "bill"),
    "BillPaid": _rule("缴费", _paid, "bill", "payment"),
    "BillWaived": _rule("减免费用", _waived, "bill", "payment"),
    "SurplusPaid": _rule("收到多缴款项", _one_payment),
    "RefundAsked": _rule("申请退费", _one_payment),
    "PaymentRefunded": _rule("退费", _one_payment),
}
