"""Who may not is refused and changes nothing: bad tokens, wrong passwords, roles, centers, departments, ID numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from stdnum.cn import ric

from cli.sample.people import SAMPLE_PASSWORD
from gateway.citizens import session_serializer
from tests.integration.checks import nothing_changes, problem
from tests.integration.conftest import BEIJING, working_days
from tests.integration.people import Json, Person, Town
from tests.integration.site import LiveSite
from tests.integration.visits import CENTER, DISABILITY, NURSE, Visit

NO_ID = "00000000-0000-0000-0000-000000000000"


def numbered(body: str) -> str:
    """An ID number with its right check digit (GB 11643)."""
    return body + ric.calc_check_digit(body + "0")


RIGHT = numbered("99010119900101123")
APPLICANT = {"name": "例某", "id_type": "resident_id", "id_number": RIGHT}


def bearer(town: Town, token: str) -> Person:
    return Person(town.public.client, token)


def test_a_token_that_is_none_or_foreign_or_over_opens_nothing(monday: datetime, site: LiveSite, town: Town) -> None:
    leaving = town.public.post("sessions", {"username": "hb-clerk-14", "password": SAMPLE_PASSWORD})["token"]
    assert bearer(town, leaving).get("sessions/current")["window_id"] is not None
    assert bearer(town, leaving).ask("DELETE", "sessions/current").status_code == 204
    path = "windows/610902-14/open"
    with nothing_changes(site):
        problem(bearer(town, leaving).ask("POST", path), 401, "session_expired")
        # Nobody learns whether a token was ever good.
        problem(bearer(town, "x" * 43).ask("POST", path), 401, "session_expired")
        problem(bearer(town, "citizen.not.a.token").ask("POST", path), 401, "session_invalid")
        for header in ("Bearer", "Basic aGI6aGI=", "x" * 43):
            answer = town.public.ask("POST", path, headers={"Authorization": header})
            problem(answer, 401, "token_invalid")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        # A bad token isn't taken for none: what is open to everybody is refused with it, too.
        problem(bearer(town, "x" * 43).ask("GET", f"centers/{CENTER}"), 401, "session_expired")


@pytest.mark.parametrize(
    ("secret", "age", "code"),
    [("the site's", timedelta(seconds=-1), "session_expired"), ("another's", timedelta(hours=1), "session_invalid")],
)
def test_a_citizens_token_that_is_over_or_signed_elsewhere_is_refused(
    site: LiveSite, town: Town, secret: str, age: timedelta, code: str
) -> None:
    site_secret = site.files.site_secret_file.read_bytes().strip() if secret == "the site's" else b"another"
    claims = {"sub": "0" * 32, "name": "例*", "sid": "1", "exp": int((datetime.now(UTC) + age).timestamp())}
    token = "citizen." + str(session_serializer(site_secret).dumps(claims))
    with nothing_changes(site):
        problem(bearer(town, token).ask("GET", f"centers/{CENTER}/applications"), 401, code)


def test_a_wrong_password_opens_nothing_and_many_lock_the_account(monday: datetime, site: LiveSite, town: Town) -> None:
    right = {"username": "hb-clerk-15", "password": SAMPLE_PASSWORD}
    wrong = {**right, "password": "Tongban-2027"}
    with nothing_changes(site):
        known = problem(town.public.ask("POST", "sessions", json=wrong), 401, "sign_in_failed")
        unknown = town.public.ask("POST", "sessions", json={**wrong, "username": "nobody-here"})
        said = problem(unknown, 401, "sign_in_failed")
    assert known["detail"] == said["detail"], "an unknown name is answered like a wrong password"
    for _ in range(10):
        problem(town.public.ask("POST", "sessions", json=wrong), 401, "sign_in_failed")
    problem(town.public.ask("POST", "sessions", json=right), 401, "sign_in_failed")


@pytest.mark.parametrize(
    ("who", "method", "path", "body"),
    [
        ("hb-manager-01", "POST", "windows/610902-13/call-next", None),
        ("hb-clerk-13", "PUT", f"centers/{CENTER}/policy/recall_limit", {"value": 9}),
        ("hb-clerk-13", "POST", f"centers/{CENTER}/close-day", {}),
        ("hb-clerk-13", "POST", f"cases/{NO_ID}/decide", {"outcome": "approved"}),
        ("hb-reviewer-01", "POST", f"cases/{NO_ID}/decide", {"outcome": "approved"}),
        ("hb-approver-01", "POST", f"applications/{NO_ID}/accept", None),
        ("hb-clerk-13", "GET", f"centers/{CENTER}/complaints", None),
        ("hb-clerk-13", "GET", f"centers/{CENTER}/tally", None),
        ("hb-supervisor-01", "POST", f"centers/{CENTER}/applications", {"item_id": NO_ID, "applicant": APPLICANT}),
        ("hb-chief-01", "POST", f"items/{NO_ID}/versions/1/publish", None),
    ],
)
def test_a_role_that_may_not_is_refused(
    monday: datetime, site: LiveSite, town: Town, who: str, method: str, path: str, body: Json | None
) -> None:
    person = town.staff(who)
    with nothing_changes(site):
        problem(person.ask(method, path, json=body), 403, "role_not_allowed")
        problem(town.public.ask(method, path, json=body), 401, "sign_in_required")


def test_staff_of_another_center_are_refused(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, NURSE)
    case = visit.accepted()
    clerk, manager = town.staff("hk-clerk-02"), town.staff("hk-manager-01")
    supervisor, chief = town.staff("hk-supervisor-01"), town.staff("hk-chief-01")
    refused: list[tuple[Person, str, str, Json | None]] = [
        (clerk, "POST", f"windows/{visit.window}/open", None),
        (clerk, "POST", f"tickets/{visit.ticket['id']}/finish", None),
        (clerk, "POST", f"applications/{visit.application['id']}/accept", None),
        (clerk, "GET", f"applications/{visit.application['id']}", None),
        (clerk, "GET", f"centers/{CENTER}/applications", None),
        (clerk, "POST", f"applications/{visit.application['id']}/applicant", {"purpose": "核对"}),
        (chief, "POST", f"cases/{case['id']}/claim", None),
        (clerk, "GET", f"cases/{case['id']}", None),
        (manager, "GET", f"centers/{CENTER}/staff", None),
        (manager, "GET", f"centers/{CENTER}/tickets", None),
        (manager, "PUT", f"centers/{CENTER}/policy/recall_limit", {"value": 9}),
        (manager, "POST", f"centers/{CENTER}/close-day", {}),
        (supervisor, "GET", f"centers/{CENTER}/complaints", None),
        (supervisor, "GET", f"centers/{CENTER}/cards", None),
        (supervisor, "GET", f"centers/{CENTER}/tally", None),
    ]
    with nothing_changes(site):
        for person, method, path, body in refused:
            problem(person.ask(method, path, json=body), 403, "center_not_allowed")


def test_staff_of_another_department_are_refused(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, DISABILITY)
    case = visit.accepted()
    stranger, elsewhere = town.officer(CENTER, "reviewer", "minzheng"), town.staff("hb-clerk-12")
    with nothing_changes(site):
        problem(stranger.ask("POST", f"cases/{case['id']}/claim"), 403, "step_not_allowed")
        problem(stranger.ask("GET", f"cases/{case['id']}"), 403, "department_not_allowed")
        path = f"applications/{visit.application['id']}/applicant"
        problem(stranger.ask("POST", path, json={"purpose": "核对"}), 403, "department_not_allowed")
        problem(elsewhere.ask("POST", f"windows/{visit.window}/call-next"), 403, "window_not_yours")
        problem(elsewhere.ask("POST", f"tickets/{visit.ticket['id']}/finish"), 403, "ticket_not_yours")


WRONG_NUMBERS = {
    "check digit": RIGHT[:17] + ("0" if RIGHT[17] != "0" else "1"),
    "two digits changed places": RIGHT[:14] + RIGHT[15] + RIGHT[14] + RIGHT[16:],
    "thirteenth month": numbered("99010119901301123"),
    "thirtieth of February": numbered("99010119900230123"),
    "born in the future": numbered("99010129990101123"),
    "born before anybody who is alive": numbered("99010118991231123"),
}


@pytest.mark.parametrize("number", WRONG_NUMBERS.values(), ids=WRONG_NUMBERS)
def test_an_id_number_with_a_wrong_check_digit_or_birthday_is_refused(
    monday: datetime, site: LiveSite, town: Town, number: str
) -> None:
    visit = Visit(town, NURSE)
    citizen = town.signed_in(visit.person)
    application = visit.papers()
    application["applicant"]["id_number"] = number
    day = working_days(town, monday.astimezone(BEIJING).date() + timedelta(days=1))[0].isoformat()

    def refused(answer: httpx.Response) -> None:
        assert number not in answer.text, "what was typed isn't repeated"
        problem(answer, 422, "id_number_invalid")

    with nothing_changes(site):
        ticket = {"item_id": visit.guide["id"], "id_number": number}
        refused(town.public.ask("POST", f"centers/{CENTER}/tickets", json=ticket))
        booking = {"item_id": visit.guide["id"], "id_number": number, "day": day, "slot": "09:30"}
        refused(town.public.ask("POST", f"centers/{CENTER}/appointments", json=booking))
        refused(citizen.ask("POST", f"centers/{CENTER}/applications", json=application))
        refused(town.public.ask("POST", "citizen/codes", json={"id_number": number, "name": "例某"}))


def test_who_is_on_leave_opens_no_window_until_it_is_ended(monday: datetime, site: LiveSite, town: Town) -> None:
    manager, clerk = town.staff("hb-manager-01"), town.staff("hb-clerk-16")
    listed = manager.get(f"centers/{CENTER}/staff", limit=200)["items"]
    instead = next(each for each in listed if each["username"] == "hb-clerk-15")
    leave = {
        "kind": "leave",
        "substitute_id": instead["id"],
        "first_day": monday.astimezone(BEIJING).date().isoformat(),
        "reason": "公休",
    }
    cover = clerk.post("covers", leave)
    with nothing_changes(site):
        refused = clerk.ask("POST", "windows/610902-14/open")
        problem(refused, 403, "staff_on_leave")
        assert instead["name"] in refused.json()["detail"]
        problem(clerk.ask("POST", "windows/610902-14/call-next"), 403, "staff_on_leave")
    clerk.post(f"covers/{cover['id']}/end")
    assert clerk.post("windows/610902-14/open")["state"] == "open"
    clerk.post("windows/610902-14/close", {"reason": "下班"})
