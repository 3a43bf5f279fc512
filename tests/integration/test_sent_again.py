"""What somebody else has changed meanwhile isn't overwritten, and what is sent twice is done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.integration.checks import nothing_changes, problem, state_of
from tests.integration.conftest import BEIJING, working_days
from tests.integration.people import Json, Town
from tests.integration.site import LiveSite
from tests.integration.visits import CENTER, NURSE, Visit

# ── If-Match ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_of_what_somebody_else_has_changed_is_refused(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.hand_in()
    path = f"applications/{visit.application['id']}"
    seen = visit.clerk.ask("GET", path)
    assert seen.headers["etag"] == f'"{visit.application["version"]}"'
    visit.upload()
    stale = {"If-Match": seen.headers["etag"]}
    manager = town.staff("hb-manager-01")
    with nothing_changes(site):
        problem(visit.clerk.ask("POST", f"{path}/accept", headers=stale), 412, "stale_version")
        problem(visit.clerk.ask("POST", f"tickets/{visit.ticket['id']}/finish", headers=stale), 412, "stale_version")
        policy = manager.ask("GET", f"centers/{CENTER}/policy").headers["etag"]
        other = {"If-Match": f'"{int(policy.strip(chr(34))) + 7}"'}
        answer = manager.ask("PUT", f"centers/{CENTER}/policy/recall_limit", json={"value": 5}, headers=other)
        problem(answer, 412, "stale_version")
        for malformed in ("1", 'W/"1"', '"x"', '"1", "2"', '""', '"9999999999999999999"'):
            answer = visit.clerk.ask("POST", f"{path}/accept", headers={"If-Match": malformed})
            problem(answer, 422, "fields_invalid")
    fresh = visit.clerk.ask("GET", path).headers["etag"]
    assert visit.clerk.ask("POST", f"{path}/accept", headers={"If-Match": fresh}).status_code == 200


# ── Idempotency-Key ──────────────────────────────────────────────────────────────────────────────────────────────


def _ticket(town: Town, monday: datetime) -> tuple[str, str, Json, Json]:
    visit = Visit(town, NURSE)
    body = {"item_id": visit.guide["id"], "id_number": visit.person.id_number}
    return "", f"centers/{CENTER}/tickets", body, {**body, "disabled": True}


def _appointment(town: Town, monday: datetime) -> tuple[str, str, Json, Json]:
    visit = Visit(town, NURSE)
    day = working_days(town, monday.astimezone(BEIJING).date() + timedelta(days=1))[1].isoformat()
    body = {"item_id": visit.guide["id"], "day": day, "slot": "14:00", "id_number": visit.person.id_number}
    return "", f"centers/{CENTER}/appointments", body, {**body, "slot": "14:30"}


def _application(town: Town, monday: datetime) -> tuple[str, str, Json, Json]:
    visit = Visit(town, NURSE)
    visit.begin()
    body = {**visit.papers(), "ticket_id": visit.ticket["id"]}
    return "hb-clerk-13", f"centers/{CENTER}/applications", body, {**body, "delivery": "electronic"}


def _complaint(town: Town, monday: datetime) -> tuple[str, str, Json, Json]:
    body = {"text": "希望增加座椅", "anonymous": True}
    return "", f"centers/{CENTER}/complaints", body, {**body, "text": "希望增加窗口"}


def _item(town: Town, monday: datetime) -> tuple[str, str, Json, Json]:
    body = {"name": f"起草中的事项{uuid4().hex[:6]}", "coding_scheme": "free", "kind": "immediate"}
    body["department_key"] = "minzheng"
    return "hb-manager-01", f"centers/{CENTER}/items", body, {**body, "kind": "promised"}


def _staff(town: Town, monday: datetime) -> tuple[str, str, Json, Json]:
    staff: Json = {"username": f"hb-new-{uuid4().hex[:6]}", "name": "样新", "center_id": CENTER, "roles": ["clerk"]}
    staff |= {"employment": "contracted"}
    body = {"staff": staff, "password": "Tongban-New-2026"}
    return "hb-manager-01", "staff", body, {**body, "staff": {**staff, "name": "样旧"}}


@pytest.mark.parametrize("creation", [_ticket, _appointment, _application, _complaint, _item, _staff])
def test_what_is_sent_again_under_its_key_is_done_once(
    monday: datetime,
    site: LiveSite,
    town: Town,
    creation: Callable[[Town, datetime], tuple[str, str, Json, Json]],
) -> None:
    who, path, body, another = creation(town, monday)
    person = town.staff(who) if who else town.public
    headers = {"Idempotency-Key": f"try-{uuid4().hex}"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: person.ask("POST", path, json=body, headers=headers), range(4)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    before = state_of(site)
    with nothing_changes(site):
        again = person.ask("POST", path, json=body, headers=headers)
        assert (again.status_code, again.json()["id"]) == (201, answers[0].json()["id"])
        problem(person.ask("POST", path, json=another, headers=headers), 409, "idempotency_key_reused")
        for key in (b"a b", "键".encode(), b"x" * 129):
            odd = person.ask("POST", path, json=another, headers={"Idempotency-Key": key})
            problem(odd, 422, "fields_invalid")
    assert before["bus.events"] == state_of(site)["bus.events"]


def test_a_key_belongs_to_who_chose_it(monday: datetime, town: Town) -> None:
    body = {"text": "希望增加座椅", "anonymous": True, "source": "phone"}
    headers = {"Idempotency-Key": uuid4().hex}
    path = f"centers/{CENTER}/complaints"
    made = [town.staff(who).ask("POST", path, json=body, headers=headers) for who in ("hb-clerk-12", "hb-clerk-13")]
    assert {answer.status_code for answer in made} == {201}, [answer.text for answer in made]
    assert made[0].json()["id"] != made[1].json()["id"]
