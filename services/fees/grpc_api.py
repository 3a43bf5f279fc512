"""Proto to use case and back."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from kit.call import current_call
from kit.errors import Invalid
from services.fees import queries
from services.fees.domain.bill import Bill
from services.fees.handlers import billing, paying, refunding, reporting
from services.fees.handlers.treasury import Treasury
from services.fees.payments.sandbox import NoPayments
from services.fees.protos import FAULTS, STATES, bill_message, payers_bill
from tongban.fees.v1 import messages_pb2, service_pb2, service_pb2_grpc

_STATES: Final = {number: state for state, number in STATES.items()}
_FAULTS: Final = {number: fault for fault, number in FAULTS.items()}


class FeesApi(service_pb2_grpc.FeesServiceServicer):
    """Serves the RPCs of fees."""

    def __init__(self, treasury: Treasury) -> None:
        self._treasury = treasury

    def GetBill(self, request: service_pb2.GetBillRequest, context: Any) -> service_pb2.GetBillResponse:
        bill = queries.get_bill(treasury=self._treasury, call=current_call(), bill_id=request.bill_id)
        return service_pb2.GetBillResponse(bill=self._message(bill))

    def GetBillByCode(
        self, request: service_pb2.GetBillByCodeRequest, context: Any
    ) -> service_pb2.GetBillByCodeResponse:
        bill = paying.by_code(self._treasury, request.code)
        return service_pb2.GetBillByCodeResponse(bill=self._payers(bill))

    def ListBills(self, request: service_pb2.ListBillsRequest, context: Any) -> service_pb2.ListBillsResponse:
        found = queries.list_bills(
            treasury=self._treasury,
            call=current_call(),
            center_id=request.center_id,
            state=_STATES.get(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return service_pb2.ListBillsResponse(
            bills=[self._message(bill) for bill in found.items], next_cursor=found.cursor
        )

    def ComputeBill(self, request: service_pb2.ComputeBillRequest, context: Any) -> service_pb2.ComputeBillResponse:
        bill = billing.compute_bill(
            treasury=self._treasury,
            call=current_call(),
            bill_id=request.bill_id,
            quantities=tuple(request.quantities),
            expected_version=request.expected_version,
        )
        return service_pb2.ComputeBillResponse(bill=self._message(bill))

    def WaiveBill(self, request: service_pb2.WaiveBillRequest, context: Any) -> service_pb2.WaiveBillResponse:
        bill = billing.waive_bill(
            treasury=self._treasury,
            call=current_call(),
            bill_id=request.bill_id,
            reason=request.reason,
            basis=request.basis,
            expected_version=request.expected_version,
        )
        return service_pb2.WaiveBillResponse(bill=self._message(bill))

    def RecordPayment(
        self, request: service_pb2.RecordPaymentRequest, context: Any
    ) -> service_pb2.RecordPaymentResponse:
        receipt = paying.BankReceipt(request.bank, request.reference, request.amount_fen, _date(request.paid_on))
        bill = paying.record_payment(
            treasury=self._treasury,
            call=current_call(),
            bill_id=request.bill_id,
            receipt=receipt,
            expected_version=request.expected_version,
        )
        return service_pb2.RecordPaymentResponse(bill=self._message(bill))

    def StartPayment(self, request: service_pb2.StartPaymentRequest, context: Any) -> service_pb2.StartPaymentResponse:
        bill, address = paying.start_payment(treasury=self._treasury, call=current_call(), code=request.code)
        return service_pb2.StartPaymentResponse(bill=self._payers(bill), address=address)

    def ConfirmPayment(
        self, request: service_pb2.ConfirmPaymentRequest, context: Any
    ) -> service_pb2.ConfirmPaymentResponse:
        paying.confirm_payment(
            treasury=self._treasury, call=current_call(), notice=request.notice, signature=request.signature
        )
        return service_pb2.ConfirmPaymentResponse()

    def PayInSandbox(self, request: service_pb2.PayInSandboxRequest, context: Any) -> service_pb2.PayInSandboxResponse:
        bill = paying.pay_in_sandbox(treasury=self._treasury, call=current_call(), code=request.code)
        return service_pb2.PayInSandboxResponse(bill=self._payers(bill))

    def AskRefund(self, request: service_pb2.AskRefundRequest, context: Any) -> service_pb2.AskRefundResponse:
        bill = refunding.ask_refund(
            treasury=self._treasury,
            call=current_call(),
            bill_id=request.bill_id,
            reason=request.reason,
            expected_version=request.expected_version,
            amount_fen=request.amount_fen,
        )
        return service_pb2.AskRefundResponse(bill=self._message(bill))

    def RecordRefund(self, request: service_pb2.RecordRefundRequest, context: Any) -> service_pb2.RecordRefundResponse:
        bill = refunding.record_refund(
            treasury=self._treasury,
            call=current_call(),
            bill_id=request.bill_id,
            reference=request.reference,
            expected_version=request.expected_version,
        )
        return service_pb2.RecordRefundResponse(bill=self._message(bill))

    def ReportCharge(self, request: service_pb2.ReportChargeRequest, context: Any) -> service_pb2.ReportChargeResponse:
        bill = reporting.report_charge(
            treasury=self._treasury,
            call=current_call(),
            bill_id=request.bill_id,
            fault=_FAULTS.get(request.fault),
            amount_fen=request.amount_fen,
            reference=request.reference,
            text=request.text,
            expected_version=request.expected_version,
        )
        return service_pb2.ReportChargeResponse(bill=self._message(bill))

    def SettleChargeReport(
        self, request: service_pb2.SettleChargeReportRequest, context: Any
    ) -> service_pb2.SettleChargeReportResponse:
        bill = reporting.settle_charge_report(
            treasury=self._treasury,
            call=current_call(),
            bill_id=request.bill_id,
            report_id=request.report_id,
            text=request.text,
            expected_version=request.expected_version,
        )
        return service_pb2.SettleChargeReportResponse(bill=self._message(bill))

    def _payers(self, bill: Bill) -> messages_pb2.Bill:
        payments = self._treasury.payments
        return payers_bill(bill, online=not isinstance(payments, NoPayments), sandbox=payments.sandbox)

    def _message(self, bill: Bill) -> messages_pb2.Bill:
        payments = self._treasury.payments
        return bill_message(bill, online=not isinstance(payments, NoPayments), sandbox=payments.sandbox)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("date_invalid", "缴费日期应写作 2026-11-23 的形式。", field="paid_on") from None
