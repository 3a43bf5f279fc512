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

    manager = second.staff("manager")
    assert manager.post(f"holdings/{mine['id']}/revoke", {"reason": "查实系伪造"})["state"] == "revoked"

    def noticed() -> bool:
        now = second.clerk.get(f"applications/{second.application['id']}")
        return any((each["reuse"] or {}).get("end_reason") == "查实系伪造" for each in now["materials"])

    until(lambda: noticed() or None, "that what was taken holds no more")
    problem(holder.ask("POST", f"holdings/{mine['id']}/withdraw"), 409, "holding_over")
