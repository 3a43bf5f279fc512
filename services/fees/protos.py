"""Bills as messages."""

from __future__ import annotations

from typing import Final

from kit.timestamps import to_timestamp
from services.fees.domain.bill import Bill, BillState, Channel, Payment, Refund
from services.fees.domain.reports import ChargeFault, ChargeReport
from tongban.fees.v1 import messages_pb2 as pb
from tongban.fees.v1 import reports_pb2

STATES: Final = {
    BillState.COMPUTING: pb.BILL_STATE_COMPUTING,
    BillState.DUE: pb.BILL_STATE_DUE,
    BillState.PAID: pb.BILL_STATE_PAID,
    BillState.WAIVED: pb.BILL_STATE_WAIVED,
    BillState.REFUNDING: pb.BILL_STATE_REFUNDING,
    BillState.REFUNDED: pb.BILL_STATE_REFUNDED,
}
FAULTS: Final = {
    ChargeFault.CASH: reports_pb2.CHARGE_FAULT_CASH,
    ChargeFault.BEFORE_DECISION: reports_pb2.CHARGE_FAULT_BEFORE_DECISION,
    ChargeFault.MORE_THAN_COMPUTED: reports_pb2.CHARGE_FAULT_MORE_THAN_COMPUTED,
    ChargeFault.NO_BASIS: reports_pb2.CHARGE_FAULT_NO_BASIS,
}
_CHANNELS: Final = {
    Channel.BANK: pb.PAYMENT_CHANNEL_BANK,
    Channel.ONLINE: pb.PAYMENT_CHANNEL_ONLINE,
}


def bill_message(bill: Bill, *, online: bool = False, sandbox: bool = False) -> pb.Bill:
    """A bill as staff see it; ``online`` and ``sandbox``: how it may be paid here."""
    message = pb.Bill(
        id=bill.id,
        center_id=bill.center_id,
        department_key=bill.department_key,
        item_id=bill.item_id,
        item_version=bill.item_version,
        item_name=bill.item_name,
        case_number=bill.case_number,
        applicant_masked=bill.applicant_masked,
        state=STATES[bill.state],
        charges=[
            pb.Charge(
                name=each.name,
                price_fen=each.price_fen,
                basis=each.basis,
                unit=each.unit,
                quantity=each.quantity,
                amount_fen=each.amount_fen,
            )
            for each in bill.charges
        ],
        total_fen=bill.total_fen,
        opened_at=to_timestamp(bill.opened_at),
        computed_at=to_timestamp(bill.computed_at),
        computed_by_name=bill.computed_by_name,
        payments=[_payment(each) for each in bill.payments],
        settled_at=to_timestamp(bill.settled_at),
        receipt_number=bill.receipt_number,
        journey=bill.journey,
        version=bill.version,
        online=online,
        sandbox=sandbox,
        reports=[_report(each) for each in bill.reports],
    )
    if bill.waiver is not None:
        message.waiver_reason = bill.waiver.reason
        message.waiver_basis = bill.waiver.basis
        message.waived_by_name = bill.waiver.by_name
    return message


def told_bill(bill: Bill) -> pb.Bill:
    """A bill as other services are told of it: without what people wrote."""
    message = bill_message(bill)
    message.ClearField("waiver_reason")
    for report in message.reports:
        report.ClearField("text")
        report.ClearField("settlement")
    for payment in message.payments:
        if payment.HasField("refund"):
            payment.refund.ClearField("reason")
        for refund in payment.refunded:
            refund.ClearField("reason")
    return message


def payers_bill(bill: Bill, *, online: bool, sandbox: bool) -> pb.Bill:
    """A bill as whoever pays it sees it: without what staff report of each other."""
    message = bill_message(bill, online=online, sandbox=sandbox)
    message.ClearField("reports")
    return message


def _report(report: ChargeReport) -> reports_pb2.ChargeReport:
    settled = report.settled
    return reports_pb2.ChargeReport(
        id=report.id,
        fault=FAULTS[report.fault],
        amount_fen=report.amount_fen,
        reference=report.reference,
        text=report.text,
        reported_by_name=report.by_name,
        reported_at=to_timestamp(report.at),
        settlement=settled.text if settled is not None else "",
        settled_by_name=settled.by_name if settled is not None else "",
        settled_at=to_timestamp(settled.at if settled is not None else None),
    )


def _payment(payment: Payment) -> pb.Payment:
    message = pb.Payment(
        id=payment.id,
        channel=_CHANNELS[payment.channel],
        amount_fen=payment.amount_fen,
        bank=payment.bank,
        reference=payment.reference,
        paid_at=to_timestamp(payment.paid_at),
        surplus=payment.surplus,
        refunded=[_refund(each) for each in payment.refunded],
        gone_fen=payment.gone_fen,
    )
    if payment.refund is not None:
        message.refund.CopyFrom(_refund(payment.refund))
    return message


def _refund(refund: Refund) -> pb.Refund:
    return pb.Refund(
        reason=refund.reason,
        asked_by_name=refund.asked_by_name,
        asked_at=to_timestamp(refund.asked_at),
        reference=refund.reference,
        done_at=to_timestamp(refund.done_at),
        amount_fen=refund.amount_fen,
    )
