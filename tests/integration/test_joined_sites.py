"""Cases that cross between two whole sites: the line cut, processes killed, a site restarted, things asked twice."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from cli.demo.desk import SAMPLE_PDF
from cli.demo.rest import Json, Refused
from cli.demo_federation import office
from cli.demo_federation.command import Stage, perform
from cli.demo_federation.office import Agreed, Sent
from cli.demo_federation.play import differences, once_each
from cli.demo_federation.sites import DemoSite, until
from cli.sample.people import Citizen
from cli.state import read_state
from tests.integration.hostile import HOSTILE


def test_the_small_demo_finds_no_difference_though_the_line_is_cut_and_a_relay_killed(
    stage: Stage, tmp_path: Path
) -> None:
    assert perform(Console(quiet=True), tmp_path, stage, 8, 20261123) == 0
    figures = json.loads((tmp_path / "summary.json").read_text())
    assert (figures["cases"], figures["differences"]) == (8, [])
    assert set(figures["modes"]) == {"collect_for", "fully_online", "multi_place", "sent_up"}
    assert figures["by_their_own_route"] == 1
    assert figures["line_cuts"] >= 1
    ours, theirs = ((tmp_path / f"histories-{end}.txt").read_text() for end in ("collecting", "handling"))
    assert ours == theirs
    assert len(ours.splitlines()) >= 5 * 3


def test_what_was_sent_while_the_line_was_cut_arrives_though_both_relays_and_federations_were_killed(
    stage: Stage, agreed: Agreed, person: Citizen
) -> None:
    with stage.county_line.broken():
        sent = office.collect(agreed, person, "collect_for", "granted")
        assert office.mirror(sent)["state"] == "sent"
        for site in stage.sites:
            for name in ("relay", "federation"):
                site.kill(name)
        assert office.owned(sent) is None
    until(lambda: office.arrived(sent), "it to arrive")
    until(lambda: office.mirror(sent)["state"] == "arrived", "the number to come back")
    assert office.mirror(sent)["status"]["number"]
    assert list(once_each([sent])) == []


def test_a_site_that_is_restarted_goes_on_where_it_was(stage: Stage, agreed: Agreed, person: Citizen) -> None:
    sent = office.collect(agreed, person, "collect_for", "granted")
    office.judge(sent)
    stage.county.stop()
    office.decide(sent)
    stage.county.start()
    stage.county.ready()
    until(lambda: office.mirror(sent)["state"] == "issued", "the result to be known")
    office.hand_over(sent)
    until(lambda: office.mirror(sent)["state"] == "delivered", "the owner to close its case")
    assert list(differences([sent])) == []


def test_what_is_asked_twice_is_done_once(stage: Stage, agreed: Agreed, person: Citizen) -> None:
    county = stage.county
    session = county.api.post("sessions", {"username": "hb-clerk-02", "password": "Tongban-2026"})
    headers = {"Authorization": f"Bearer {session['token']}", "Idempotency-Key": uuid.uuid4().hex}
    body = {
        "agreement_id": agreed.id,
        "applicant": {"name": person.name, "id_type": "resident_id", "id_number": person.id_number},
        "identity_note": HOSTILE,
        "delivery": "post",
    }
    with httpx.Client(base_url=f"{read_state(county.files).address}/api/v1", headers=headers, timeout=30) as clerk:
        refused = clerk.post(f"centers/{county.center}/crossings", json=body)
        assert refused.status_code == 422, "a result by post needs an address"
        body["applicant"] = {**body["applicant"], "address": HOSTILE}  # type: ignore[dict-item]
        clerk.headers["Idempotency-Key"] = uuid.uuid4().hex
        one, again = (clerk.post(f"centers/{county.center}/crossings", json=body).json() for _ in range(2))
        assert one["id"] == again["id"]
        del clerk.headers["Idempotency-Key"]
        for material in one["materials"]:
            path = f"crossings/{one['id']}/materials/{material['key']}"
            file = {"file": ("样例.pdf", SAMPLE_PDF, "application/pdf")}
            assert clerk.post(f"{path}/scans", files=file).status_code == 201
            assert clerk.put(f"{path}/check", json={"checked": True}).status_code == 200
        assert clerk.post(f"crossings/{one['id']}/send").status_code == 200
        assert clerk.post(f"crossings/{one['id']}/send").json()["code"] == "crossing_sent"
    city = stage.city
    crossing = until(lambda: _arrived(stage, one["code"]), "it to arrive")
    application = city.staff("clerk").get(f"applications/{crossing['application_id']}")
    assert application["channel"] == "elsewhere"
    seen = city.staff("clerk").get(f"crossings/{one['id']}")
    assert seen["identity"]["note"] == HOSTILE, "as it was typed"
    scan = application["materials"][0]["uploads"][0]
    content = city.staff("clerk").get_bytes(f"applications/{application['id']}/files/{scan['sha256']}")
    assert content == SAMPLE_PDF, "the scan came with the letter"
    for site in stage.sites:
        for number in (one["number"], application["number"]):
            found = until(lambda site=site, number=number: _progress(site, number, person), f"{number} to be known")  # type: ignore[misc]
            assert found["id"] == one["id"]


def _progress(site: DemoSite, number: str, person: Citizen) -> Json | None:
    """Whose number it is, at this site; ``None``: it hasn't heard of it yet."""
    try:
        found: Json = site.api.post("crossing-progress", {"number": number, "id_tail": person.id_number[-6:]})
    except Refused as error:
        if error.code != "crossing_not_found":
            raise
        return None
    return found


