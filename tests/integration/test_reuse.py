"""What a window has seen once is not handed in again: from one visit to the next, at the window and online."""

from __future__ import annotations

from datetime import datetime

from cli.demo.desk import SAMPLE_PDF
from tests.integration.checks import problem
from tests.integration.people import Json, Person, Town
from tests.integration.site import until
from tests.integration.visits import CENTER, DISABILITY, PASSPORT, TOWNSHIP, Visit


def key_of(visit: Visit) -> str:
    """The identity card among the item's materials."""
    return next(str(each["key"]) for each in visit.guide["materials"] if each["name"] == "身份证")


def without_card(visit: Visit) -> Json:
    """Papers over the counter, but for the identity card."""
    body = {**visit.papers(), "ticket_id": visit.ticket["id"]}
    body["materials"] = [each for each in body["materials"] if each["key"] != key_of(visit)]
    visit.application = visit.clerk.post(f"centers/{visit.center}/applications", body)
    return visit.application


def offers(visit: Visit, who: Person) -> Json:
    """What is on file for what the application lacks."""
    return who.get(f"applications/{visit.application['id']}/reusable-materials")


def test_an_identity_card_is_shown_once(monday: datetime, town: Town) -> None:
    first = Visit(town, PASSPORT)
    first.begin()
    first.hand_in()
    scan = f"applications/{first.application['id']}/materials/{key_of(first)}/files"
    first.application = first.clerk.upload(scan, "身份证.pdf", SAMPLE_PDF, "application/pdf")
    first.accepted()
    first.finish()

    second = Visit(town, DISABILITY)
    second.person = first.person
    second.begin()
    without_card(second)
    refused = second.clerk.ask("POST", f"applications/{second.application['id']}/accept")
    problem(refused, 409, "materials_incomplete")

    def offered() -> Json | None:
        found = offers(second, second.clerk)["offers"]
        return found[0] if found else None

    offer = until(offered, "the card on file")
    assert (offer["trust"], offer["needs_original"], offer["case_number"]) == ("B", False, first.application["number"])
    path = f"applications/{second.application['id']}/materials/{key_of(second)}/reuse"
    elsewhere = town.staff("hk-clerk-01")
    assert TOWNSHIP != CENTER
    problem(elsewhere.ask("POST", path, json={"holding_id": offer["holding_id"]}), 403, "center_not_allowed")
    problem(second.clerk.ask("POST", path, json={"holding_id": "nothing"}), 404, "holding_not_found")
    second.application = second.clerk.post(path, {"holding_id": offer["holding_id"]})
    taken = next(each for each in second.application["materials"] if each["key"] == key_of(second))
    assert (taken["state"], taken["reuse"]["trust"], len(taken["uploads"])) == ("handed_in", "B", 1)
    second.accepted()
    second.lines("intake.material_reused", "certificates.holding_used")

    holder = town.signed_in(first.person)
    mine = next(each for each in holder.pages("holdings") if each["id"] == offer["holding_id"])
    assert [use["application_number"] for use in mine["uses"]] == [second.application["number"]]
    assert any(second.application["number"] in look["purpose"] for look in holder.pages("holding-looks"))
    problem(town.signed_in(town.stranger()).ask("POST", f"holdings/{mine['id']}/withdraw"), 404, "holding_not_found")

    chosen = [{"material_key": key_of(second), "holding_id": offer["holding_id"]}]
    online(town, second, holder, chosen)
    draft = holder.post(f"centers/{CENTER}/drafts", {"item_id": second.guide["id"], "chosen": chosen})
    assert draft["chosen"] == chosen

    manager = second.staff("manager")
    assert manager.post(f"holdings/{mine['id']}/revoke", {"reason": "查实系伪造"})["state"] == "revoked"

    def noticed() -> bool:
        now = second.clerk.get(f"applications/{second.application['id']}")
        return any((each["reuse"] or {}).get("end_reason") == "查实系伪造" for each in now["materials"])

    until(lambda: noticed() or None, "that what was taken holds no more")
    problem(holder.ask("POST", f"holdings/{mine['id']}/withdraw"), 409, "holding_over")
    kept = holder.get(f"drafts/{draft['id']}")["draft"]["chosen"]
    body = {**second.papers(), "materials": [], "chosen": kept, "draft_code": draft["code"]}
    refused = holder.ask("POST", f"centers/{CENTER}/applications", json=body)
    problem(refused, 409, "holding_revoked")
    assert "身份证" in refused.json()["detail"]
    assert holder.get(f"drafts/{draft['id']}")["draft"]["chosen"] == chosen, (
        "what was refused is still there to be mended"
    )


