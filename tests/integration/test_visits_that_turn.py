"""Visits that don't go straight: notice, refusal, denial, missed numbers, pauses, the online way, the end of the day."""

from __future__ import annotations

from datetime import datetime, timedelta

from reference.papers.testing import words
from tests.integration.checks import check_lines, problem
from tests.integration.conftest import BEIJING, working_days
from tests.integration.hostile import HOSTILE, pages_show_text
from tests.integration.people import Json, Person, Town
from tests.integration.site import LiveSite, until
from tests.integration.visits import CENTER, DISABILITY, NURSE, UNEMPLOYMENT, Visit, at

#: What both a refusal and a denial must tell (rules C09, C10, L03).
RIGHTS = ("行政复议", "行政诉讼")
AT_THE_DESK = (
    "queuing.ticket_taken",
    "queuing.ticket_called",
    "queuing.serving_started",
    "intake.application_received",
)


def paper(visit: Visit, kind: str) -> str:
    """The words of a paper, as the applicant opens it."""
    found = next(each for each in visit.application["papers"] if each["kind"] == kind)
    return words(visit.town.public.get_bytes(f"applications/{visit.receipt}/papers/{found['id']}").content)


def test_a_one_time_notice_names_all_that_is_wanted_and_is_given_once(monday: datetime, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.hand_in(faulty=1)
    faulty = [each for each in visit.application["materials"] if each["state"] == "incomplete"]
    wanted = [{"key": each["key"], "state": "incomplete", "problem": "缺少签字页，请补签"} for each in faulty]
    path = f"applications/{visit.application['id']}"

    problem(visit.clerk.ask("POST", f"{path}/accept"), 409, "materials_incomplete")
    noticed = visit.judge("supplement-request", {"wanted": wanted})
    assert noticed["state"] == "supplement_requested"
    text = paper(visit, "one_time_notice")
    for each in faulty:
        assert each["name"] in text
    assert "缺少签字页，请补签" in text
    second = visit.clerk.ask("POST", f"{path}/supplement-request", json={"wanted": wanted})
    problem(second, 409, "notice_already_given")
    grounds = {"reason": "逾期", "basis": "《行政许可法》第三十二条"}
    problem(visit.clerk.ask("POST", f"{path}/refuse", json=grounds), 409, "supplement_period_running")

    citizen = town.signed_in(visit.person)
    handed_in = [{"key": each["key"], "state": "handed_in", "originals": 1} for each in faulty]
    supplemented = citizen.post(f"applications/{visit.receipt}/supplement", {"materials": handed_in})
    assert supplemented["state"] == "received"
    visit.accepted()
    check_lines(
        visit.lines("approval_routing.case_opened"),
        [
            *AT_THE_DESK,
            "intake.supplement_requested",
            "intake.supplement_handed_in",
            "intake.application_accepted",
            "approval_routing.case_opened",
        ],
    )


def test_a_refusal_gives_reason_basis_and_rights_and_opens_no_case(monday: datetime, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.hand_in()
    reason, basis = "申请事项依法不属于本行政机关职权范围", "《行政许可法》第三十二条第一款第二项"
    path = f"applications/{visit.application['id']}"
    without = visit.clerk.ask("POST", f"{path}/refuse", json={"reason": reason, "basis": " "})
    problem(without, 422, "text_required")
    theirs = "安康市卫生健康委员会"  # without one supervision asks why what is complete isn't accepted
    grounds = {"reason": reason, "basis": basis, "kind": "not_ours", "authority": theirs}
    assert visit.judge("refuse", grounds)["state"] == "refused"
    text = paper(visit, "refusal")
    for expected in (reason, basis, theirs, *RIGHTS):
        assert expected in text
    problem(visit.clerk.ask("POST", f"{path}/accept"), 409, "application_already_judged")
    left = ["intake.application_refused", "intake.papers_left"]  # what was handed in on paper is to be fetched
    check_lines(visit.lines(*left), [*AT_THE_DESK, *left])
    assert visit.clerk.find(f"cases/{visit.application['id']}") is None


def test_the_papers_of_a_case_go_to_its_department_by_a_list_that_both_sides_sign(monday: datetime, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.hand_in()
    accepted = visit.judge("accept")
    wanted = {"department_key": accepted["department_key"], "application_ids": [accepted["id"]]}
    here = f"applications/{accepted['id']}/papers-here"
    until(lambda: visit.clerk.get(here)["waiting"], "what lies at the window")
    made = visit.clerk.post(f"centers/{CENTER}/paper-lists", wanted)
    again = visit.clerk.post(f"centers/{CENTER}/paper-lists", wanted)
    assert (made["state"], again["state"], again["lines"]) == ("draft", "withdrawn", []), "on one open list"
    path, seen = f"paper-lists/{made['id']}", {"list_sha256": made["list_sha256"]}
    assert visit.clerk.post(f"{path}/give", seen)["state"] == "given"
    lines = [{name: each[name] for name in ("application_id", "material_key")} for each in made["lines"]]
    found = seen | {"lines": [each | {"state": "received"} for each in lines]}
    problem(visit.clerk.ask("POST", f"{path}/receive", json=found), 403, "role_not_allowed")
    stranger = town.officer("610902107", "supervisor", "")
    problem(stranger.ask("GET", path), 403, "center_not_allowed")
    receiver = town.officer(CENTER, "chief", accepted["department_key"])
    assert receiver.post(f"{path}/receive", found)["state"] == "received"
    assert receiver.get_bytes(f"{path}/paper").content.startswith(b"%PDF")
    assert visit.clerk.get(here)["waiting"] == []
    visit.lines("intake.papers_handed_over")


def test_a_denial_gives_reason_basis_and_rights(monday: datetime, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.accepted()
    case = visit.work("reject", {"reason": "申请材料与实际情况不符"})
    assert case["current_step"] == case["steps"][-1]["key"]
    approver = visit.officer(case)
    approver.post(f"cases/{case['id']}/claim")
    bare = approver.ask("POST", f"cases/{case['id']}/decide", json={"outcome": "denied"})
    problem(bare, 422, "denial_needs_reason_and_basis")
    reason, basis = "经审查，不符合法定条件", "《行政许可法》第三十八条第二款"
    denied_once_reported(town, visit, approver, {"reason": reason, "basis": basis})

    seen = town.public.get(f"cases/{visit.receipt}")
    assert seen["state"] == "denied"
    text = words(town.public.get_bytes(f"cases/{visit.receipt}/decision-paper").content)
    for expected in (reason, basis, *RIGHTS):
        assert expected in text
    for right in RIGHTS:
        assert right in seen["decision"]["rights"]
    problem(visit.clerk.ask("POST", f"cases/{case['id']}/result"), 409, "case_not_approved")
    assert visit.hand_over()["state"] == "delivered"
    check_lines(
        visit.lines("approval_routing.result_delivered"),
        [
            *AT_THE_DESK,
            "intake.application_accepted",
            "approval_routing.case_opened",
            "approval_routing.step_claimed",
            "approval_routing.step_rejected",
            "approval_routing.step_claimed",
            "intake.denial_reported",
            "intake.denial_report_answered",
            "intake.denial_report_answered",
            "approval_routing.case_decided",
            "approval_routing.result_delivered",
        ],
    )


def denied_once_reported(town: Town, visit: Visit, approver: Person, grounds: Json) -> None:
    """A center that denies nothing unreported lets the case be denied once its levels have agreed (rules C18)."""
    case, manager = visit.case(), town.staff("hb-manager-01")
    setting, deny = f"centers/{CENTER}/policy/denial_needs_report", f"cases/{case['id']}/decide"
    bare = {"outcome": "denied"}
    manager.put(setting, {"value": True})
    try:
        # At every replica: whoever hasn't got it yet says 422.
        until(
            lambda: all(approver.ask("POST", deny, json=bare).status_code == 409 for _ in range(12)),
            "the setting to arrive",
        )
        problem(approver.ask("POST", deny, json=bare | grounds), 409, "denial_report_missing")
        body = {"application_id": case["id"], "asked_for": "护士执业注册", **grounds}
        report = approver.post(f"centers/{CENTER}/denial-reports", body)
        chief = town.officer(CENTER, "chief", case["department_key"])
        for level in (chief, manager):
            problem(approver.ask("POST", deny, json=bare | grounds), 409, "denial_report_undecided")
            report = level.post(
                f"denial-reports/{report['id']}/answer", {"agrees": True, "said": "同意", "basis": grounds["basis"]}
            )
        decided = approver.post(deny, bare | grounds)
        assert decided["decision"]["denial_report_id"] == report["id"]
    finally:
        manager.put(setting, {"value": False})


def test_who_missed_the_call_comes_back_into_the_queue(monday: datetime, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.take()
    visit.be_called()
    path = f"tickets/{visit.ticket['id']}"
    assert visit.clerk.post(f"{path}/recall")["calls"] == 2
    assert visit.clerk.post(f"{path}/miss", {"reason": "两次呼叫无人应答"})["state"] == "missed"
    returned = town.public.post(f"tickets/{visit.slip}/return")
    assert (returned["state"], returned["id"]) == ("waiting", visit.ticket["id"])
    visit.begin()
    visit.finish()
    check_lines(
        visit.lines("evaluation.evaluation_invited"),
        [
            "queuing.ticket_taken",
            "queuing.ticket_called",
            "queuing.ticket_recalled",
            "queuing.ticket_missed",
            "queuing.ticket_returned",
            "queuing.ticket_called",
            "queuing.serving_started",
            "queuing.ticket_finished",
            "evaluation.evaluation_invited",
        ],
    )


def test_a_special_procedure_stops_the_clock_and_moves_the_due_date(
    monday: datetime, town: Town, site: LiveSite
) -> None:
    visit = Visit(town, DISABILITY)
    case = visit.accepted()
    promised = at(case["due_at"]).astimezone(BEIJING).date()
    days = working_days(town, monday.astimezone(BEIJING).date())
    assert promised == days[7], "7 working days, the day of acceptance not counted"

    paused = visit.work("pause", {"kind": "appraisal", "expected_days": 3, "reason": "需要进行伤残等级鉴定"})
    assert (paused["state"], paused["due_at"]) == ("paused", None)
    officer = town.officer(CENTER, "reviewer", case["department_key"])
    during = officer.ask("POST", f"cases/{case['id']}/pass", json={"opinion": "同意"})
    problem(during, 409, "case_paused")

    site.advance_to(datetime(days[3].year, days[3].month, days[3].day, 10, tzinfo=BEIJING))
    resumed = officer.post(f"cases/{case['id']}/resume")
    explained = town.public.get(f"cases/{visit.receipt}/deadline")["days"]
    stood = [each["date"] for each in explained if each["effect"] == "paused"]
    counted = [each["date"] for each in explained if each["effect"] == "counted"]
    assert len(counted) == 7
    working = {day.isoformat() for day in days}
    moved = [day for day in stood if day in working]
    assert moved, explained
    due = at(resumed["due_at"]).astimezone(BEIJING).date()
    assert due == days[7 + len(moved)]
    assert due.isoformat() == counted[-1]
    check_lines(
        visit.lines("approval_routing.case_resumed"),
        [
            *AT_THE_DESK,
            "intake.application_accepted",
            "approval_routing.case_opened",
            "approval_routing.step_claimed",
            "approval_routing.case_paused",
            "approval_routing.case_resumed",
        ],
    )


def test_a_citizen_applies_online_and_follows_it_by_code(monday: datetime, town: Town) -> None:
    visit = Visit(town, NURSE)
    citizen = town.signed_in(visit.person)
    visit.application = citizen.post(f"centers/{CENTER}/applications", visit.papers())
    visit.receipt = visit.application["code"]
    assert (visit.application["channel"], visit.application["ticket_id"]) == ("online", "")
    own = citizen.get(f"centers/{CENTER}/applications")["items"]
    assert [each["id"] for each in own] == [visit.application["id"]]
    foreign = town.signed_in(town.stranger())
    assert foreign.get(f"centers/{CENTER}/applications")["items"] == []
    problem(foreign.ask("GET", f"applications/{visit.application['id']}"), 404, "application_not_found")

    visit.accepted()
    visit.decide("approved")
    assert visit.hand_over()["state"] == "delivered"
    assert town.public.get(f"cases/{visit.receipt}")["state"] == "delivered"
    lines = visit.lines("evaluation.evaluation_invited")
    check_lines(
        lines,
        [
            "intake.application_received",
            "intake.application_accepted",
            "approval_routing.case_opened",
            "approval_routing.step_claimed",
            "approval_routing.step_passed",
            "approval_routing.step_claimed",
            "approval_routing.case_decided",
            "approval_routing.result_issued",
            "approval_routing.result_delivered",
            "evaluation.evaluation_invited",
        ],
    )
    assert lines[0]["actor_id"].startswith("citizen:")


def test_the_end_of_the_day_closes_what_is_left_and_says_so(monday: datetime, town: Town) -> None:
    served, waiting = Visit(town, UNEMPLOYMENT), Visit(town, UNEMPLOYMENT)
    served.begin()
    served.finish()
    waiting.take()
    manager = waiting.staff("manager")
    path = f"centers/{waiting.center}/close-day"
    first = manager.post(path, {})
    assert (first["expired"], manager.post(path, {})["expired"]) == (1, 1), "asked again, it says the same"

    assert town.public.get(f"tickets/{waiting.slip}")["state"] == "expired"
    assert town.public.get(f"tickets/{served.slip}")["state"] == "finished"
    windows = town.public.get(f"centers/{waiting.center}/windows")["items"]
    assert {each["state"] for each in windows} == {"closed"}
    late = town.public.ask("POST", f"centers/{waiting.center}/tickets", json={"item_id": waiting.guide["id"]})
    problem(late, 409, "day_closed")
    check_lines(waiting.lines("queuing.ticket_expired"), ["queuing.ticket_taken", "queuing.ticket_expired"])


def test_a_case_that_is_late_is_reminded_of_then_yellow_then_red(monday: datetime, town: Town, site: LiveSite) -> None:
    visit = Visit(town, NURSE)
    case = visit.accepted()
    due = at(case["due_at"]).astimezone(BEIJING).date()
    days = working_days(town, monday.astimezone(BEIJING).date())
    assert due == days[5]

    for day, colours in ((days[4], ["reminder"]), (due, ["reminder", "yellow"])):
        site.advance_to(datetime(day.year, day.month, day.day, 0, 1, tzinfo=BEIJING))
        assert until(lambda wanted=colours: cards(visit, *wanted), f"the cards {colours}") == colours  # type: ignore[misc]
    site.advance_to(at(case["due_at"]) + timedelta(seconds=1))
    site.settle()  # it is looked at once, and then again
    assert cards(visit, "red") is None
    site.advance_to(at(case["due_at"]) + timedelta(minutes=2))
    assert until(lambda: cards(visit, "reminder", "yellow", "red"), "the red card")
    watch = next(
        each
        for each in visit.staff("supervisor").pages(f"centers/{CENTER}/watches")
        if each["subject_id"] == case["id"]
    )
    assert (watch["state"], watch["colour"]) == ("running", "red")

    board = visit.staff("supervisor").get(f"centers/{CENTER}/deadlines", by="item")
    row = next(row for row in board["rows"] if row["title"] == case["item_name"])
    assert 1 <= row["red"] <= row["overdue"], "other tests' cases are late by now as well"
    overdue = visit.staff("supervisor").get(f"centers/{CENTER}/deadlines/due", when="overdue", title=case["item_name"])
    assert case["id"] in {each["subject_id"] for each in overdue["watches"]}
    pages_show_text(town, "/supervision/board", "/supervision/board/due", person=visit.staff("supervisor"))
    table = visit.staff("supervisor").ask("GET", town.address + "/supervision/board.csv?when=overdue").text
    assert case["number"] in table
    orders_about_what_is_late(town, visit, watch["id"])
    visit.decide("approved")
    until(lambda: cards(visit, "red", state="active") == ["red"], "the recovery of all but the red card")
    assert cards(visit, "reminder", "yellow", state="recovered") == ["reminder", "yellow"]
    raised = [line for line in visit.lines("supervision.red_card_raised") if line["service"] == "supervision"]
    assert [line["type"].split(".")[2] for line in raised[:3]] == [
        "reminder_raised",
        "yellow_card_raised",
        "red_card_raised",
    ]
    public = town.public.get(f"journeys/{visit.journey}", code=visit.receipt)["lines"]
    assert not [line for line in public if line["service"] == "supervision"], "cards are for staff"
    appeal_against_the_red_card(town, visit)


def orders_about_what_is_late(town: Town, visit: Visit, watch: str) -> None:
    """The department is told to act at once, and urged by a person as well: both wait for its answer."""
    supervisor, chief = visit.staff("supervisor"), town.officer(CENTER, "chief", visit.guide["department_key"])
    path = f"watches/{watch}/orders"
    urged = supervisor.post(path, {"text": HOSTILE}, key="urge-1")
    assert supervisor.post(path, {"text": HOSTILE}, key="urge-1")["id"] == urged["id"]
    own = [each for each in chief.pages(f"centers/{CENTER}/orders") if each["subject_id"] == visit.application["id"]]
    assert sorted(each["kind"] for each in own) == ["tacit_approval", "urge"]
    answered = chief.post(f"orders/{urged['id']}/answer", {"text": HOSTILE})
    assert answered["answers"][0]["text"] == HOSTILE
    back = supervisor.post(f"orders/{urged['id']}/review", {"accepted": False, "note": HOSTILE})
    assert (back["state"], back["answers"][0]["review_note"]) == ("open", HOSTILE)
    pages_show_text(town, f"/supervision/orders/{urged['id']}", "/supervision/orders", person=chief)
    pages_show_text(town, f"/supervision/watches/{watch}/order", person=supervisor)


def appeal_against_the_red_card(town: Town, visit: Visit) -> None:
    """Its department appeals, supervision overturns it, and the card stays with what both said."""
    supervisor, chief = visit.staff("supervisor"), town.officer(CENTER, "chief", visit.guide["department_key"])
    red = next(
        each
        for each in chief.pages(f"centers/{visit.center}/cards", colour="red")
        if each["subject_id"] == visit.application["id"]
    )
    path = f"cards/{red['id']}"
    problem(
        supervisor.ask("POST", f"{path}/ruling", json={"overturned": True, "reason": HOSTILE}), 409, "appeal_missing"
    )
    assert chief.post(f"{path}/appeal", {"grounds": HOSTILE})["appeal"]["ruling"] == "pending"
    pages_show_text(town, f"/supervision/cards/{red['id']}", person=chief)
    ruled = supervisor.post(f"{path}/ruling", {"overturned": True, "reason": HOSTILE})
    assert (ruled["colour"], ruled["state"]) == ("red", "overturned")
    pages_show_text(town, f"/supervision/cards/{red['id']}", "/supervision/cards", person=supervisor)


def cards(visit: Visit, *wanted: str, state: str = "") -> list[str] | None:
    """The colours of the case's cards in the order of their raising; ``None`` until all that are wanted are there."""
    query = {"state": state} if state else {}
    found = visit.staff("supervisor").pages(f"centers/{visit.center}/cards", **query)
    own = [each for each in found if each["subject_id"] == visit.application["id"]]
    colours = [each["colour"] for each in sorted(own, key=lambda each: each["raised_at"])]
    return colours if set(wanted) <= set(colours) else None
