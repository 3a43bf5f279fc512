"""Who takes a result at a window, on the page (rules I03, I04)."""

from __future__ import annotations

import base64

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import service_pb2 as routing


def test_the_window_sends_who_came_and_what_they_signed(visitor: Visitor, site: FakeSite) -> None:
    waiting = messages.Case(id="c", number="6109022026112300001", state=messages.CASE_STATE_ISSUED, version=4)
    site.answers("ListCases", routing.ListCasesResponse(cases=[waiting]))
    visitor.sign_in("clerk")
    assert "核验领取人" in visitor.get("/results?state=issued")[1]
    drawn = "data:image/png;base64," + base64.b64encode(b"picture").decode()
    said = {"id_type": "resident_id", "id_number": "990101199001011230", "check": "seen", "authority": "委托书"}
    visitor.post("/results/c/deliver", version="4", method="window", by_agent="1", signature=drawn, **said)
    taker = next(each.request for each in site.asked if each.method == "DeliverResult").taker
    assert (taker.by_agent, taker.check, taker.authority, taker.signature) == (True, "seen", "委托书", b"picture")


def test_a_delivered_result_shows_its_slip(visitor: Visitor, site: FakeSite) -> None:
    result = messages.CaseResult(name="许可证", slip_number="610902送〔2026〕000001号")
    given = messages.Case(id="c", state=messages.CASE_STATE_DELIVERED, result=result)
    site.answers("ListCases", routing.ListCasesResponse(cases=[given]))
    visitor.sign_in("clerk")
    assert "送达回证 610902送〔2026〕000001号" in visitor.get("/results?state=delivered")[1]
