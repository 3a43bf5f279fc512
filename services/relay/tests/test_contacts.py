"""Contacts: written when they say something new, never taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kit.actor import service_actor
from kit.call import Call
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.repository import Repository
from services.relay.domain.contact import EVERY, Contact
from services.relay.handlers.contacts import CONTACTS, LATER, Contacts
from tests.contract.memory_store import MemoryStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SEEN = Contact("l", NOW, "stream", 5, NOW, version=3)


def test_an_acknowledgement_never_goes_back() -> None:
    heard = SEEN.heard(NOW + timedelta(seconds=1), "stream", acknowledged=3)
    assert (heard.acknowledged, heard.acknowledged_at) == (5, NOW)


def test_a_further_one_is_noted_with_its_time() -> None:
    heard = SEEN.heard(NOW + timedelta(seconds=1), "partner", acknowledged=9, skew_ms=-40)
    assert (heard.acknowledged, heard.acknowledged_at, heard.skew_ms) == (9, NOW + timedelta(seconds=1), -40)


def test_a_late_message_does_not_make_the_contact_older() -> None:
    assert SEEN.heard(NOW - timedelta(minutes=1), "stream").at == NOW


def test_the_same_again_is_not_worth_a_write_until_later() -> None:
    assert not SEEN.heard(NOW + EVERY / 2, "stream").is_worth_writing(SEEN)
    assert SEEN.heard(NOW + EVERY, "stream").is_worth_writing(SEEN)
    assert SEEN.heard(NOW, "bundle").is_worth_writing(SEEN)
    assert SEEN.heard(NOW, "stream", acknowledged=6).is_worth_writing(SEEN)


# ── As they are kept ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def contacts() -> Contacts:
    store = MemoryStore([CONTACTS])
    return Contacts(Repository(store, CONTACTS, Contact, EventEncoder("s", "relay", {}), Ids()))


def _at(seconds: float) -> Call:
    return Call(service_actor("relay"), NOW + timedelta(seconds=seconds))


def _acknowledged(contacts: Contacts) -> int:
    kept = contacts.of("l")
    assert kept is not None
    return kept.acknowledged


def test_acknowledgements_on_a_line_are_written_down_together(contacts: Contacts) -> None:
    contacts.heard(_at(0), "l", "line", acknowledged=1, later=True)
    for sequence in range(2, 9):
        contacts.heard(_at(sequence / 10), "l", "line", acknowledged=sequence, later=True)
    contacts.settle(_at(1), "l")
    assert _acknowledged(contacts) == 1
    contacts.settle(_at(LATER.total_seconds()), "l")
    assert _acknowledged(contacts) == 8
    kept = contacts.of("l")
    contacts.settle(_at(60), "l")
    assert contacts.of("l") == kept, "nothing is owed any more"


def test_what_is_owed_is_written_down_when_the_line_is_gone(contacts: Contacts) -> None:
    contacts.heard(_at(0), "l", "line", acknowledged=1, later=True)
    contacts.heard(_at(0.1), "l", "line", acknowledged=2, later=True)
    contacts.settle(_at(0.2), "l", at_once=True)
    assert _acknowledged(contacts) == 2


def test_a_partner_s_acknowledgement_stands_at_once(contacts: Contacts) -> None:
    for sequence in (1, 2, 3):
        contacts.heard(_at(0), "l", "partner", acknowledged=sequence)
        assert _acknowledged(contacts) == sequence


def test_what_another_replica_wrote_down_is_added_to(contacts: Contacts) -> None:
    other = Contacts(contacts.records)
    contacts.heard(_at(0), "l", "line", acknowledged=1)
    other.heard(_at(1), "l", "line", acknowledged=5)
    contacts.heard(_at(2), "l", "line", acknowledged=3)
    assert _acknowledged(contacts) == 5
