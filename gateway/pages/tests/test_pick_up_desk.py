"""Who takes a result at a window, on the page (rules I03, I04)."""

from __future__ import annotations

import base64

from google.protobuf.timestamp_pb2 import Timestamp

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import papers_pb2 as papers
from tongban.approval_routing.v1 import service_pb2 as routing


def test_the_window_sends_who_came_and_what_they_signed(visitor: Visitor, site: FakeSite) -> None:
    waiting = messages.Case(id="c", number="6109022026112300001", state=messages.CASE_STATE_ISSUED, version=4)
    site.answers("ListCases", routing.ListCasesResponse(cases=[waiting]))
    visitor.sign_in("clerk")
    assert "领取人证件号码" in visitor.get("/results?state=issued")[1]
    drawn = "data:image/png;base64," + base64.b64encode(b"picture").decode()
    said = {"id_type": "resident_id", "id_number": "990101199001011230", "check": "seen", "authority": "委托书"}
    said["applicant_number"] = "91990900YL0000121C"
    visitor.post("/results/c/deliver", version="4", method="window", by_agent="1", signature=drawn, **said)
    taker = next(each.request for each in site.asked if each.method == "DeliverResult").taker
    assert (taker.by_agent, taker.check, taker.authority, taker.signature) == (True, "seen", "委托书", b"picture")
    assert taker.applicant_number == "91990900YL0000121C"


def test_what_was_posted_waits_for_its_receipt_and_is_signed_off(visitor: Visitor, site: FakeSite) -> None:
    posted = messages.CaseResult(name="许可证", tracking_number="EMS1", posted_at=Timestamp(seconds=1_795_399_200))
    case = messages.Case(id="c", state=messages.CASE_STATE_POSTED, result=posted, version=5)
    site.answers("ListCases", routing.ListCasesResponse(cases=[case]))
    visitor.sign_in("clerk")
    shown = visitor.get("/results?state=posted")[1]
    assert "EMS1" in shown
    assert "邮件退回" in shown
    signed = messages.Case(id="c", state=messages.CASE_STATE_DELIVERED)
    site.answers("SignOffPost", papers.SignOffPostResponse(case=signed))
    status, _ = visitor.post(
        "/results/c/sign-off", version="5", signed_by="例云帆", by_proxy="1", signed_on="2026-11-25"
    )
    asked = next(each.request for each in site.asked if each.method == "SignOffPost")
    assert (status, asked.signed_by, asked.by_proxy, asked.signed_on) == (303, "例云帆", True, "2026-11-25")


def test_what_came_back_says_why_and_may_still_be_handed_out(visitor: Visitor, site: FakeSite) -> None:
    back = messages.Case(id="c", state=messages.CASE_STATE_UNDELIVERED, return_reason="查无此人", version=6)
    site.answers("ListCases", routing.ListCasesResponse(cases=[back]))
    visitor.sign_in("clerk")
    shown = visitor.get("/results?state=undelivered")[1]
    assert "查无此人" in shown
    assert "登记送达" in shown
    assert "退还部门<" not in shown


def test_what_was_sent_says_whether_its_holder_opened_it(visitor: Visitor, site: FakeSite) -> None:
    at = Timestamp(seconds=1_795_399_200)
    for opened, said in ((None, "申请人尚未打开"), (at, "申请人已打开")):
        result = messages.CaseResult(name="许可证", method="electronic", delivered_at=at, opened_at=opened)
        case = messages.Case(id="c", state=messages.CASE_STATE_DELIVERED, result=result)
        site.answers("ListCases", routing.ListCasesResponse(cases=[case]))
        visitor.sign_in("clerk")
        assert said in visitor.get("/results?state=delivered")[1]


def test_a_delivered_result_shows_its_slip(visitor: Visitor, site: FakeSite) -> None:
    result = messages.CaseResult(name="许可证", slip_number="610902送〔2026〕000001号")
    given = messages.Case(id="c", state=messages.CASE_STATE_DELIVERED, result=result)
    site.answers("ListCases", routing.ListCasesResponse(cases=[given]))
    visitor.sign_in("clerk")
    assert "送达回证 610902送〔2026〕000001号" in visitor.get("/results?state=delivered")[1]
