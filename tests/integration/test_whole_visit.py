"""One whole visit by REST alone, and the journey that it leaves: all in order, with who, when and by which rule."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from reference.papers.testing import words
from services.archive.package.checking import check
from tests.integration.checks import check_lines, problem
from tests.integration.people import Json, Town
from tests.integration.site import until
from tests.integration.visits import CENTER, HYGIENE, MARRIAGE, Visit, at


def test_a_whole_visit_leaves_one_journey_in_order(monday: datetime, town: Town) -> None:
    visit = Visit(town, HYGIENE)
    taken = visit.take()
    assert taken["state"] == "waiting"
    assert taken["position"]["ahead"] >= 0
    called = visit.be_called()
    assert called["window_number"] == HYGIENE.window
    board = town.public.get(f"centers/{CENTER}/board")
    assert taken["number"] in [each["ticket_number"] for each in board["calls"]]
    visit.ticket = visit.clerk.post(f"tickets/{taken['id']}/start")
    visit.hand_in()
    uploaded = visit.upload()["materials"][0]["uploads"]
    assert [each["media_type"] for each in uploaded] == ["application/pdf"]

    visit.accepted()
    assert [each["kind"] for each in visit.application["papers"]] == ["receipt", "acceptance"]
    decided = visit.decide("approved")
    assert decided["decision"]["outcome"] == "approved"
    delivered = visit.hand_over()
    assert delivered["state"] == "delivered"
    assert visit.finish()["state"] == "finished"

    assert visit.evaluate("dissatisfied", "等候时间太长")["state"] == "submitted"
    mend(visit)
    settle(visit, complain(visit))

    lines = visit.lines("complaint.complaint_closed")
    check_lines(
        lines,
        [
            "queuing.ticket_taken",
            "queuing.ticket_called",
            "queuing.serving_started",
            "intake.application_received",
            "intake.material_recorded",
            "intake.application_accepted",
            "approval_routing.case_opened",
            "approval_routing.step_claimed",
            "approval_routing.step_passed",
            "approval_routing.step_claimed",
            "approval_routing.step_passed",
            "approval_routing.step_claimed",
            "approval_routing.case_decided",
            "approval_routing.result_issued",
            "approval_routing.result_delivered",
            "queuing.ticket_finished",
            "evaluation.evaluation_invited",
            "evaluation.evaluation_submitted",
            "evaluation.rectification_opened",
            "evaluation.rectification_answered",
            "evaluation.rectification_closed",
            "complaint.complaint_filed",
            "complaint.complaint_assigned",
            "complaint.complaint_investigated",
            "complaint.complaint_answered",
            "complaint.complaint_called_back",
            "complaint.complaint_closed",
        ],
    )
    assert all(monday <= at(line["at"]) for line in lines)
    file_and_hand_over(visit)


def file_and_hand_over(visit: Visit) -> None:
    """All of it is in one file, which is filed and handed over as a package that says it is whole (rules J01, J02)."""
    path = f"case-files/{visit.application['id']}"

    def whole() -> Json | None:
        answer = visit.clerk.ask("POST", f"{path}/show", json={"purpose": "归档前核对"})
        file: Json = answer.json()
        done = answer.is_success and file["state"] == "closed"
        return file if done and "投诉办结" in [each["title"] for each in file["entries"]] else None

    file = until(whole, "the case file")
    kinds = [each["kind"] for each in file["entries"]]
    assert {"material", "paper", "record", "decision", "result", "message"} == set(kinds)
    found = visit.clerk.post(
        f"centers/{CENTER}/case-files/search", {"id_number": visit.person.id_number, "purpose": "申请人查询"}
    )
    assert [each["number"] for each in found["items"]] == [file["number"]]
    filed = visit.clerk.post(f"{path}/file", {"despite": "其余纸质件随卷移交"})
    assert all(each["kept"] and each["sha256"] for each in filed["entries"])

    proposed = visit.clerk.post(f"centers/{CENTER}/archive-hand-overs", {"file_ids": [file["id"]]})
    receiver, at_it = visit.staff("archivist"), f"archive-hand-overs/{proposed['id']}"
    checked = receiver.get(f"{at_it}/check")
    assert (checked["list_sha256"], checked["troubles"]) == (proposed["list_sha256"], [])
    received = receiver.post(f"{at_it}/confirm", {"list_sha256": proposed["list_sha256"]})
    assert [each["side"] for each in received["signatures"]] == ["giver", "receiver"]
    assert visit.clerk.get_bytes(f"{at_it}/receipt").content == receiver.get_bytes(f"{at_it}/receipt").content
    assert visit.clerk.post(f"{path}/show", {"purpose": "核对移交"})["state"] == "handed_over"
    packed = receiver.get_bytes(f"{at_it}/package").content
    assert receiver.get_bytes(f"{at_it}/package").content == packed
    with TemporaryDirectory() as folder:
        package = Path(folder) / "package.zip"
        package.write_bytes(packed)
        assert check(package).troubles == []
    visit.lines("archive.case_file_closed", "archive.case_file_filed", "archive.case_file_handed_over")


def mend(visit: Visit) -> None:
    """The rectification of a negative evaluation, answered by its owner and closed by the supervisor."""
    supervisor = visit.staff("supervisor")

    def opened() -> Json | None:
        found = supervisor.pages(f"centers/{visit.center}/rectifications", state="open")
        return next((each for each in found if each["journey"] == visit.journey), None)

    rectification = until(opened, "the rectification")
    path = f"rectifications/{rectification['id']}"
    owner = visit.town.officer(visit.center, "chief", rectification["owner_department"])
    answer = {"findings": "当日窗口不足", "measures": "高峰时段增开窗口", "callback_note": "已回访，表示理解"}
    assert owner.post(f"{path}/answer", answer)["state"] == "answered"
    assert supervisor.post(f"{path}/review", {"accepted": True, "note": "措施已落实"})["state"] == "closed"


def complain(visit: Visit) -> Json:
    """A complaint about the visit, from the page."""
    body = {
        "topic": "efficiency",
        "text": "等候时间过长，希望改进。",
        "name": visit.person.name,
        "phone": visit.person.phone,
        "ticket_id": visit.slip,
        "journey": visit.journey,
    }
    return visit.town.public.post(f"centers/{visit.center}/complaints", body)


def settle(visit: Visit, complaint: Json) -> None:
    """From assignment to closing."""
    supervisor, path = visit.staff("supervisor"), f"complaints/{complaint['id']}"
    supervisor.post(f"{path}/assign", {"department_key": visit.guide["department_key"]})
    supervisor.post(f"{path}/investigate", {"findings": "情况属实", "liability": "center"})
    supervisor.post(f"{path}/answer", {"answer": "已增开窗口，感谢监督。"})
    supervisor.post(f"{path}/call-back", {"satisfied": True, "note": "表示满意"})
    assert supervisor.post(f"{path}/close")["state"] == "closed"
    assert visit.town.public.get(f"complaints/{complaint['code']}")["state"] == "closed"


def test_the_visitor_sees_the_visit_by_any_of_their_codes_and_nobody_by_none(monday: datetime, town: Town) -> None:
    visit = Visit(town, MARRIAGE)
    visit.accepted()
    visit.lines("approval_routing.case_opened")
    path = f"journeys/{visit.journey}"
    seen = [town.public.get(path, code=code)["lines"] for code in (visit.slip, visit.receipt)]
    assert seen[0] == seen[1]
    assert {line["actor_id"] for line in seen[0]} == {""}, "a visitor doesn't see staff's ids"
    problem(town.public.ask("GET", path), 403, "code_required")
    problem(town.public.ask("GET", path, params={"code": "a" * 26}), 404, "journey_not_found")


def test_an_immediate_item_is_decided_and_handed_over_while_the_visitor_waits(monday: datetime, town: Town) -> None:
    visit = Visit(town, MARRIAGE)
    case = visit.accepted()
    assert case["item_kind"] == "immediate"
    visit.decide("approved")
    assert visit.hand_over()["state"] == "delivered"
    visit.finish()
    assert visit.evaluate("very_satisfied")["state"] == "submitted"
    again = town.public.ask("POST", f"evaluations/{visit.slip}", json={"level": "satisfied"})
    problem(again, 409, "already_evaluated")


def test_every_paper_of_the_visit_is_a_pdf_that_says_what_it_is(monday: datetime, town: Town) -> None:
    visit = Visit(town, HYGIENE)
    visit.accepted()
    decided = visit.decide("approved")
    papers = {each["kind"]: each for each in visit.application["papers"]}
    for kind, title in (("receipt", "收件凭证"), ("acceptance", "受理通知书")):
        paper = papers[kind]
        by_code = town.public.get_bytes(f"applications/{visit.receipt}/papers/{paper['id']}")
        by_clerk = visit.clerk.get_bytes(f"applications/{visit.application['id']}/papers/{paper['id']}")
        assert by_code.headers["content-type"] == "application/pdf"
        assert by_code.content == by_clerk.content, "a paper is the same each time"
        text = words(by_code.content)
        for expected in (title, paper["number"], visit.application["number"], visit.person.name):
            assert expected in text
        genuine(visit, f"applications/{visit.application['id']}", paper["number"], by_code.content)
    decision = words(town.public.get_bytes(f"cases/{visit.receipt}/decision-paper").content)
    assert visit.application["number"] in decision
    assert "准予" in decision
    mine = visit.clerk.get_bytes(f"cases/{visit.application['id']}/decision-paper").content
    genuine(visit, f"cases/{visit.application['id']}", decided["decision"]["number"], mine)


def genuine(visit: Visit, path: str, number: str, pdf: bytes) -> None:
    """Anybody finds out by the paper's code that it is genuine, whether the file is, and who has it: no more."""
    printed = [
        each for each in visit.clerk.pages(f"{path}/printed-papers") if each["number"] == number and not each["masked"]
    ]
    verify = f"papers/{printed[0]['verify_code']}"
    public = visit.town.public
    found = public.get(verify, sha256=sha256(pdf).hexdigest())
    assert (found["number"], found["standing"], found["match"]) == (number, "valid", "original")
    assert public.get(verify, sha256=sha256(pdf + b" ").hexdigest())["match"] == "different"
    assert visit.person.name not in str(found)
    problem(public.ask("GET", f"papers/{'a' * 27}"), 404, "paper_unknown")
