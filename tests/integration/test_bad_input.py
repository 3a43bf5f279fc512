"""What can't be meant gets its documented problem and changes nothing: things unknown, times, people, numbers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.integration.checks import nothing_changes, problem
from tests.integration.conftest import BEIJING, working_days
from tests.integration.people import Json, Town
from tests.integration.site import LiveSite
from tests.integration.visits import CENTER, HYGIENE, NURSE, TOWNSHIP, Visit, at

NO_ID = "00000000-0000-0000-0000-000000000000"
NO_CODE = "aaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture(scope="module")
def guide(town: Town) -> Json:
    """A published item."""
    return Visit(town, NURSE).guide


@pytest.fixture(scope="module")
def draft(town: Town) -> Json:
    """An item that nobody has published."""
    body = {
        "name": "尚未发布的事项",
        "coding_scheme": "free",
        "kind": "promised",
        "department_key": "minzheng",
        "lane": "welfare",
    }
    return town.staff("hb-manager-01").post(f"centers/{CENTER}/items", body)


# ── What isn't there ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "code"),
    [
        ("", "POST", "centers/999999/tickets", {"item_id": NO_ID}, "center_unknown"),
        ("", "GET", "centers/999999", None, "center_unknown"),
        ("", "GET", "centers/999999/items", None, "center_unknown"),
        ("", "GET", "centers/999999/windows", None, "center_unknown"),
        ("", "GET", "centers/999999/board", None, "center_unknown"),
        ("", "GET", "centers/999999/calendar", None, "center_unknown"),
        ("", "GET", "centers/999999/deadline?from=2026-11-23&days=5", None, "center_unknown"),
        ("", "POST", "centers/999999/complaints", {"text": "投诉"}, "center_unknown"),
        ("", "POST", f"centers/{CENTER}/tickets", {"item_id": NO_ID}, "item_unknown"),
        ("", "GET", f"items/{NO_ID}", None, "item_unknown"),
        ("", "GET", f"tickets/{NO_CODE}", None, "ticket_not_found"),
        ("", "POST", f"tickets/{NO_CODE}/cancel", None, "ticket_not_found"),
        ("", "GET", f"applications/{NO_CODE}", None, "application_not_found"),
        ("", "GET", f"cases/{NO_CODE}", None, "case_not_found"),
        ("", "GET", f"evaluations/{NO_CODE}", None, "invitation_not_found"),
        ("", "POST", f"evaluations/{NO_CODE}", {"level": "satisfied"}, "invitation_not_found"),
        ("", "GET", f"complaints/{NO_CODE}", None, "complaint_not_found"),
        ("", "POST", f"appointments/{NO_CODE}/cancel", None, "appointment_not_found"),
        ("", "GET", f"journeys/{NO_ID}?code={NO_CODE}", None, "journey_not_found"),
        ("", "GET", "nowhere", None, "route_unknown"),
        ("hb-clerk-13", "POST", "windows/610902-99/call-next", None, "window_unknown"),
        ("hb-clerk-13", "POST", f"tickets/{NO_ID}/start", None, "ticket_not_found"),
        ("hb-clerk-13", "POST", f"applications/{NO_ID}/accept", None, "application_not_found"),
        ("hb-chief-01", "POST", f"cases/{NO_ID}/claim", None, "case_not_found"),
        ("hb-supervisor-01", "POST", f"complaints/{NO_ID}/close", None, "complaint_not_found"),
        ("hb-supervisor-01", "GET", f"rectifications/{NO_ID}", None, "rectification_not_found"),
        ("hb-manager-01", "GET", f"staff/{NO_ID}", None, "staff_not_found"),
        ("hb-manager-01", "PUT", f"centers/{CENTER}/policy/no_such_setting", {"value": 1}, "policy_key_unknown"),
    ],
)
def test_what_is_unknown_is_not_found(
    monday: datetime, site: LiveSite, town: Town, who: str, method: str, path: str, body: Json | None, code: str
) -> None:
    person = town.staff(who) if who else town.public
    with nothing_changes(site):
        problem(person.ask(method, path, json=body), 404, code)


def test_an_unknown_item_can_not_be_applied_for(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, NURSE)
    citizen = town.signed_in(visit.person)
    with nothing_changes(site):
        answer = citizen.ask("POST", f"centers/{CENTER}/applications", json={**visit.papers(), "item_id": NO_ID})
        problem(answer, 404, "item_unknown")


def test_an_item_that_is_not_published_is_only_for_those_who_work_on_it(
    monday: datetime, site: LiveSite, town: Town, draft: Json
) -> None:
    visit = Visit(town, NURSE)
    citizen = town.signed_in(visit.person)
    application = {**visit.papers(), "item_id": draft["id"], "materials": []}
    with nothing_changes(site):
        ticket = town.public.ask("POST", f"centers/{CENTER}/tickets", json={"item_id": draft["id"]})
        problem(ticket, 409, "item_not_published")
        problem(citizen.ask("POST", f"centers/{CENTER}/applications", json=application), 409, "item_not_published")
        problem(town.public.ask("GET", f"items/{draft['id']}"), 409, "item_not_published")
        problem(town.public.ask("GET", f"items/{draft['id']}?version=1"), 401, "sign_in_required")
        problem(town.public.ask("GET", f"centers/{CENTER}/items", params={"state": "draft"}), 401, "sign_in_required")
        other = town.public.ask("POST", f"centers/{TOWNSHIP}/tickets", json={"item_id": visit.guide["id"]})
        problem(other, 404, "item_unknown")


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_number_is_given_outside_opening_hours(site: LiveSite, town: Town, guide: Json) -> None:
    today = site.now.astimezone(BEIJING).date()
    body = {"item_id": guide["id"]}
    tomorrow, then = working_days(town, today + timedelta(days=1))[:2]
    for hour, minute in ((8, 59), (12, 0), (17, 0), (23, 59)):
        site.advance_to(datetime(tomorrow.year, tomorrow.month, tomorrow.day, hour, minute, tzinfo=BEIJING))
        with nothing_changes(site):
            said = problem(town.public.ask("POST", f"centers/{CENTER}/tickets", json=body), 409, "center_closed")
        assert said["details"]["next_opening"].startswith(f"{then:%Y}")
    weekend = next(
        day
        for day in (tomorrow + timedelta(days=ahead) for ahead in range(1, 15))
        if day not in working_days(town, tomorrow)
    )
    site.advance_to(datetime(weekend.year, weekend.month, weekend.day, 10, tzinfo=BEIJING))
    with nothing_changes(site):
        problem(town.public.ask("POST", f"centers/{CENTER}/tickets", json=body), 409, "center_closed")


@pytest.mark.parametrize("year", [1986, 2031, 2088])
def test_a_deadline_in_a_year_that_is_not_published_is_provisional(town: Town, year: int) -> None:
    for unit in ("working_day", "working_hour"):
        found = town.public.get(f"centers/{CENTER}/deadline", **{"from": f"{year}-03-02", "days": 9, "unit": unit})
        assert found["provisional"]
        assert at(found["due_at"]).year == year


def test_a_case_that_runs_into_such_a_year_is_provisional_too(monday: datetime, town: Town) -> None:
    visit = Visit(town, HYGIENE)
    local = monday.astimezone(BEIJING)
    promised, statutory = (
        town.public.get(
            f"centers/{CENTER}/deadline", **{"from": f"{local:%Y-%m-%d}", "days": visit.guide[limit]["amount"]}
        )
        for limit in ("promised_limit", "statutory_limit")
    )
    case = visit.accepted()
    # Late in a year the law's limit is the first to reach into the next one.
    provisional = promised["provisional"] or statutory["provisional"]
    assert (at(case["due_at"]), case["due_provisional"]) == (at(promised["due_at"]), provisional)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-02-30", "days": 5},
        {"from": "2026-11-23T25:00:00Z", "days": 5},
        {"from": "0000-01-01", "days": 5},
        {"from": "tomorrow", "days": 5},
        {"from": "2026-11-23", "days": -1},
        {"from": "2026-11-23", "days": 3661},
        {"from": "2026-11-23", "days": "five"},
        {"from": "2026-11-23", "days": 5, "unit": "fortnight"},
        {"days": 5},
        {"from": "2026-11-23", "days": 5, "surprise": 1},
    ],
)
def test_a_date_that_is_none_is_refused(site: LiveSite, town: Town, query: Json) -> None:
    with nothing_changes(site):
        problem(town.public.ask("GET", f"centers/{CENTER}/deadline", params=query), 422, "fields_invalid")


@pytest.mark.parametrize(("day", "code"), [("0001-01-01", "fields_invalid"), ("9999-12-31", "date_out_of_range")])
def test_a_date_beyond_every_calendar_is_refused(site: LiveSite, town: Town, day: str, code: str) -> None:
    with nothing_changes(site):
        answer = town.public.ask("GET", f"centers/{CENTER}/deadline", params={"from": day, "days": 30})
        problem(answer, 422, code)
