"""What the state doesn't allow, what somebody else has changed meanwhile, and what is sent twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tests.integration.checks import nothing_changes, problem
from tests.integration.people import Json, Town
from tests.integration.site import LiveSite
from tests.integration.visits import CENTER, DISABILITY, NURSE, PASSPORT, RURAL, Visit

#: What may be done to a ticket in each state; everything else is refused.
TICKET_ALLOWS = {
    "waiting": {"transfer", "cancel"},
    "called": {"recall", "miss", "start", "transfer", "cancel"},
    "serving": {"hold", "finish", "transfer"},
    "held": {"resume", "transfer"},
    "missed": {"return", "cancel"},
    "finished": set(),
    "cancelled": set(),
}
TICKET_ACTIONS: dict[str, Json | None] = {
    "recall": None,
    "miss": {"reason": "无人应答"},
    "start": None,
    "hold": {"reason": "复印"},
    "resume": {},
    "finish": None,
    "transfer": {"to_lane": "insurance", "reason": "转号"},
    "return": None,
    "cancel": None,
}
NOT_ALLOWED = {
    "recall": "ticket_not_called",
    "miss": "ticket_not_called",
    "start": "ticket_not_called",
    "hold": "ticket_not_serving",
    "resume": "ticket_not_held",
    "finish": "ticket_not_serving",
    "transfer": "ticket_not_transferable",
    "return": "ticket_not_missed",
    "cancel": "ticket_not_cancellable",
}


def in_state(town: Town, state: str) -> Visit:
    """A visit whose ticket is in this state; who has to stay at a window is at one that no other test uses."""
    visit = Visit(town, {"called": PASSPORT, "serving": RURAL}.get(state, NURSE))
    visit.clear_window()
    visit.take()
    path = f"tickets/{visit.ticket['id']}"
    if state == "cancelled":
        town.public.post(f"tickets/{visit.slip}/cancel")
    elif state in ("called", "missed"):
        visit.be_called()
    elif state in ("serving", "held", "finished"):
        visit.begin()
    if state == "missed":
        visit.clerk.post(f"{path}/miss", {"reason": "无人应答"})
    elif state == "held":
        visit.clerk.post(f"{path}/hold", {"reason": "复印身份证"})
    elif state == "finished":
        visit.finish()
    assert town.public.get(f"tickets/{visit.slip}")["state"] == state
    return visit


@pytest.mark.parametrize("state", TICKET_ALLOWS)
def test_a_ticket_refuses_what_its_state_does_not_allow(
    monday: datetime, site: LiveSite, town: Town, state: str
) -> None:
    visit = in_state(town, state)
    with nothing_changes(site):
        for action in TICKET_ACTIONS.keys() - TICKET_ALLOWS[state]:
            by_holder = action == "cancel"
            person, ref = (town.public, visit.slip) if by_holder else (visit.clerk, visit.ticket["id"])
            body = {"window_id": visit.window} if action == "resume" else TICKET_ACTIONS[action]
            answer = person.ask("POST", f"tickets/{ref}/{action}", json=body)
            problem(answer, 409, NOT_ALLOWED[action])


def test_a_ticket_is_called_once_however_many_call(monday: datetime, site: LiveSite, town: Town) -> None:
    first, second = Visit(town, NURSE), Visit(town, NURSE)
    first.clear_window()
    first.take()
    second.take()
    call = f"windows/{first.window}/call-next"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: first.clerk.ask("POST", call), range(8)))
    # Whoever came while both numbers were being claimed was told that nobody waits.
    granted = [answer for answer in answers if answer.status_code == 200 and answer.json()["ticket"]]
    assert len(granted) == 1
    with nothing_changes(site):
        for answer in answers:
            if answer.status_code != 200:
                problem(answer, 409, "window_has_ticket")
        problem(first.clerk.ask("POST", call), 409, "window_has_ticket")
    assert len(first.lines("queuing.ticket_taken")) + len(second.lines("queuing.ticket_taken")) == 3


def test_a_person_has_one_active_ticket_of_an_item(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.take()
    again = {"item_id": visit.guide["id"], "id_number": visit.person.id_number}
    with nothing_changes(site):
        problem(town.public.ask("POST", f"centers/{CENTER}/tickets", json=again), 409, "ticket_already_active")


# ── Applications, cases, and what follows ────────────────────────────────────────────────────────────────────────

GROUNDS = {"reason": "依法不予受理", "basis": "《行政许可法》第三十二条"}


def test_an_application_that_is_judged_stays_as_it_is(monday: datetime, site: LiveSite, town: Town) -> None:
    judged: list[Visit] = []
    for verb, grounds in (("accept", None), ("refuse", GROUNDS), ("withdraw", {"reason": "改日再办"})):
        visit = Visit(town, NURSE)
        visit.hand_in()
        visit.judge(verb, grounds)
        judged.append(visit)
    judged[0].case()
    for visit in judged:
        material = visit.application["materials"][0]["key"]
        wanted = {"wanted": [{"key": material, "state": "incomplete", "problem": "缺页"}]}
        path = f"applications/{visit.application['id']}"
        with nothing_changes(site):
            tries: dict[str, Json | None] = {"accept": None, "refuse": GROUNDS, "withdraw": {}}
            for verb, body in {**tries, "supplement-request": wanted}.items():
                problem(visit.clerk.ask("POST", f"{path}/{verb}", json=body), 409, "application_already_judged")
            marked = visit.clerk.ask("PUT", f"{path}/materials/{material}", json={"state": "missing"})
            problem(marked, 409, "application_already_judged")
            supplement = {"materials": [{"key": material, "state": "handed_in"}]}
            answer = visit.clerk.ask("POST", f"{path}/supplement", json=supplement)
            problem(answer, 409, "no_notice_given")


def test_papers_are_taken_only_from_who_is_being_served(monday: datetime, site: LiveSite, town: Town) -> None:
    visit, other = Visit(town, NURSE), Visit(town, DISABILITY)
    visit.take()
    path = f"centers/{CENTER}/applications"
    with nothing_changes(site):
        waiting = {**visit.papers(), "ticket_id": visit.ticket["id"]}
        problem(visit.clerk.ask("POST", path, json=waiting), 409, "ticket_not_serving")
        problem(visit.clerk.ask("POST", path, json=visit.papers()), 422, "ticket_required")
        mixed = {**other.papers(), "ticket_id": visit.ticket["id"]}
        problem(visit.clerk.ask("POST", path, json=mixed), 409, "ticket_not_for_item")


def test_a_case_refuses_what_its_state_does_not_allow(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, DISABILITY)
    case = visit.accepted()
    path = f"cases/{case['id']}"
    reviewer = visit.officer(case)
    chief = town.officer(CENTER, "chief", case["department_key"])
    approver = town.officer(CENTER, "approver", case["department_key"])
    decide = {"outcome": "approved"}
    deliver = {"method": "window", "received_by": "例某"}
    pause = {"kind": "appraisal", "expected_days": 2, "reason": "鉴定"}

    with nothing_changes(site):
        problem(reviewer.ask("POST", f"{path}/pass", json={}), 409, "step_not_claimed")
        problem(reviewer.ask("POST", f"{path}/release"), 409, "step_not_claimed")
        problem(approver.ask("POST", f"{path}/claim"), 403, "step_not_allowed")
        problem(approver.ask("POST", f"{path}/decide", json=decide), 409, "step_not_claimed")
        problem(chief.ask("POST", f"{path}/resume"), 409, "case_not_paused")
        problem(visit.clerk.ask("POST", f"{path}/result"), 409, "case_not_approved")
        problem(visit.clerk.ask("POST", f"{path}/result/deliver", json=deliver), 409, "nothing_to_deliver")
        problem(town.public.ask("GET", f"cases/{visit.receipt}/decision-paper"), 409, "not_decided")
    reviewer.post(f"{path}/claim")
    with nothing_changes(site):
        problem(reviewer.ask("POST", f"{path}/claim"), 409, "step_taken")
        problem(reviewer.ask("POST", f"{path}/return", json={"reason": "退回"}), 409, "first_step_cannot_return")
        site_visit = {**pause, "kind": "site_visit"}
        problem(reviewer.ask("POST", f"{path}/pause", json=site_visit), 409, "procedure_does_not_pause")
        auction = {**pause, "kind": "auction"}
        problem(reviewer.ask("POST", f"{path}/pause", json=auction), 409, "procedure_not_of_item")
    reviewer.post(f"{path}/pause", pause)
    with nothing_changes(site):
        problem(reviewer.ask("POST", f"{path}/pause", json=pause), 409, "case_already_paused")
        problem(reviewer.ask("POST", f"{path}/pass", json={}), 409, "case_paused")
    reviewer.post(f"{path}/resume")
    reviewer.post(f"{path}/pass", {"opinion": "同意"})
    visit.pass_to_the_last_step()
    approver.post(f"{path}/claim")
    with nothing_changes(site):
        problem(approver.ask("POST", f"{path}/pass", json={}), 409, "last_step_decides")
        problem(approver.ask("POST", f"{path}/reject", json={"reason": "不符"}), 409, "last_step_decides")
    approver.post(f"{path}/decide", decide)
    with nothing_changes(site):
        problem(approver.ask("POST", f"{path}/decide", json=decide), 409, "case_decided")
        problem(approver.ask("POST", f"{path}/claim"), 409, "case_decided")
        problem(chief.ask("POST", f"{path}/pause", json=pause), 409, "case_decided")
        problem(visit.clerk.ask("POST", f"{path}/result/deliver", json=deliver), 409, "nothing_to_deliver")
    visit.hand_over()
    with nothing_changes(site):
        problem(visit.clerk.ask("POST", f"{path}/result"), 409, "case_not_approved")
        problem(visit.clerk.ask("POST", f"{path}/result/deliver", json=deliver), 409, "nothing_to_deliver")
        undelivered = visit.clerk.ask("POST", f"{path}/result/return", json={"reason": "无人领取"})
        problem(undelivered, 409, "nothing_to_deliver")


def test_a_complaint_goes_its_way_and_is_reopened_once(monday: datetime, site: LiveSite, town: Town) -> None:
    complaint = town.public.post(f"centers/{CENTER}/complaints", {"text": "希望改进指引", "anonymous": True})
    supervisor, path = town.staff("hb-supervisor-01"), f"complaints/{complaint['id']}"
    again = {"reason": "未解决"}
    with nothing_changes(site):
        for verb, body in (("close", None), ("answer", {"answer": "已答复"})):
            problem(supervisor.ask("POST", f"{path}/{verb}", json=body), 409, "complaint_state")
        problem(supervisor.ask("POST", f"{path}/complainant", json={"purpose": "回访"}), 409, "complaint_anonymous")
        reopened = town.public.ask("POST", f"complaints/{complaint['code']}/reopen", json=again)
        problem(reopened, 409, "complaint_state")
        nobody = {"department_key": "no-such-department"}
        problem(supervisor.ask("POST", f"{path}/assign", json=nobody), 422, "department_unknown")
    for _ in range(2):
        supervisor.post(f"{path}/assign", {"department_key": "minzheng"})
        supervisor.post(f"{path}/investigate", {"findings": "属实", "liability": "center"})
        supervisor.post(f"{path}/answer", {"answer": "已改进"})
        supervisor.post(f"{path}/close")
        last = town.public.ask("POST", f"complaints/{complaint['code']}/reopen", json=again)
    with nothing_changes(site):
        problem(last, 409, "already_reopened")
        problem(town.public.ask("POST", f"complaints/{complaint['code']}/reopen", json=again), 409, "already_reopened")
