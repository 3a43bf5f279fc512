"""What pages ask of the services, and what they do with the answers."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict, Invalid, NotFound, Stale, Unavailable
from tongban.approval_routing.v1 import messages_pb2 as routing
from tongban.approval_routing.v1 import service_pb2 as routing_rpc
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.evaluation.v1 import messages_pb2 as evaluation
from tongban.federation.v1 import messages_pb2 as federation
from tongban.federation.v1 import service_pb2 as federation_rpc
from tongban.intake.v1 import messages_pb2 as intake
from tongban.queuing.v1 import messages_pb2 as queuing
from tongban.queuing.v1 import service_pb2 as queuing_rpc


def test_taking_a_ticket_asks_with_what_was_filled_in_and_the_form_s_key(visitor: Visitor, site: FakeSite) -> None:
    fields = {"id_number": " 99010119900307001x ", "disabled": "1", "idempotency_key": "k-1"}
    status, target = visitor.post("/kiosk/样例/items/item-1", **fields)
    assert (status, target.startswith("/slips/")) == (303, True)
    asked = site.asked_of("TakeTicket")[0]
    assert asked.request.id_number == "99010119900307001X"
    assert (asked.request.disabled, asked.request.prechecked) == (True, False)
    assert asked.idempotency_key == "k-1"


def test_a_refused_field_is_shown_with_what_was_typed(visitor: Visitor, site: FakeSite) -> None:
    site.answers("TakeTicket", Invalid("id_number_invalid", "身份证号码有误。", field="id_number"))
    status, text = visitor.post("/kiosk/样例/items/item-1", id_number="123", idempotency_key="k-1")
    assert status == 422
    assert 'aria-invalid="true"' in text
    assert 'value="123"' in text
    assert text.count("身份证号码有误。") == 2  # above the form and beside the field
    assert 'name="idempotency_key" value="k-1"' in text


def test_an_item_of_another_center_has_no_kiosk_page(visitor: Visitor) -> None:
    status, text = visitor.get("/kiosk/elsewhere/items/item-1")
    assert status == 404
    assert "没有找到该事项" in text


def test_a_ticket_is_sent_again_only_when_something_changed(visitor: Visitor, site: FakeSite) -> None:
    ticket = queuing.Ticket(code="c", state=queuing.TICKET_STATE_WAITING, version=1)
    site.answers("GetTicket", queuing_rpc.GetTicketResponse(ticket=ticket, position=queuing.Position(ahead=3)))
    _, text = visitor.get("/t/c/status")
    seen = text.partition("seen=")[2].partition('"')[0]
    assert visitor.get(f"/t/c/status?seen={seen}")[0] == 204
    site.answers("GetTicket", queuing_rpc.GetTicketResponse(ticket=ticket, position=queuing.Position(ahead=2)))
    status, text = visitor.get(f"/t/c/status?seen={seen}")
    assert status == 200
    assert "<strong>2</strong>" in text


def test_a_ticket_that_is_over_asks_no_more(visitor: Visitor, site: FakeSite) -> None:
    ticket = queuing.Ticket(code="c", state=queuing.TICKET_STATE_CANCELLED)
    site.answers("GetTicket", queuing_rpc.GetTicketResponse(ticket=ticket))
    assert "hx-trigger" not in visitor.get("/t/c/status")[1]


def test_the_holder_is_told_when_it_goes_past_closing_time(visitor: Visitor, site: FakeSite) -> None:
    ticket = queuing.Ticket(code="c", state=queuing.TICKET_STATE_WAITING)
    position = queuing.Position(ahead=9, windows_open=1, closing_warning=True)
    site.answers("GetTicket", queuing_rpc.GetTicketResponse(ticket=ticket, position=position))
    assert "临近下班" in visitor.get("/slips/c")[1]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("ABCD-EFGH", "abcdefgh"), (" l0Oi 1 ", "10011"), ("abc\u3000d", "")],
)
def test_a_code_is_read_as_people_write_it(visitor: Visitor, site: FakeSite, typed: str, asked: str) -> None:
    visitor.post("/progress", code=typed)
    assert [each.request.code for each in site.asked_of("GetTicket")] == ([asked] if asked else [])


def test_a_code_leads_to_whatever_it_opens(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetTicket", NotFound("ticket_unknown", "没有。"))
    assert visitor.post("/progress", code="abc")[1] == "/c/abc"
    site.answers("GetApplication", NotFound("application_unknown", "没有。"))
    assert visitor.post("/progress", code="abc")[1] == "/c/abc", "what was handed in here for another place"
    site.answers("GetCrossing", NotFound("crossing_unknown", "没有。"))
    assert visitor.post("/progress", code="abc")[1] == "/complaint/p/abc"
    site.answers("GetComplaint", NotFound("complaint_unknown", "没有。"))
    assert visitor.post("/progress", code="abc")[1] == "/e/abc"
    site.answers("GetInvitation", NotFound("evaluation_unknown", "没有。"))
    status, text = visitor.post("/progress", code="abc")
    assert status == 404
    assert "没有找到该查询码" in text


def test_the_handling_place_lets_its_sender_know_that_it_looked(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    for side, asked in ((federation.SIDE_COLLECTING, 0), (federation.SIDE_HANDLING, 1)):
        shown = federation.Crossing(id="x", side=side, number="KY1", state=federation.CROSSING_STATE_ARRIVED)
        site.answers("GetCrossing", federation_rpc.GetCrossingResponse(crossing=shown))
        assert "KY1" in visitor.get("/collecting/x")[1]
        assert len(site.asked_of("ReadCrossing")) == asked


def test_what_came_back_says_what_to_do(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    back = federation.Crossing(
        id="x",
        side=federation.SIDE_COLLECTING,
        state=federation.CROSSING_STATE_RETURNED,
        trouble=federation.Trouble(code="expired", message="请确认线路已恢复"),
    )
    site.answers("GetCrossing", federation_rpc.GetCrossingResponse(crossing=back))
    text = visitor.get("/collecting/x")[1]
    assert "请确认线路已恢复" in text
    assert "发往办理地" in text


def test_progress_finds_a_crossing_by_either_number(visitor: Visitor, site: FakeSite) -> None:
    found = federation.Crossing(number="KY1", status=federation.CaseStatus(number="2026-7"))
    site.answers("GetCrossing", federation_rpc.GetCrossingResponse(crossing=found))
    text = visitor.post("/progress", number="2026-7", id_tail="01123X")[1]
    assert "KY1" in text
    assert "2026-7" in text
    assert site.asked_of("GetCrossing")[0].request.id_tail == "01123X"


def test_progress_shows_an_application_that_has_no_case_yet(visitor: Visitor, site: FakeSite) -> None:
    site.answers("ExplainDeadline", NotFound("case_unknown", "没有。"))
    status, text = visitor.get("/c/abc")
    assert status == 200
    assert "办理时限" not in text


def test_a_level_that_is_none_is_left_to_the_service_to_refuse(visitor: Visitor, site: FakeSite) -> None:
    visitor.post("/e/c", level="9")
    assert site.asked_of("SubmitEvaluation")[0].request.level == evaluation.LEVEL_UNSPECIFIED


def test_a_comment_goes_with_the_chosen_tags_only(visitor: Visitor, site: FakeSite) -> None:
    visitor.post("/e/c", level="2", comment=" 好 ", **{"tag-服务态度": "1", "tag-没有": "1"})
    request = site.asked_of("SubmitEvaluation")[0].request
    assert (request.level, list(request.tags), request.comment) == (2, ["服务态度"], "好")


def test_an_anonymous_complaint_sends_no_name_and_no_phone(visitor: Visitor, site: FakeSite) -> None:
    visitor.post("/complaint/样例", topic="fee", text="收费", name="例云", phone="154", anonymous="1")
    request = site.asked_of("FileComplaint")[0].request
    assert (request.anonymous, request.name, request.phone) == (True, "", "")


def test_a_complaint_joins_the_visit_whose_code_it_knows(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetTicket", queuing_rpc.GetTicketResponse(ticket=queuing.Ticket(id="t-1", journey="j-1")))
    visitor.post("/complaint/样例", topic="fee", text="收费", ticket="code-1")
    assert site.asked_of("GetTicket")[0].request.code == "code-1"
    request = site.asked_of("FileComplaint")[0].request
    assert (request.ticket_id, request.journey) == ("t-1", "j-1")


def test_the_checklist_is_sent_as_the_clerk_ticked_it(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    fields = {
        "item": "i-1",
        "item_version": "1",
        "applicant_name": "例云",
        "id_type": "resident_id",
        "id_number": "1x",
        "delivery": "post",
        "m-样例-state": "wrong_form",
        "m-样例-problem": "没有盖章",
        "m-样例-originals": "2",
    }
    status, target = visitor.post("/counter/w/tickets/t-1/application", **fields)
    assert (status, target) == (303, "/counter/w?done=received")
    request = site.asked_of("ReceiveApplication")[0].request
    assert (request.ticket_id, request.delivery) == ("t-1", intake.DELIVERY_METHOD_POST)
    assert [(each.state, each.problem, each.originals) for each in request.materials] == [
        (intake.MATERIAL_STATE_WRONG_FORM, "没有盖章", 2)
    ]


def test_the_one_time_notice_asks_for_what_is_not_there(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    fields = {"m-a-state": "incomplete", "m-a-problem": "缺页", "m-b-state": "handed_in"}
    visitor.post("/applications/a-1/notice", version="4", **fields)
    request = site.asked_of("RequestSupplement")[0].request
    assert [each.key for each in request.wanted] == ["a"]
    assert request.expected_version == 4


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/counter/w/tickets/t/start", "StartServing"),
        ("/counter/w/tickets/t/recall", "RecallTicket"),
        ("/counter/w/tickets/t/finish", "FinishTicket"),
        ("/applications/a/accept", "AcceptApplication"),
        ("/approval/cases/c/claim", "ClaimStep"),
        ("/approval/cases/c/pass", "PassStep"),
        ("/approval/cases/c/decide", "DecideCase"),
        ("/results/c/deliver", "DeliverResult"),
        ("/complaints/c/close", "CloseComplaint"),
        ("/rectifications/r/review", "ReviewRectification"),
        ("/manage/items/i/1/publish", "PublishItem"),
    ],
)
def test_an_act_on_something_says_which_version_was_seen(
    visitor: Visitor, site: FakeSite, path: str, method: str
) -> None:
    visitor.sign_in("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
    assert visitor.post(path, version="7")[0] == 303
    assert site.asked_of(method)[0].request.expected_version == 7


def test_a_form_that_lost_its_version_does_nothing(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("reviewer")
    status, text = visitor.post("/approval/cases/c/claim")
    assert status == 422
    assert "页面不完整" in text
    assert not site.asked_of("ClaimStep")


def test_a_stale_act_shows_the_newest_with_a_friendly_word(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("reviewer")
    site.answers("ClaimStep", Stale("stale", "版本已过期。"))
    status, text = visitor.post("/approval/cases/c/claim", version="1")
    assert status == 412
    assert "内容刚刚在别处有更新" in text


def test_nobody_waiting_is_an_answer(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    site.answers("CallNext", queuing_rpc.CallNextResponse(waiting=0))
    assert visitor.post("/counter/w/call")[1] == "/counter/w?done=nobody"


def test_a_refused_act_stays_at_the_window(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    site.answers("CallNext", Conflict("window_has_ticket", "窗口还有未办结的号票。"))
    status, text = visitor.post("/counter/样例/call")
    assert status == 409
    assert "窗口还有未办结的号票" in text
    assert "号窗口" in text


def test_a_case_is_shown_while_supervision_is_away(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("reviewer")
    site.answers("GetJourney", Unavailable("service_unavailable", "暂不可用。"))
    assert visitor.get("/approval/cases/c")[0] == 200


@pytest.mark.parametrize(
    ("roles", "department", "offered"),
    [
        (("approver",), "gaj", True),
        (("chief",), "gaj", True),
        (("reviewer",), "gaj", False),
        (("approver",), "minzheng", False),
    ],
)
def test_a_step_is_offered_to_who_may_take_it(
    visitor: Visitor, site: FakeSite, roles: tuple[str, ...], department: str, offered: bool
) -> None:
    visitor.sign_in(*roles)  # of the department gaj
    step = routing.CaseStep(key="d", role="approver", department_key=department, state=routing.STEP_STATE_OPEN)
    case = routing.Case(id="c-1", state=routing.CASE_STATE_IN_PROGRESS, current_step="d", steps=[step])
    site.answers("ExplainDeadline", routing_rpc.ExplainDeadlineResponse(case=case))
    assert ("领取此环节" in visitor.get("/approval/cases/c-1")[1]) is offered


@pytest.mark.parametrize("page", ["/approval/cases/c-1", "/c/code"])
def test_a_step_that_another_site_does_says_where_it_is(visitor: Visitor, site: FakeSite, page: str) -> None:
    visitor.sign_in("chief")
    there = catalog.Elsewhere(
        kind=catalog.ELSEWHERE_KIND_SENT_UP, places=[catalog.ElsewherePlace(site="610900.city", title="市级审批")]
    )
    step = routing.CaseStep(key="d", name="审批", state=routing.STEP_STATE_ELSEWHERE, elsewhere=there)
    case = routing.Case(id="c-1", state=routing.CASE_STATE_IN_PROGRESS, current_step="d", steps=[step])
    site.answers("ExplainDeadline", routing_rpc.ExplainDeadlineResponse(case=case))
    text = visitor.get(page)[1]
    assert "610900.city" in text
    assert "暂停计算" in text
    assert "领取此环节" not in text


def test_a_version_that_no_item_can_have_is_no_page(visitor: Visitor) -> None:
    status, _ = visitor.get("/manage/items/item-1/990101199001011237")
    assert status == 404