def online(town: Town, visit: Visit, holder: Person, chosen: list[Json]) -> None:
    """From home it is offered on the form already, to nobody else, and taken as the application is handed in."""
    path = f"centers/{CENTER}/items/{visit.guide['id']}/material-offers"
    assert [each["holding_id"] for each in holder.get(path)["offers"]] == [chosen[0]["holding_id"]]
    stranger = town.signed_in(town.stranger())
    assert stranger.get(path)["offers"] == []
    problem(visit.clerk.ask("GET", path), 403, "role_not_allowed")
    body = {**visit.papers(), "materials": [], "chosen": chosen}
    made = holder.post(f"centers/{CENTER}/applications", body)
    card = next(each for each in made["materials"] if each["key"] == chosen[0]["material_key"])
    assert (card["state"], card["reuse"]["holding_id"]) == ("handed_in", chosen[0]["holding_id"])
    looks = holder.pages("holding-looks")
    assert any(each["purpose"].startswith("填写网上申请") for each in looks)


#: The library that plays on every sample site.
LIBRARY = "演示证照库"


def test_a_certificate_comes_from_the_library_that_the_center_has_chosen(monday: datetime, town: Town) -> None:
    manager, setting = town.staff("hb-manager-01"), f"centers/{CENTER}/policy/certificate_library"
    item = item_from_library(manager)
    person = town.stranger()
    holder, path = town.signed_in(person), f"centers/{CENTER}/items/{item}/material-offers"
    assert holder.get(path) == {"offers": [], "library_down": False}, "nobody is asked unless the center says so"
    manager.put(setting, {"value": LIBRARY})
    try:
        (offer,) = until(lambda: holder.get(path)["offers"] or None, "the library's certificate")
        assert (offer["library"], offer["trust"], offer["needs_original"]) == (LIBRARY, "A", False)
        body = {
            "item_id": item,
            "applicant": {"name": person.name, "id_type": "resident_id", "id_number": person.id_number},
            "chosen": [{"material_key": "id-card", "holding_id": offer["holding_id"]}],
        }
        made = holder.post(f"centers/{CENTER}/applications", body)
    finally:
        manager.put(setting, {"value": ""})
    (card,) = made["materials"]
    evidence = card["reuse"]["evidence"]
    assert (card["state"], evidence["source"], len(evidence["sha256"])) == ("handed_in", LIBRARY, 64)
    assert evidence["reference"].startswith("SANDBOX-")
    looks = [each for each in holder.pages("holding-looks") if each["library"]]
    assert [(each["library"], each["certificate_types"], each["outcome"]) for each in looks] == [
        (LIBRARY, ["SAMPLE-CARD"], evidence["reference"])
    ]
    other = town.signed_in(town.stranger())
    assert not [each for each in other.pages("holdings") if each["id"] == offer["holding_id"]]


def item_from_library(manager: Person) -> str:
    """The id of an item whose only material a library outside may give."""
    card = {
        "key": "id-card",
        "name": "身份证明",
        "source": "applicant",
        "form": "electronic",
        "main": True,
        "obtained": "library",
        "trust": "A",
        "certificate_types": ["SAMPLE-CARD"],
    }
    body = {
        "name": "样例从证照库取证事项",
        "coding_scheme": "free",
        "implementation_code": "from-library-1",
        "type_code": "01",
        "kind": "promised",
        "department_key": "xinwen-chuban",
        "promised_limit": {"amount": 5, "unit": "working_day"},
        "materials": [card],
        "steps": [{"key": "decide", "name": "决定", "role": "approver"}],
        "results": [{"name": "样例证", "kind": "licence", "certificate_type": "SAMPLE-RESULT"}],
        "fee_note": "不收费",
    }
    item = manager.post(f"centers/{CENTER}/items", body)
    version = f"items/{item['id']}/versions/1"
    manager.post(f"{version}/submit")
    manager.post(f"{version}/publish")
    assert item["materials"][0]["certificate_types"] == ["SAMPLE-CARD"]
    checklist = f"centers/{CENTER}/items/{item['id']}/checklist"
    until(lambda: manager.ask("GET", checklist).status_code == 200 or None, "the checklist of a published item")
    return str(item["id"])
