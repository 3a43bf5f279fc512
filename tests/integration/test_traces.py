"""What a whole run leaves behind: who came stands in no log and no event, and in full only where papers are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from cli.sample.load import load_federation
from cli.sample.people import SAMPLE_PASSWORD, staff_of
from cli.stores import reading
from tests.integration.hostile import HOSTILE
from tests.integration.people import Town
from tests.integration.site import SERVICES, LiveSite
from tests.integration.visits import CENTER, NURSE, Visit

#: Which stores may hold what in full (convention 13): papers need the applicant, a call-back the complainant.
KEEPS_ID_NUMBERS = {"intake"}
KEEPS_PHONES = {"intake", "complaint"}


@pytest.fixture(scope="module")
def visit(site: LiveSite, town: Town, monday_of_module: datetime) -> Visit:
    """One visit at the least, with something refused, so that there is something to look for."""
    visit = Visit(town, NURSE)
    visit.hand_in()
    visit.upload()
    visit.clerk.post(f"applications/{visit.application['id']}/applicant", {"purpose": "核对身份"})
    body = {"text": HOSTILE, "name": visit.person.name, "phone": visit.person.phone}
    town.public.post(f"centers/{CENTER}/complaints", body)
    again = {"item_id": visit.guide["id"], "id_number": visit.person.id_number}
    assert town.public.ask("POST", f"centers/{CENTER}/tickets", json=again).status_code == 409
    town.public.ask("GET", f"tickets/{visit.person.id_number}")
    town.public.ask("GET", f"centers/{CENTER}/items", params={"query": visit.person.name})
    town.public.ask("POST", "sessions", json={"username": visit.person.name, "password": SAMPLE_PASSWORD})
    site.settle()
    return visit


def found(texts: Iterable[str], where: bytes) -> list[str]:
    return [text for text in texts if text.encode() in where]


def test_no_log_names_anybody_or_anything_that_they_typed(site: LiveSite, town: Town, visit: Visit) -> None:
    logs = [*site.files.log_dir.iterdir(), site.files.audit_file, site.data.with_name("up.log")]
    assert len(logs) >= len(SERVICES) + 3
    everybody = [text for each in town.came for text in (each.name, each.id_number, each.phone)]
    staff = [each.name for each in staff_of(load_federation())]
    for log in logs:
        content = log.read_bytes()
        assert not found([*everybody, *staff, *town.given, HOSTILE], content), log.name
        if log != site.data.with_name("up.log"):  # which tells the sample's password to whoever starts it
            assert SAMPLE_PASSWORD.encode() not in content, log.name
    access = (site.files.log_dir / "gateway.log").read_text()
    assert "POST /api/v1/centers/<center>/tickets 201" in access, "the log was written"


def test_no_log_tells_of_an_accident(site: LiveSite, visit: Visit) -> None:
    for log in site.files.log_dir.iterdir():
        assert "Traceback" not in log.read_text(), log.name
    assert not site.dead_letters()


def rows(path: Path) -> bytes:
    """Everything in a store or the bus, as it was written."""
    content = []
    with reading(path) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f"SELECT * FROM {name}").fetchall():
                content += [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]
    return b"\n".join(content)


def test_who_came_is_kept_in_full_only_where_it_is_needed(site: LiveSite, town: Town, visit: Visit) -> None:
    numbers, phones = [each.id_number for each in town.came], [each.phone for each in town.came]
    assert visit.person.id_number.encode() in rows(site.files.store_file("intake")), "the search finds what is there"
    assert visit.person.phone.encode() in rows(site.files.store_file("complaint"))
    for name in SERVICES:
        content = rows(site.files.store_file(name))
        assert name in KEEPS_ID_NUMBERS or not found(numbers, content), name
        assert name in KEEPS_PHONES or not found(phones, content), name


def test_no_event_carries_anybody_in_full(site: LiveSite, town: Town, visit: Visit) -> None:
    events = rows(site.files.bus_file)
    assert visit.journey.encode() in events
    assert not found([text for each in town.came for text in (each.name, each.id_number, each.phone)], events)
