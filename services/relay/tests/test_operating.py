"""What operators see of a link and do with letters that were set aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kit import telemetry
from kit.errors import Conflict, Invalid, NotFound
from kit.events import EventEncoder
from kit.store.repository import Repository
from kit.testing import seeded_ids
from services.relay.domain.channel import Stop
from services.relay.domain.contact import Contact
from services.relay.domain.files import Way
from services.relay.domain.limits import LetterNotAllowed, Limits
from services.relay.domain.register import Settlement
from services.relay.events import TABLE
from services.relay.handlers.contacts import CONTACTS, Contacts
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import receive
from services.relay.handlers.keyring import SignatureRefused
from services.relay.handlers.operating import refuse_letter, resend_letter
from services.relay.handlers.outgoing import post
from services.relay.queries.gauges import Gauges
from services.relay.queries.operating import count_aside, list_aside, list_queue, list_traffic
from services.relay.tests.world import COUNTY, HUB, Office, join, office
from tests.contract.memory_store import MemoryStore


class NoFiles:
    """A link's files: none is wanted."""

    def wanted(self, link: str, limit: int) -> tuple[()]:
        return ()


@pytest.fixture
def hub() -> Office:
    return office(HUB, store=MemoryStore([*KINDS, CONTACTS]))


@pytest.fixture
def county(hub: Office) -> Office:
    found = office(COUNTY, seed=2)
    join(hub, found)
    return found


@pytest.fixture
def contacts(hub: Office) -> Contacts:
    return Contacts(Repository(hub.store, CONTACTS, Contact, EventEncoder(HUB, "relay", TABLE), seeded_ids()))


def carry(sender: Office, receiver: Office) -> None:
    """Everything that one has for the other arrives there."""
    lane = sender.desk.outgoing(sender.link_to(receiver.site)).key
    envelopes = [each.envelope() for each in sender.desk.envelopes.after(lane, 0, 100)]
    receive(receiver.desk, receiver.now, receiver.link_to(sender.site), envelopes)


def forbid(site: Office, peer: str, *types: str) -> None:
    link = site.link_to(peer)
    site.links.all[link.id] = replace(link, limits=Limits(letter_types=types))


def set_aside(hub: Office, county: Office) -> str:
    """A letter of a type that the hub doesn't take from the county."""
    forbid(hub, COUNTY, "figures.*")
    letter = county.letter(HUB, b"x")
    post(desk=county.desk, call=county.now, letter=letter)
    carry(county, hub)
    hub.pass_all()
    assert count_aside(desk=hub.desk) == 1
    return letter.id


class TestTraffic:
    def test_a_link_shows_what_waits_and_since_when(self, hub: Office, county: Office, contacts: Contacts) -> None:
        for _ in range(3):
            post(desk=hub.desk, call=hub.now, letter=hub.letter(COUNTY))
        link = hub.link_to(COUNTY)
        contacts.heard(hub.now, link.id, "partner", acknowledged=1, skew_ms=250)
        [traffic] = list_traffic(desk=hub.desk, files=NoFiles(), contacts=contacts)  # type: ignore[arg-type]
        assert (traffic.sent.sequence, traffic.acknowledged, traffic.backlog) == (3, 1, 2)
        assert traffic.age(hub.clock.now() + timedelta(minutes=2)) == 120
        assert [each.sequence for each in list_queue(
            desk=hub.desk, contacts=contacts, link_id=link.id, after=0, limit=10
        )] == [2, 3]  # fmt: skip

    def test_a_link_whose_peer_has_everything_has_no_age(self, hub: Office, county: Office, contacts: Contacts) -> None:
        post(desk=hub.desk, call=hub.now, letter=hub.letter(COUNTY))
        contacts.heard(hub.now, hub.link_to(COUNTY).id, "line", acknowledged=1)
        [traffic] = list_traffic(desk=hub.desk, files=NoFiles(), contacts=contacts)  # type: ignore[arg-type]
        assert (traffic.backlog, traffic.age(hub.clock.now() + timedelta(days=1))) == (0, 0.0)

    def test_a_stop_is_shown(self, hub: Office, county: Office, contacts: Contacts) -> None:
        link = hub.link_to(COUNTY)
        hub.desk.stop(hub.now, link, Stop(Way.IN, 4, "chain_forked", "aa", "bb", hub.clock.now()))
        [traffic] = list_traffic(desk=hub.desk, files=NoFiles(), contacts=contacts)  # type: ignore[arg-type]
        assert [each.code for each in traffic.stops] == ["chain_forked"]


