"""A tour through the whole API on which everything that people may write is text that looks like code."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from kit.workdays import local_date
from reference.papers.testing import sample_png, words
from tests.integration.people import Json, Person, Town
from tests.integration.site import until
from tests.integration.visits import ALLOWANCE, CENTER, DISABILITY, MARRIAGE, NURSE, PASSPORT, TOWNSHIP, Visit, at

#: SQL, a query operator, a template, markup, typst, a format; as long as the shortest field of free text takes.
HOSTILE = '\');DROP TABLE t;--{"$gt":1}{{7*7}}<b>x</b>#a() %s'
SHORT = "'); DROP--{{7*7}}"
#: The answers of an item's form.
FORM = {HOSTILE: HOSTILE, "question": SHORT}


def tour(town: Town) -> None:
    """All of it; each text is looked for where it is shown."""
    visit = the_hall(town)
    the_desk(town)
    the_steps(town)
    the_extension(town)
    the_fees(town)
    afterwards(town, visit)
    the_catalog(town)
    the_absence(town)


def the_absence(town: Town) -> None:
    """A clerk's leave, and who stands in."""
    manager, clerk = town.staff("hb-manager-01"), town.staff("hb-clerk-13")
    colleagues = manager.get(f"centers/{CENTER}/staff", limit=200)["items"]
    second = next(each["id"] for each in colleagues if each["username"] == "hb-clerk-14")
    body = {"kind": "leave", "substitute_id": second, "first_day": "2026-12-30", "reason": HOSTILE}
    filed = clerk.post("covers", body)
    all_shown(filed, "reason")
    away, instead = (next(each["id"] for each in colleagues if each["username"] == f"hb-clerk-{n}") for n in (17, 18))
    day = local_date(at(filed["filed_at"])).isoformat()
    cover = manager.post("covers", body | {"staff_id": away, "substitute_id": instead, "first_day": day})
    assert manager.post(f"covers/{cover['id']}/badge", {"number": SHORT})["badge"]["number"] == SHORT
    all_shown(manager.post(f"covers/{cover['id']}/feedback", {"text": HOSTILE})["feedback"][0], "text")
    assert shown(manager.get(f"centers/{CENTER}/stand-ins"))
    assert shown(manager.get(f"centers/{CENTER}/covers"))
    pages_show_text(town, "/covers", person=manager)
    manager.post(f"covers/{cover['id']}/end")


def shown(answer: object) -> bool:
    """Whether it stands in some field, as it was typed."""
    if isinstance(answer, dict):
        return any(shown(each) for each in answer.values())
    if isinstance(answer, list):
        return any(shown(each) for each in answer)
    return isinstance(answer, str) and HOSTILE in answer


def all_shown(answer: Json, *fields: str) -> None:
    """These fields hold it."""
    for field in fields:
        assert answer[field] == HOSTILE, field


