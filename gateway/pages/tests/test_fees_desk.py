"""The citizen's bill and the staff's desk of fees, over services that answer what a test wants."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict
from tongban.fees.v1 import messages_pb2 as messages
from tongban.fees.v1 import reports_pb2 as reports
from tongban.fees.v1 import service_pb2 as fees


def bill(state: int = messages.BILL_STATE_DUE, *, online: bool = True, unit: str = "") -> messages.Bill:
    return messages.Bill(
        id="c-1",
        center_id="610902",
        item_name="居民身份证换补领",
        case_number="6109022026112300001",
        state=messages.BillState.ValueType(state),
        charges=[messages.Charge(name="工本费（换领）", price_fen=2000, unit=unit, quantity=1, amount_fen=2000)],
        total_fen=2000,
        online=online,
        sandbox=online,
        version=3,
    )


def answering(site: FakeSite, found: messages.Bill) -> None:
    site.answers("GetBillByCode", fees.GetBillByCodeResponse(bill=found))
    site.answers("GetBill", fees.GetBillResponse(bill=found))


def test_a_bill_says_what_is_owed_and_that_windows_take_no_cash(site: FakeSite, visitor: Visitor) -> None:
    answering(site, bill())
    shown = visitor.get("/bills/code1")[1]
    assert "20.00 元" in shown
    assert "网上缴费" in shown
    assert "不收现金" in shown


def test_where_nothing_is_paid_online_no_button_says_so(site: FakeSite, visitor: Visitor) -> None:
    answering(site, bill(online=False))
    assert "网上缴费" not in visitor.get("/bills/code1")[1]


def test_paying_leads_over_the_sandbox_back_to_the_bill(site: FakeSite, visitor: Visitor) -> None:
    answering(site, bill())
    site.answers("StartPayment", fees.StartPaymentResponse(bill=bill(), address="https://zw.example.cn/x"))
    assert visitor.post("/bills/code1/pay")[1] == "/bills/code1/sandbox"
    assert "不发生任何真实资金" in visitor.get("/bills/code1/sandbox")[1]
    assert visitor.post("/bills/code1/sandbox")[1] == "/bills/code1?done=paid"


def test_a_real_provider_is_where_the_payer_goes(site: FakeSite, visitor: Visitor) -> None:
    real = bill()
    real.sandbox = False
    site.answers("StartPayment", fees.StartPaymentResponse(bill=real, address="https://pay.example.cn/o/1"))
    assert visitor.post("/bills/code1/pay")[1] == "https://pay.example.cn/o/1"


@pytest.mark.parametrize(("typed", "fen"), [("20", 2000), ("20.5", 2050), ("1,234.56", 123456), ("0.01", 1)])
def test_yuan_are_read_as_people_write_them(site: FakeSite, visitor: Visitor, typed: str, fen: int) -> None:
    answering(site, bill())
    visitor.sign_in("clerk")
    visitor.post("/fees/c-1/pay", bank="样例银行", reference="R1", amount=typed, paid_on="2026-11-23", version="3")
    (asked,) = site.asked_of("RecordPayment")
    assert (asked.request.amount_fen, asked.request.expected_version) == (fen, 3)


@pytest.mark.parametrize("typed", ["", "二十", "1.234", "-5", "1e3"])
def test_what_is_no_sum_is_told_beside_its_field(site: FakeSite, visitor: Visitor, typed: str) -> None:
    answering(site, bill())
    visitor.sign_in("clerk")
    status, text = visitor.post(
        "/fees/c-1/pay", bank="样例银行", reference="R1", amount=typed, paid_on="2026-11-23", version="3"
    )
    assert status == 422
    assert "单位为元" in text
    assert not site.asked_of("RecordPayment")


def test_the_chief_counts_each_charge_in_order(site: FakeSite, visitor: Visitor) -> None:
    answering(site, bill(messages.BILL_STATE_COMPUTING, unit="证"))
    visitor.sign_in("chief")
    assert "核算金额" in visitor.get("/fees/c-1")[1]
    visitor.post("/fees/c-1/compute", **{"charges": "2", "quantity-0": "3", "quantity-1": "0", "version": "3"})
    (asked,) = site.asked_of("ComputeBill")
    assert list(asked.request.quantities) == [3, 0]


def test_a_refusal_stays_on_the_bill(site: FakeSite, visitor: Visitor) -> None:
    answering(site, bill())
    site.answers("WaiveBill", Conflict("bill_settled", "该缴费单已缴费或已减免，不能再减免。"))
    visitor.sign_in("chief")
    status, text = visitor.post("/fees/c-1/waive", reason="困难", basis="某条", version="3")
    assert status == 409
    assert "不能再减免" in text


def test_a_clerk_sees_no_button_for_what_is_the_chiefs(site: FakeSite, visitor: Visitor) -> None:
    answering(site, bill())
    visitor.sign_in("clerk")
    shown = visitor.get("/fees/c-1")[1]
    assert "登记银行缴费回执" in shown
    assert "依法减免" not in shown


def reported() -> messages.Bill:
    found = bill()
    found.reports.add(id="c-1.x1", fault=reports.CHARGE_FAULT_CASH, amount_fen=2000, text="窗口要求交现金")
    return found


def test_staff_report_what_was_charged_as_may_not_be(site: FakeSite, visitor: Visitor) -> None:
    answering(site, reported())
    visitor.sign_in("clerk")
    text = visitor.get("/fees/c-1")[1]
    assert "收取现金" in text
    assert "登记核查情况" not in text
    said = {"fault": "before_decision", "charged": "20.5", "receipt": "S-7", "text": "先交钱后受理", "version": "3"}
    assert visitor.post("/fees/c-1/reports", **said)[0] == 303
    (asked,) = site.asked_of("ReportCharge")
    assert (asked.request.fault, asked.request.amount_fen, asked.request.reference) == (
        reports.CHARGE_FAULT_BEFORE_DECISION,
        2050,
        "S-7",
    )
    assert visitor.post("/fees/c-1/reports/c-1.x1/settle", settlement="已退还", version="3")[0] == 403


def test_supervision_says_what_became_of_it(site: FakeSite, visitor: Visitor) -> None:
    answering(site, reported())
    visitor.sign_in("supervisor")
    assert "登记核查情况" in visitor.get("/fees/c-1")[1]
    assert visitor.post("/fees/c-1/reports/c-1.x1/settle", settlement="已退还", version="3")[0] == 303
    (settled,) = site.asked_of("SettleChargeReport")
    assert (settled.request.report_id, settled.request.text) == ("c-1.x1", "已退还")
