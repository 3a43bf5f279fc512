"""Books that don't balance are told: what was lost on the way, and what never was."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.reconcile import GROUP, reconcile
from cli.site import Site
from kit.bus.sqlite import SqliteBus
from kit.events import Event
from kit.settings import ServiceSettings
from kit.store.sqlite import SqliteStore
from services.supervision.handlers import LINES

TOPIC = "tongban.queuing.v1"


def event(number: int) -> Event:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Event(f"e{number}", "tongban.queuing.ticket_taken.v1", "local/queuing", f"t{number}", "j", at, b"x")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Five events, of which supervision has passed and written down four."""
    made = Site(tmp_path)
    made.create_folders()
    with closing(SqliteBus(made.bus_file, made.run_dir)) as bus:
        bus.publish(TOPIC, [event(number) for number in range(4)])
        member = bus.consumer(GROUP, [TOPIC])
        for received in member.poll(5):
            member.commit(received)
        member.close()
        bus.publish(TOPIC, [event(4)])
    write(made, *(f"e{number}" for number in range(4)))
    return made


def write(site: Site, *ids: str) -> None:
    with closing(SqliteStore(site.store_file("supervision"), [LINES])) as store:
        for id in ids:
            store.insert(LINES.name, id, {})


def settings(site: Site) -> ServiceSettings:
    return ServiceSettings(data=site.data)


def test_books_that_balance_say_what_is_on_its_way(site: Site) -> None:
    with closing(SqliteStore(site.store_file("intake"), [LINES])) as store:
        store.insert(LINES.name, "x", {}, events=[event(9)])
    books = reconcile(settings(site))
    assert books.balanced
    assert (books.events, books.ahead, books.repeated, books.pending["intake"]) == (5, 1, 0, 1)
    assert "the books balance" in list(books.lines())


def test_an_event_without_its_effect_is_told(site: Site) -> None:
    with closing(SqliteBus(site.bus_file, site.run_dir)) as bus:
        bus.publish(TOPIC, [event(7)])
        member = bus.consumer(GROUP, [TOPIC])
        for received in member.poll(5):
            member.commit(received)  # as if a defect had passed them over
        member.close()
    books = reconcile(settings(site))
    assert books.lost == ["e4 tongban.queuing.ticket_taken.v1", "e7 tongban.queuing.ticket_taken.v1"]
    assert any("WRONG" in line and "e7" in line for line in books.lines())


def test_a_dead_letter_is_not_lost(site: Site) -> None:
    with closing(SqliteBus(site.bus_file, site.run_dir)) as bus:
        member = bus.consumer(GROUP, [TOPIC])
        for received in member.poll(5):
            bus.publish(f"{GROUP}.dlq", [event(4)])
            member.commit(received)
        member.close()
    assert reconcile(settings(site)).balanced


def test_an_effect_without_its_event_is_told(site: Site) -> None:
    write(site, "never")
    books = reconcile(settings(site))
    assert books.unfounded == ["never"]
    assert not books.balanced


def test_an_event_that_came_twice_changes_nothing(site: Site) -> None:
    with closing(SqliteBus(site.bus_file, site.run_dir)) as bus:
        bus.publish(TOPIC, [event(0)])
    books = reconcile(settings(site))
    assert books.balanced
    assert books.repeated == 1