def hostile_fields(value: Any, path: str) -> Iterator[str]:
    """Where it stands in what is sent or answered, as paths such as ``materials.[].problem``."""
    if isinstance(value, str) and (HOSTILE in value or SHORT in value):
        yield path.removeprefix(".")
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from hostile_fields(each, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from hostile_fields(each, f"{path}.[]")


def the_hall(town: Town) -> Visit:
    """Numbers, appointments and windows."""
    visit = Visit(town, NURSE)
    body = {"item_id": visit.guide["id"], "id_number": visit.person.id_number, "holder_name": HOSTILE}
    visit.ticket = town.public.post(f"centers/{CENTER}/tickets", body)
    visit.slip = visit.ticket["code"]
    assert visit.ticket["holder_masked"] == "'***"
    day = town.public.get(f"centers/{CENTER}/deadline", **{"from": visit.ticket["day"], "days": 2})["due_at"][:10]
    booking = {"item_id": visit.guide["id"], "day": day, "slot": "15:00", "holder_name": HOSTILE}
    booking["id_number"] = visit.person.id_number
    assert town.public.post(f"centers/{CENTER}/appointments", booking)["holder_masked"] == "'***"

    visit.begin()
    path = f"tickets/{visit.ticket['id']}"
    visit.clerk.post(f"{path}/hold", {"reason": HOSTILE})
    visit.clerk.post(f"{path}/resume", {"window_id": visit.window})
    visit.clerk.post(f"{path}/transfer", {"to_window_id": visit.window, "reason": HOSTILE})
    visit.be_called()
    visit.clerk.post(f"{path}/miss", {"reason": HOSTILE})
    assert visit.clerk.get(path)["miss_reason"] == HOSTILE
    titles = [line["title"] for line in visit.lines("queuing.ticket_missed")]
    assert sum(HOSTILE in title for title in titles) == 3
    town.public.post(f"tickets/{visit.slip}/return")
    visit.clear_window()
    assert visit.clerk.post(f"windows/{visit.window}/pause", {"reason": HOSTILE})["pause_reason"] == HOSTILE
    visit.clerk.post(f"windows/{visit.window}/close", {"reason": HOSTILE})
    visit.begin()
    visit.finish()
    pages_show_text(town, f"/t/{visit.slip}", f"/slips/{visit.slip}", f"/board/{CENTER}")
    return visit


def the_desk(town: Town) -> None:
    """Applications: accepted, refused, withdrawn."""
    visit = Visit(town, NURSE)
    visit.begin()
    body: Json = {
        **visit.papers(faulty=1),
        "ticket_id": visit.ticket["id"],
        "form_json": json.dumps(FORM),
    }
    body["applicant"] |= {"name": HOSTILE, "address": HOSTILE, "agent_name": HOSTILE}
    body["materials"][0]["problem"] = HOSTILE
    visit.application = visit.clerk.post(f"centers/{CENTER}/applications", body)
    visit.receipt = visit.application["code"]
    path = f"applications/{visit.application['id']}"
    assert json.loads(visit.clerk.get(path)["form_json"]) == FORM
    all_shown(visit.clerk.post(f"{path}/applicant", {"purpose": HOSTILE}), "name", "address", "agent_name")
    assert any(shown(line) for line in visit.lines("intake.applicant_shown"))
    key = visit.application["materials"][0]["key"]
    faulty = {"key": key, "state": "wrong_form", "problem": HOSTILE}
    assert shown(visit.clerk.put(f"{path}/materials/{key}", {"state": "wrong_form", "problem": HOSTILE}))
    noticed = visit.judge("supplement-request", {"wanted": [faulty]})
    notice = next(each["id"] for each in noticed["papers"] if each["kind"] == "one_time_notice")
    assert in_paper(town.public.get_bytes(f"applications/{visit.receipt}/papers/{notice}"))
    visit.clerk.post(f"{path}/supplement", {"materials": [faulty]})
    visit.clerk.post(f"{path}/supplement", {"materials": [{"key": key, "state": "handed_in", "originals": 1}]})
    permitted = town.staff("hb-supervisor-01").post(f"{path}/further-notice", {"reason": HOSTILE})
    assert shown(permitted["further_notices"][0]["reason"])
    taken = {"returned": [{"key": key, "pieces": 1}], "taken_by": HOSTILE}
    assert visit.clerk.post(f"{path}/originals/return", taken)["materials"][0]["returned"] == 1
    assert shown(visit.judge("withdraw", {"reason": HOSTILE})["withdrawal_reason"])

    refused = Visit(town, NURSE)
    refused.hand_in()
    body = {"reason": HOSTILE, "basis": HOSTILE, "kind": "not_ours", "authority": HOSTILE}
    all_shown(refused.judge("refuse", body), "refusal_reason", "refusal_basis", "refusal_authority")
    paper = next(each["id"] for each in refused.application["papers"] if each["kind"] == "refusal")
    assert in_paper(town.public.get_bytes(f"applications/{refused.receipt}/papers/{paper}"))
    pages_show_text(town, f"/c/{visit.receipt}", f"/c/{refused.receipt}")
    pages_show_text(town, f"/applications/{refused.application['id']}", person=refused.clerk)


def the_steps(town: Town) -> None:
    """Cases: what officers write, decided and delivered."""
    visit = Visit(town, DISABILITY)
    visit.accepted()
    visit.work("pass", {"opinion": HOSTILE})
    returned = visit.work("return", {"reason": HOSTILE})
    assert shown(returned)
    paused = visit.work("pause", {"kind": "appraisal", "expected_days": 1, "reason": HOSTILE})
    assert paused["pauses"][0]["reason"] == HOSTILE
    officer = visit.officer(paused)
    officer.post(f"cases/{paused['id']}/resume")
    case = f"cases/{paused['id']}"
    assert shown(officer.post(f"{case}/notes", {"text": HOSTILE}))
    colleagues = officer.get(f"centers/{CENTER}/colleagues", limit=200)["items"]
    chief = next(each["id"] for each in colleagues if each["id"] != paused["steps"][0]["assignee_id"])
    assert shown(officer.post(f"{case}/questions", {"staff_id": chief, "text": HOSTILE}))
    assert shown(officer.get(f"{case}/talk"))
    officer.post(f"cases/{paused['id']}/reject", {"reason": HOSTILE})
    decided = visit.work("decide", {"outcome": "denied", "reason": HOSTILE, "basis": HOSTILE})
    all_shown(decided["decision"], "reason", "basis")
    assert in_paper(town.public.get_bytes(f"cases/{visit.receipt}/decision-paper"))
    deliver = {"method": "post", "received_by": HOSTILE, "tracking_number": HOSTILE}
    delivered = visit.clerk.post(f"cases/{decided['id']}/result/deliver", deliver)
    assert delivered["result"]["tracking_number"] == HOSTILE
    pages_show_text(town, f"/c/{visit.receipt}")
    pages_show_text(town, f"/approval/cases/{decided['id']}", f"/journeys/{visit.journey}", person=officer)

    lost = Visit(town, MARRIAGE)
    lost.accepted()
    lost.decide("approved")
    lost.clerk.post(f"cases/{lost.application['id']}/result")
    undelivered = lost.clerk.post(f"cases/{lost.application['id']}/result/return", {"reason": HOSTILE})
    assert undelivered["return_reason"] == HOSTILE


def the_extension(town: Town) -> None:
    """An extension of the limit, refused by the center and granted when it is asked for again."""
    visit = Visit(town, ALLOWANCE)
    visit.accepted()
    asked = {"amount": 1, "reason": HOSTILE, "approved_by": HOSTILE}
    waiting = visit.work("extension", asked)
    all_shown(waiting["extensions"][0], "reason", "approved_by")
    officer, path = visit.officer(waiting), f"cases/{waiting['id']}/extension"
    manager = town.staff("hb-manager-01")
    refused = manager.post(f"{path}/review", {"granted": False, "opinion": HOSTILE})
    assert refused["extensions"][0]["opinion"] == HOSTILE
    officer.post(path, asked)
    granted = manager.post(f"{path}/review", {"granted": True, "opinion": HOSTILE})
    number = granted["extensions"][1]["notice"]["number"]
    assert in_paper(town.public.get_bytes(f"cases/{visit.receipt}/clock-notice?number={quote(number)}"))
    pages_show_text(town, f"/c/{visit.receipt}")
    pages_show_text(town, f"/approval/cases/{waiting['id']}", person=officer)


def the_fees(town: Town) -> None:
    """A bill paid at a bank and sent back, and one that is let off."""
    visit, path, bill, chief = a_bill(town)
    day = local_date(at(bill["opened_at"])).isoformat()
    receipt = {"bank": HOSTILE, "reference": HOSTILE, "amount_fen": bill["total_fen"], "paid_on": day}
    all_shown(visit.clerk.post(f"{path}/payment", receipt)["payments"][0], "bank", "reference")
    chief.post(f"{path}/refund", {"reason": HOSTILE})
    report = {"fault": "cash", "amount_fen": 1, "reference": HOSTILE, "text": HOSTILE}
    (reported,) = visit.clerk.post(f"{path}/reports", report)["reports"]
    all_shown(reported, "reference", "text")
    looked = visit.staff("supervisor")
    settled = looked.post(f"{path}/reports/{reported['id']}/settlement", {"text": HOSTILE})
    all_shown(settled["reports"][0], "settlement")
    done = visit.clerk.post(f"{path}/refunded", {"reference": HOSTILE})
    all_shown(done["payments"][0]["refund"], "reason", "reference")
    pages_show_text(town, f"/bills/{visit.receipt}")
    pages_show_text(town, f"/fees/{bill['id']}", person=visit.clerk)
    visit, path, bill, chief = a_bill(town)
    all_shown(chief.post(f"{path}/waive", {"reason": HOSTILE, "basis": HOSTILE}), "waiver_reason", "waiver_basis")
    pages_show_text(town, f"/bills/{visit.receipt}")


def a_bill(town: Town) -> tuple[Visit, str, Json, Person]:
    """A visit whose case costs something, its bill, and the chief who answers for that."""
    visit = Visit(town, PASSPORT)
    path = f"bills/{visit.accepted()['id']}"
    visit.decide("approved")
    bill = until(lambda: visit.clerk.find(path), "the bill")
    return visit, path, bill, town.officer(visit.center, "chief", bill["department_key"])


def afterwards(town: Town, visit: Visit) -> None:
    """Evaluation, rectification, complaint."""
    until(lambda: town.public.find(f"evaluations/{visit.slip}"), "the invitation")
    judged = {"level": "dissatisfied", "tags": [SHORT], "comment": HOSTILE}
    evaluation = town.public.post(f"evaluations/{visit.slip}", judged)
    assert (evaluation["tags"], evaluation["comment"]) == ([SHORT], HOSTILE)
    supervisor = visit.staff("supervisor")
    path = f"rectifications/{evaluation['rectification_id']}"
    until(lambda: supervisor.find(path), "the rectification")
    owner = {"owner_department": visit.guide["department_key"], "owner_staff_name": HOSTILE}
    assert supervisor.post(f"{path}/assign", owner)["owner_staff_name"] == HOSTILE
    chief = town.officer(CENTER, "chief", visit.guide["department_key"])
    answer = {"findings": HOSTILE, "measures": HOSTILE, "callback_note": HOSTILE}
    all_shown(chief.post(f"{path}/answer", answer), *answer)
    assert supervisor.post(f"{path}/review", {"accepted": True, "note": HOSTILE})["review_note"] == HOSTILE

    body = {"text": HOSTILE, "name": HOSTILE, "phone": "15400000000"}
    complaint = town.public.post(f"centers/{CENTER}/complaints", body)
    assert complaint["text"] == HOSTILE
    path = f"complaints/{complaint['id']}"
    assert supervisor.post(f"{path}/complainant", {"purpose": HOSTILE})["name"] == HOSTILE
    assigned = supervisor.post(f"{path}/assign", {"department_key": "minzheng", "staff_name": HOSTILE})
    assert assigned["assignee_staff_name"] == HOSTILE
    assert shown(supervisor.post(f"{path}/investigate", {"findings": HOSTILE, "liability": "none"}))
    assert shown(supervisor.post(f"{path}/answer", {"answer": HOSTILE}))
    assert shown(supervisor.post(f"{path}/call-back", {"satisfied": True, "note": HOSTILE}))
    supervisor.post(f"{path}/close")
    assert shown(town.public.post(f"complaints/{complaint['code']}/reopen", {"reason": HOSTILE}))
    pages_show_text(town, f"/complaint/p/{complaint['code']}", f"/e/{visit.slip}")
    pages_show_text(town, f"/complaints/{complaint['id']}", "/rectifications", person=supervisor)


def the_catalog(town: Town) -> None:
    """Items, centers, staff, settings."""
    manager, admin = town.staff("hk-manager-01"), town.staff("hk-admin-01")
    limit = {"amount": 5, "unit": "working_day", "basis": HOSTILE}
    body = {
        "name": HOSTILE,
        "coding_scheme": "free",
        "implementation_code": "hostile-1",
        "type_code": "01",
        "lane": "village",
        "kind": "promised",
        "department_key": "minzheng",
        "statutory_limit": {**limit, "amount": 10},
        "promised_limit": limit,
        "extension_limit": limit,
        "materials": [
            {"key": "form", "name": HOSTILE, "source": "applicant", "form": "copy", "main": True}
            | dict.fromkeys(("note", "sample", "standard"), HOSTILE)
        ],
        "questions": [
            {"key": "mode", "label": HOSTILE, "options": [{"key": key, "label": HOSTILE} for key in ("one", "two")]}
        ],
        "form_schema": json.dumps(
            {"type": "object", "properties": {"place": {"type": "string", "title": HOSTILE}}}, ensure_ascii=False
        ),
        "commitment": {"correction_days": 5, "verification_days": 5}
        | dict.fromkeys(("laws", "conditions", "consequences", "supervision", "breach", "remedies"), HOSTILE),
        "fees": [{"name": HOSTILE, "amount": HOSTILE, "basis": HOSTILE, "price_fen": 1, "unit": HOSTILE}],
        "steps": [
            {"key": "look", "name": HOSTILE, "role": "reviewer", "when": [{"field": "place", "values": [HOSTILE]}]},
            {"key": "decide", "name": HOSTILE, "role": "approver"},
        ],
        "results": [{"name": HOSTILE, "kind": "licence", "validity": HOSTILE}],
        "keywords": [HOSTILE],
        "source_note": HOSTILE,
        "assumptions": [HOSTILE],
        "fee_note": HOSTILE,
    }
    item = manager.post(f"centers/{TOWNSHIP}/items", body)
    assert set(hostile_fields(body, "")) <= set(hostile_fields(item, ""))
    version = f"items/{item['id']}/versions/1"
    manager.post(f"{version}/submit")
    manager.post(f"{version}/return", {"reason": HOSTILE})
    manager.post(f"{version}/submit")
    manager.post(f"{version}/publish")
    found = town.public.get(f"centers/{TOWNSHIP}/items", query='<b>x</b> "$gt"')["items"]
    assert [each["id"] for each in found] == [item["id"]], "words are looked for as words"
    pages_show_text(town, f"/centers/{TOWNSHIP}/items", f"/centers/{TOWNSHIP}/items/{item['id']}", f"/kiosk/{TOWNSHIP}")
    manager.post(f"{version}/retire", {"reason": HOSTILE})

    picture = base64.b64encode(sample_png()).decode()
    seal = manager.post(
        f"centers/{TOWNSHIP}/seals", {"name": SHORT, "kinds": ["receipt"], "roles": ["service"], "image": picture}
    )
    assert seal["name"] == SHORT
    all_shown(manager.post(f"seals/{seal['id']}/withdraw", {"reason": HOSTILE}), "withdrawal_reason")
    pages_show_text(town, "/seals", f"/seals/{seal['id']}", person=manager)

    setting = f"centers/{TOWNSHIP}/policy/acceptance_reminder"
    assert shown(manager.put(setting, {"value": HOSTILE}))
    manager.ask("DELETE", setting).raise_for_status()
    staff = {"username": "hk-hostile-01", "name": HOSTILE, "badge_number": SHORT, "center_id": TOWNSHIP}
    staff |= {"roles": ["clerk"], "employment": "contracted"}  # type: ignore[dict-item]
    added = manager.post("staff", {"staff": staff, "password": "Tongban-Hostile-2026"})
    assert (added["name"], added["badge_number"]) == (HOSTILE, SHORT)
    center = {
        "name": HOSTILE,
        "level": "village",
        "parent_id": TOWNSHIP,
        "address": HOSTILE,
        "phone": SHORT,
        "departments": [{"key": "d", "name": HOSTILE, "phone": SHORT}],
        "lanes": [{"key": "a", "prefix": "A", "name": HOSTILE}],
        "windows": [{"id": f"{TOWNSHIP}999-01", "number": "01", "name": HOSTILE, "kind": "general", "lanes": ["a"]}],
    }
    put = admin.put(f"centers/{TOWNSHIP}999", center)
    assert set(hostile_fields(center, "")) <= set(hostile_fields(put, ""))
    pages_show_text(town, "/", f"/centers/{TOWNSHIP}999")
    pages_show_text(town, "/manage/staff", "/manage/items", person=manager)


def in_paper(pdf: httpx.Response) -> bool:
    """Whether it is printed, letter by letter."""
    return HOSTILE.replace(" ", "") in words(pdf.content)


def pages_show_text(town: Town, *paths: str, person: Person | None = None) -> None:
    """Pages hold it escaped, if at all: no markup of ours comes from what somebody typed."""
    for path in paths:
        answer = (person or town.public).ask("GET", town.address + path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        assert "<b>x</b>" not in answer.text, path
        assert "49<" not in answer.text, path
        if "DROP TABLE" in answer.text:
            assert html.escape("<b>x</b>") in answer.text, path
