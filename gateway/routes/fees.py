"""Bills: computed after approval, paid at a bank or online, let off, sent back (rules H01–H04)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Code,
    Day,
    Editing,
    IdPath,
    Key,
    Omittable,
    OneOf,
    Paging,
    Params,
    Said,
    Stated,
)
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.fees.v1 import messages_pb2 as messages
from tongban.fees.v1 import reports_pb2 as reports
from tongban.fees.v1 import service_pb2 as pb

api = ResourceRoutes("fees", "收费")


class BillPath(Params):
    """A bill, by its case's code."""

    code: Code = Field(description="办件查询码")


class BillsQuery(Paging):
    """Which bills."""

    state: Omittable[Annotated[str, OneOf(messages.BillState)]] = None


class Quantities(Body):
    """How many of each charge."""

    quantities: Annotated[list[Annotated[int, Field(ge=0, le=1_000_000)]], Field(min_length=1, max_length=50)] = Field(
        description="逐项数量，顺序与收费项目一致"
    )


class WaiverBody(Body):
    """Why nothing is charged, and by what law."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    basis: Annotated[str, Field(min_length=1, max_length=500, description="减免的依据")]


class ReceiptBody(Body):
    """What the bank's receipt says."""

    bank: Annotated[str, Field(min_length=1, max_length=100)]
    reference: Annotated[str, Field(min_length=1, max_length=100, description="银行回执号")]
    amount_fen: Annotated[int, Field(ge=1, le=1_000_000_000_000, description="金额，分")]
    paid_on: Day


class RefundReason(Body):
    """Why it goes back, and how much."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    amount_fen: Annotated[int, Field(ge=0, le=1_000_000_000_000, description="退费金额，分；0 为退回全部余额")] = 0


class RefundReference(Body):
    """What the bank's slip says."""

    reference: Annotated[str, Field(min_length=1, max_length=100, description="银行退款凭证号")]


class ChargeReportBody(Body):
    """What was charged as it may not be."""

    fault: Annotated[str, OneOf(reports.ChargeFault)] = Field(
        description="cash 收取现金；before_decision 决定前收费；more_than_computed 多于应缴；no_basis 没有依据"
    )
    amount_fen: Annotated[int, Field(ge=0, le=1_000_000_000_000, description="要求或者收取的金额，分")]
    reference: Annotated[str, Field(max_length=100, description="收据或者回执号；没有的不写")] = ""
    text: Annotated[str, Field(min_length=1, max_length=500, description="经过")]


class ChargeSettlementBody(Body):
    """What became of a report."""

    text: Annotated[str, Field(min_length=1, max_length=500, description="核查情况和处理结果")]


class ReportPath(IdPath):
    """A report on a bill."""

    report: Key = Field(description="登记编号")


class PaymentNotice(Body):
    """What the provider says has come."""

    notice: Stated = Field(description="支付平台通知的原文")
    signature: Said = Field(description="平台对原文的签名")


@api.get("/centers/<center>/bills", responses=gives_page(messages.Bill))
def list_bills(path: CenterPath, query: BillsQuery) -> Response:
    """中心的缴费单；首席代表只看本部门的。"""
    request = build(pb.ListBillsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.fees.ListBills, request)
    return page(answer.bills, answer.next_cursor)


@api.get("/bills/<id>", responses=gives(messages.Bill))
def get_bill(path: IdPath) -> Response:
    """一张缴费单。"""
    return resource(ask(current_gateway().clients.fees.GetBill, pb.GetBillRequest(bill_id=path.id)).bill)


@api.post("/bills/<id>/compute", responses=gives(messages.Bill))
def compute_bill(path: IdPath, header: Editing, body: Quantities) -> Response:
    """核算应缴金额。"""
    request = build(pb.ComputeBillRequest, body, bill_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.fees.ComputeBill, request).bill)


@api.post("/bills/<id>/waive", responses=gives(messages.Bill))
def waive_bill(path: IdPath, header: Editing, body: WaiverBody) -> Response:
    """依法减免。"""
    request = build(pb.WaiveBillRequest, body, bill_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.fees.WaiveBill, request).bill)


@api.post("/bills/<id>/payment", responses=gives(messages.Bill))
def record_payment(path: IdPath, header: Editing, body: ReceiptBody) -> Response:
    """登记银行缴费回执；窗口不收现金。"""
    request = build(pb.RecordPaymentRequest, body, bill_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.fees.RecordPayment, request).bill)


@api.post("/bills/<id>/refund", responses=gives(messages.Bill))
def ask_refund(path: IdPath, header: Editing, body: RefundReason) -> Response:
    """办理退费，原路退回；可以只退一部分。"""
    request = build(pb.AskRefundRequest, body, bill_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.fees.AskRefund, request).bill)


@api.post("/bills/<id>/refunded", responses=gives(messages.Bill))
def record_refund(path: IdPath, header: Editing, body: RefundReference) -> Response:
    """登记银行已退款。"""
    request = build(pb.RecordRefundRequest, body, bill_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.fees.RecordRefund, request).bill)


@api.post("/bills/<id>/reports", responses=gives(messages.Bill))
def report_charge(path: IdPath, header: Editing, body: ChargeReportBody) -> Response:
    """登记收费异常：收取现金、决定前收费、多收或者没有依据。"""
    request = build(pb.ReportChargeRequest, body, bill_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.fees.ReportCharge, request).bill)


@api.post("/bills/<id>/reports/<report>/settlement", responses=gives(messages.Bill))
def settle_charge_report(path: ReportPath, header: Editing, body: ChargeSettlementBody) -> Response:
    """登记收费异常的核查情况和处理结果。"""
    request = build(
        pb.SettleChargeReportRequest, body, bill_id=path.id, report_id=path.report, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.fees.SettleChargeReport, request).bill)


@api.get("/bills/by-code/<code>", responses=gives(messages.Bill))
def get_bill_by_code(path: BillPath) -> Response:
    """缴费单，凭办件查询码。"""
    request = pb.GetBillByCodeRequest(code=path.code)
    return resource(ask(current_gateway().clients.fees.GetBillByCode, request).bill)


@api.post("/bills/by-code/<code>/orders", responses=gives(pb.StartPaymentResponse))
def start_payment(path: BillPath) -> Response:
    """发起网上缴费，返回缴费地址。"""
    return resource(ask(current_gateway().clients.fees.StartPayment, pb.StartPaymentRequest(code=path.code)))


@api.post("/bills/by-code/<code>/sandbox", responses=gives(messages.Bill))
def pay_in_sandbox(path: BillPath) -> Response:
    """在演练支付平台上缴费，不发生真实资金。"""
    return resource(ask(current_gateway().clients.fees.PayInSandbox, pb.PayInSandboxRequest(code=path.code)).bill)


@api.post("/payments/notices", responses=gives(pb.ConfirmPaymentResponse))
def confirm_payment(body: PaymentNotice) -> Response:
    """支付平台的到账通知；重复通知只生效一次。"""
    request = pb.ConfirmPaymentRequest(notice=body.notice.encode(), signature=body.signature)
    return resource(ask(current_gateway().clients.fees.ConfirmPayment, request))