class TestLettersAside:
    def test_a_letter_goes_on_once_its_cause_is_mended(self, hub: Office, county: Office) -> None:
        id = set_aside(hub, county)
        assert [each.id for each in list_aside(desk=hub.desk, limit=10, cursor="").items] == [id]
        forbid(hub, COUNTY, "*")
        entry = resend_letter(desk=hub.desk, call=hub.now, letter_id=id, reason="已放开该类函件")
        assert entry.state is Settlement.DELIVERED
        assert [each.letter.id for each in hub.arrived()] == [id]
        assert count_aside(desk=hub.desk) == 0

    def test_its_origin_hears_that_it_was_delivered_after_all(self, hub: Office, county: Office) -> None:
        id = set_aside(hub, county)
        forbid(hub, COUNTY, "*")
        resend_letter(desk=hub.desk, call=hub.now, letter_id=id, reason="已放开该类函件")
        carry(hub, county)
        county.pass_all()
        entry = county.desk.register.get(id)
        assert entry.state is Settlement.DELIVERED
        assert [each.settlement for each in entry.history] == [Settlement.SET_ASIDE, Settlement.DELIVERED]

    def test_it_stays_aside_while_the_cause_stays(self, hub: Office, county: Office) -> None:
        id = set_aside(hub, county)
        with pytest.raises(LetterNotAllowed):
            resend_letter(desk=hub.desk, call=hub.now, letter_id=id, reason="再试一次")
        assert count_aside(desk=hub.desk) == 1
        assert not hub.arrived()

    def test_what_an_operator_refuses_is_refused_to_its_origin(self, hub: Office, county: Office) -> None:
        id = set_aside(hub, county)
        refuse_letter(desk=hub.desk, call=hub.now, letter_id=id, reason="请改走线下渠道")
        carry(hub, county)
        county.pass_all()
        entry = county.desk.register.get(id)
        assert (entry.state, entry.code) == (Settlement.REFUSED, "refused_by_operator")
        assert entry.history[-1].message == "请改走线下渠道"

    def test_nothing_is_done_twice(self, hub: Office, county: Office) -> None:
        id = set_aside(hub, county)
        forbid(hub, COUNTY, "*")
        resend_letter(desk=hub.desk, call=hub.now, letter_id=id, reason="已放开该类函件")
        for act in (resend_letter, refuse_letter):
            with pytest.raises(Conflict) as caught:
                act(desk=hub.desk, call=hub.now, letter_id=id, reason="再来一次")
            assert caught.value.code == "letter_not_aside"
        assert len(hub.arrived()) == 1

    def test_a_reason_is_asked_for_and_a_letter_that_is_there(self, hub: Office, county: Office) -> None:
        id = set_aside(hub, county)
        with pytest.raises(Invalid):
            resend_letter(desk=hub.desk, call=hub.now, letter_id=id, reason=" ")
        with pytest.raises(NotFound):
            refuse_letter(desk=hub.desk, call=hub.now, letter_id="none", reason="理由")


class TestGauges:
    def gauges(self, hub: Office, contacts: Contacts, *silent: str) -> Gauges:
        moment = iter(range(0, 1_000_000, 1000))
        files: Any = NoFiles()
        return Gauges(hub.desk, files, contacts, lambda: frozenset(silent), hub.clock.now, lambda: float(next(moment)))

    def test_who_lets_a_reconciling_go_unanswered_is_counted_unless_by_hand(
        self, hub: Office, county: Office, contacts: Contacts
    ) -> None:
        link = hub.link_to(COUNTY).id
        assert self.gauges(hub, contacts).unanswered() == 0
        assert self.gauges(hub, contacts, link, "ended").unanswered() == 1
        contacts.heard(hub.now, link, "bundle")
        assert self.gauges(hub, contacts, link).unanswered() == 0

    def test_they_are_of_all_links_together(self, hub: Office, county: Office, contacts: Contacts) -> None:
        gauges = self.gauges(hub, contacts)
        assert (gauges.backlog(), gauges.backlog_age(), gauges.silence()) == (0, 0, 0)
        contacts.heard(hub.now, hub.link_to(COUNTY).id, "line")
        post(desk=hub.desk, call=hub.now, letter=hub.letter(COUNTY))
        county_letter = county.letter(HUB)
        post(desk=county.desk, call=county.now, letter=county_letter)
        carry(county, hub)
        hub.clock.advance(timedelta(minutes=3))
        assert (gauges.backlog(), gauges.backlog_age(), gauges.silence()) == (1, 180, 180)
        assert gauges.unpassed() == 1
        hub.pass_all()
        assert gauges.unpassed() == 0

    def test_a_bundle_is_not_expected_to_speak(self, hub: Office, county: Office, contacts: Contacts) -> None:
        contacts.heard(hub.now, hub.link_to(COUNTY).id, "bundle")
        hub.clock.advance(timedelta(days=3))
        assert self.gauges(hub, contacts).silence() == 0

    def test_a_stop_is_counted(self, hub: Office, county: Office, contacts: Contacts) -> None:
        hub.desk.stop(hub.now, hub.link_to(COUNTY), Stop(Way.OUT, 4, "chain_forked", "aa", "bb", hub.clock.now()))
        assert self.gauges(hub, contacts).stopped() == 1

    def test_a_forged_envelope_is_counted_by_its_code(
        self, hub: Office, county: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[dict[str, str]] = []
        monkeypatch.setattr(telemetry.relay_refused, "add", lambda _count, labels: told.append(labels))
        letter = county.letter(HUB)
        post(desk=county.desk, call=county.now, letter=letter)
        [envelope] = [
            each.envelope() for each in county.desk.envelopes.after(county.desk.outgoing(county.link_to(HUB)).key, 0, 9)
        ]
        with pytest.raises(SignatureRefused):
            receive(hub.desk, hub.now, hub.link_to(COUNTY), [replace(envelope, signature=b"forged" * 6)])
        assert told == [{"code": "signature_wrong"}]
