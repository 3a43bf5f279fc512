"""Notes and questions on the page of a case, and the questions that wait for the reader."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite, staff
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import service_pb2 as routing
from tongban.approval_routing.v1 import talk_pb2 as pb
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.workforce.v1 import covers_pb2

QUESTION = pb.CaseQuestion(case_id="c-1", number=1, asked_by_name="样一", asked_id="staff-1", text="<b>场地如何</b>")


@pytest.fixture(autouse=True)
def claimed(site: FakeSite) -> None:
    step = messages.CaseStep(
        key="decide", name="决定", role="approver", state=messages.STEP_STATE_CLAIMED, assignee_id="staff-1"
    )
    department = staff("approver").department_key
    asked = messages.Recusal(
        staff_id="staff-4", name="样四", department_key=department, state=messages.RECUSAL_STATE_REQUESTED
    )
    case = messages.Case(
        id="c-1",
        number="1",
        department_key=department,
        state=messages.CASE_STATE_IN_PROGRESS,
        steps=[step],
        version=2,
        recusals=[asked],
    )
    site.answers("GetItem", catalog.GetItemResponse())
    site.answers("ExplainDeadline", routing.ExplainDeadlineResponse(case=case))
    site.answers("GetColleague", covers_pb2.GetColleagueResponse())
    site.answers(
        "GetCaseTalk", pb.GetCaseTalkResponse(notes=[pb.CaseNote(number=1, text="当面核实")], questions=[QUESTION])
    )
    site.answers("ListQuestions", pb.ListQuestionsResponse(questions=[QUESTION]))
    colleague = covers_pb2.Colleague(id="staff-9", name="样九")
    site.answers("ListColleagues", covers_pb2.ListColleaguesResponse(colleagues=[colleague]))


def test_who_holds_a_step_asks_a_colleague_about_it(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    text = visitor.get("/approval/cases/c-1")[1]
    assert "&lt;b&gt;场地如何" in text
    assert '<option value="staff-9">样九（中心）</option>' in text
    assert visitor.post("/approval/cases/c-1/question?step=decide", staff_id="staff-9", question="场地如何")[0] == 303
    (asked,) = site.asked_of("AskColleague")
    assert (asked.request.step_key, asked.request.staff_id, asked.request.text) == ("decide", "staff-9", "场地如何")


def test_what_waits_is_answered_on_a_page_of_its_own(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    assert "&lt;b&gt;场地如何" in visitor.get("/questions")[1]
    assert visitor.post("/questions/c-1/1/answer", answer="合格")[0] == 303
    (asked,) = site.asked_of("AnswerQuestion")
    assert (asked.request.case_id, asked.request.number, asked.request.answer) == ("c-1", 1, "合格")


def test_a_note_is_offered_to_the_departments_of_the_case_only(visitor: Visitor) -> None:
    visitor.sign_in("manager")
    assert "填写备注" not in visitor.get("/approval/cases/c-1")[1]


def test_a_note_that_corrects_another_names_it(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    assert "更正第 1 条" in visitor.get("/approval/cases/c-1")[1]
    assert visitor.post("/approval/cases/c-1/note", note="更正", corrects="1")[0] == 303
    (asked,) = site.asked_of("AddNote")
    assert (asked.request.text, asked.request.corrects) == ("更正", 1)


def test_the_chief_rules_on_who_stays_away(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    text = visitor.get("/approval/cases/c-1")[1]
    assert "样四的回避申请" in text
    assert "责令回避</button>" in text
    fields = {"version": "2", "staff_id": "staff-4", "granted": "yes", "to_staff_id": "staff-9"}
    assert visitor.post("/approval/cases/c-1/recusal", **fields)[0] == 303
    (asked,) = site.asked_of("DecideRecusal")
    assert (asked.request.staff_id, asked.request.granted, asked.request.to_staff_id) == ("staff-4", True, "staff-9")
