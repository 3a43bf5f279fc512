"""The staff's desk of fees: count, let off, write down the bank's receipt, send back (rules H01, H02)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from kit.errors import Invalid
from tongban.fees.v1 import messages_pb2 as messages
from tongban.fees.v1 import reports_pb2 as reports
from tongban.fees.v1 import service_pb2 as fees

blueprint = Blueprint("fees_desk", __name__)

STATES = enum_names(messages.BillState.DESCRIPTOR)
FAULTS = enum_names(reports.ChargeFault.DESCRIPTOR)
SHOWN = 30
_ROLES = ("clerk", "chief", "supervisor", "manager")


@blueprint.get("/fees")
@staff(*_ROLES)
def listed() -> Response:
    """A center's bills."""
    asked = fees.ListBillsRequest(
        center_id=principal().center_id,
        state=messages.BillState.ValueType(STATES.get(request.args.get("state", ""), 0)),
        limit=SHOWN,
        cursor=request.args.get("cursor", ""),
    )
    found = ask(clients().fees.ListBills, asked)
    return page("fees/list.html", bills=found.bills, more=found.next_cursor, center=center(asked.center_id))


@blueprint.get("/fees/<bill_id>")
@staff(*_ROLES)
def show(bill_id: str) -> Response:
    """One bill with what may be done next."""
    return _show(bill_id, Form.blank())


@blueprint.post("/fees/<bill_id>/compute")
@staff("chief", "manager")
def compute(bill_id: str) -> Response:
    """Counts what is charged by unit."""

    def act(form: Form) -> str:
        quantities = [form.number(f"quantity-{number}") for number in range(form.number("charges"))]
        sent = fees.ComputeBillRequest(bill_id=bill_id, quantities=quantities, expected_version=form.version)
        ask(clients().fees.ComputeBill, sent)
        return "bill_computed"

    return _done(bill_id, act)


@blueprint.post("/fees/<bill_id>/waive")
@staff("chief", "manager")
def waive(bill_id: str) -> Response:
    """Lets it off."""

    def act(form: Form) -> str:
        sent = fees.WaiveBillRequest(
            bill_id=bill_id, reason=form.text("reason"), basis=form.text("basis"), expected_version=form.version
        )
        ask(clients().fees.WaiveBill, sent)
        return "bill_waived"

    return _done(bill_id, act)


@blueprint.post("/fees/<bill_id>/pay")
@staff("clerk", "chief")
def pay(bill_id: str) -> Response:
    """Writes down what was paid at the bank."""

    def act(form: Form) -> str:
        sent = fees.RecordPaymentRequest(
            bill_id=bill_id,
            bank=form.text("bank"),
            reference=form.text("reference"),
            amount_fen=_fen(form.text("amount")),
            paid_on=form.text("paid_on"),
            expected_version=form.version,
        )
        ask(clients().fees.RecordPayment, sent)
        return "bill_paid"

    return _done(bill_id, act)


@blueprint.post("/fees/<bill_id>/refund")
@staff("chief", "manager")
def refund(bill_id: str) -> Response:
    """Sends it back."""

    def act(form: Form) -> str:
        amount = form.text("amount_fen")
        sent = fees.AskRefundRequest(
            bill_id=bill_id,
            reason=form.text("reason"),
            expected_version=form.version,
            amount_fen=_fen(amount) if amount else 0,
        )
        ask(clients().fees.AskRefund, sent)
        return "refund_asked"

    return _done(bill_id, act)


@blueprint.post("/fees/<bill_id>/refunded")
@staff("clerk", "chief")
def refunded(bill_id: str) -> Response:
    """Writes down that the bank has sent it back."""

    def act(form: Form) -> str:
        sent = fees.RecordRefundRequest(
            bill_id=bill_id, reference=form.text("reference"), expected_version=form.version
        )
        ask(clients().fees.RecordRefund, sent)
        return "refund_done"

    return _done(bill_id, act)


@blueprint.post("/fees/<bill_id>/reports")
@staff(*_ROLES)
def report(bill_id: str) -> Response:
    """Writes down that somebody was charged as may not be."""

    def act(form: Form) -> str:
        sent = fees.ReportChargeRequest(
            bill_id=bill_id,
            fault=reports.ChargeFault.ValueType(FAULTS.get(form.text("fault"), 0)),
            amount_fen=_fen(form.text("charged")),
            reference=form.text("receipt"),
            text=form.text("text"),
            expected_version=form.version,
        )
        ask(clients().fees.ReportCharge, sent)
        return "charge_reported"

    return _done(bill_id, act)


@blueprint.post("/fees/<bill_id>/reports/<report_id>/settle")
@staff("supervisor", "manager")
def settle(bill_id: str, report_id: str) -> Response:
    """Says what became of a report."""

    def act(form: Form) -> str:
        sent = fees.SettleChargeReportRequest(
            bill_id=bill_id, report_id=report_id, text=form.text("settlement"), expected_version=form.version
        )
        ask(clients().fees.SettleChargeReport, sent)
        return "charge_settled"

    return _done(bill_id, act)


def _fen(text: str) -> int:
    """Yuan as people write them, in fen. Raises ``Invalid`` (``amount_invalid``)."""
    yuan, _, fen = text.replace(",", "").partition(".")
    if not (yuan.isascii() and yuan.isdigit() and len(yuan) <= 10 and len(fen) <= 2 and (not fen or fen.isdecimal())):
        raise Invalid("amount_invalid", "金额应写作 50 或 50.00 的形式，单位为元。", field="amount")
    return int(yuan) * 100 + int((fen or "0").ljust(2, "0"))


def _done(bill_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("fees_desk.show", bill_id=bill_id, done=act(form)), lambda form: _show(bill_id, form)
    )


def _show(bill_id: str, form: Form) -> Response:
    bill = ask(clients().fees.GetBill, fees.GetBillRequest(bill_id=bill_id)).bill
    return page("fees/desk.html", status=form.status, bill=bill, form=form, center=center(bill.center_id))