def _arrived(stage: Stage, code: str) -> dict[str, str] | None:
    try:
        found: dict[str, str] = stage.city.api.get(f"crossings/{code}")
    except Refused:
        return None
    return found if found["application_id"] else None


def test_who_it_was_handed_over_to_decides_it_and_the_result_is_read_where_the_citizen_is(
    stage: Stage, township: DemoSite, person: Citizen
) -> None:
    county, city = stage.county, stage.city
    sites = (county, city, township)
    agreed = office.agree(county, city, "社会保障卡补换", ["collect_for"])
    sent = office.collect(agreed, person, "collect_for", "granted")
    until(lambda: office.arrived(sent), "it to arrive")
    there = {"site": township.id, "center_id": township.center, "reason": HOSTILE}
    city.chief_of("renli-shebao").post(f"crossings/{sent.id}/offer", there)

    def owners() -> list[str]:
        return [seen(site, sent)["ownership"]["owner"] for site in sites]

    until(lambda: seen(township, sent)["state"] == "offered", "the offer to pass through the city")
    assert owners() == [city.id] * 3
    found = township.api.get(f"centers/{township.center}/items", query=agreed.item["name"])["items"]
    item = next(each["id"] for each in found if each["name"] == agreed.item["name"])
    taken = {"accepted": True, "item_id": item}
    township.chief_of("renli-shebao").post(f"crossings/{sent.id}/offer-answer", taken)
    until(lambda: owners() == [township.id] * 3, "all to know the new owner")

    moved = replace(sent, agreed=replace(agreed, handling=township))
    office.judge(moved)
    office.decide(moved)
    until(lambda: seen(township, sent)["state"] == "issued", "the desk that hands over to know of the decision")
    result = SAMPLE_PDF + b"% the card"
    path = f"crossings/{sent.id}/result/file"
    township.staff("clerk").upload(path, "社会保障卡.pdf", result, "application/pdf")
    until(lambda: seen(county, sent)["status"].get("result_file"), "the result to reach the county")
    citizen = county.api.as_citizen(person.id_number, person.name)
    assert [each.get_bytes(path) for each in (county.staff("clerk"), citizen)] == [result] * 2
    with pytest.raises(Refused):
        county.api.get_bytes(path)
    office.hand_over(moved)
    until(lambda: {seen(site, sent)["state"] for site in sites} == {"delivered"}, "all to know that it is over")
    assert seen(county, sent)["status"] == seen(township, sent)["status"]


def seen(site: DemoSite, sent: Sent) -> Json:
    """What a site shows of it; a state of none while it knows nothing."""
    try:
        found: Json = site.api.get(f"crossings/{sent.code}")
    except Refused:
        return {"state": "", "ownership": {"owner": ""}, "status": {}}
    return found
