"""The partner API over the real desk: what a partner's requests do to a link, at any replica."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.repository import Repository
from kit.testing import MONDAY
from services.relay.domain.contact import Contact
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.limits import Limits
from services.relay.domain.quota import Pace
from services.relay.handlers.contacts import CONTACTS, Contacts
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import incoming_head
from services.relay.handlers.quotas import PACES
from services.relay.partner.office import DeskOffice
from services.relay.partner.replay import NONCES
from services.relay.tests.partner_office import Partner
from services.relay.tests.world import KEY, PARTNER, TestKeyring, join, office
from tests.contract.memory_store import MemoryStore

HUB = "610900.ankang"


class Side:
    """A hub with a partner that speaks HTTPS; each of its replicas is a ``Partner`` of its own."""

    def __init__(self, limits: Limits) -> None:
        self.clock = FixedClock(MONDAY)
        self.store = MemoryStore([*KINDS, CONTACTS, PACES, NONCES])
        self.hub = office(HUB, store=self.store, clock=self.clock)
        self.partner = office(PARTNER, clock=self.clock, seed=2)
        self.link = join(self.hub, self.partner)
        self.hub.links.all[self.link] = replace(self.hub.links.all[self.link], limits=limits)

    def replica(self) -> Partner:
        encoder, ids = EventEncoder(HUB, "relay", {}), Ids()
        behind = DeskOffice(
            self.hub.desk,
            _NoFiles(),  # type: ignore[arg-type]
            Contacts(Repository(self.store, CONTACTS, Contact, encoder, ids)),
            Repository(self.store, PACES, Pace, encoder, ids),
        )
        sign = lambda data: TestKeyring(PARTNER).sign(KEY, data)  # noqa: E731
        return Partner(behind, store=self.store, clock=self.clock, link=self.link, key_id=KEY, sign=sign)

    def written(self, count: int, after: Sequence[Envelope] = ()) -> list[Envelope]:
        """The partner's next envelopes."""
        lane = self.partner.desk.outgoing(self.partner.links.all[self.link])
        head = after[-1].head() if after else Head()
        found = []
        for _ in range(count):
            letter = replace(self.partner.letter(HUB), key_id=KEY)
            letter = replace(letter, signature=self.partner.keys.sign(KEY, letter.canonical()))
            envelope = lane.wrap(letter, head, KEY)
            envelope = replace(envelope, signature=self.partner.keys.sign(KEY, envelope.canonical()))
            head = envelope.head()
            found.append(envelope)
        return found

    @property
    def kept(self) -> int:
        return incoming_head(self.hub.desk, self.hub.links.all[self.link]).sequence


class _NoFiles:
    def want(self, *given: object) -> None:
        """Nothing."""

    def wanted(self, *given: object) -> list[object]:
        return []


class TestLettersAMinute:
    @pytest.fixture
    def side(self) -> Side:
        return Side(Limits(letters_per_minute=6))

    def test_above_the_links_rate_nothing_is_taken_until_it_may_be(self, side: Side) -> None:
        api = side.replica()
        letters = side.written(8)
        assert api.post(letters[:6]).status == 200
        refused = api.post(letters[6:])
        assert (refused.status, refused.code) == (429, "letter_rate_exceeded")
        assert refused.json["retryable"] is True
        assert refused.json["received"]["sequence"] == side.kept == 6
        wait = int(refused.fields["retry-after"])
        side.clock.advance(timedelta(seconds=wait - 1))
        assert api.post(letters[6:]).code == "letter_rate_exceeded"
        side.clock.advance(timedelta(seconds=1))
        assert api.post(letters[6:]).status == 200
        assert side.kept == 8

    def test_what_comes_again_is_not_counted_again(self, side: Side) -> None:
        api = side.replica()
        letters = side.written(6)
        for _ in range(3):
            assert api.post(letters).status == 200

    def test_replicas_count_together(self, side: Side) -> None:
        letters = side.written(8)
        assert side.replica().post(letters[:6]).status == 200
        assert side.replica().post(letters[6:]).code == "letter_rate_exceeded"

    def test_more_than_a_minutes_worth_at_once_is_made_up_for(self, side: Side) -> None:
        api = side.replica()
        letters = side.written(13)
        assert api.post(letters[:12]).status == 200
        side.clock.advance(timedelta(seconds=60))
        assert api.post(letters[12:]).code == "letter_rate_exceeded"
        side.clock.advance(timedelta(seconds=10))
        assert api.post(letters[12:]).status == 200

    def test_a_link_without_a_rate_takes_all(self) -> None:
        side = Side(Limits())
        assert side.replica().post(side.written(50)).status == 200


def test_a_request_that_one_replica_has_answered_no_other_answers() -> None:
    side = Side(Limits())
    one, other = side.replica(), side.replica()
    path = f"/partner/v1/links/{side.link}"
    fields = one.signed("GET", path, {})
    assert one.send("GET", path, b"", fields).status == 200
    assert other.send("GET", path, b"", fields).code == "signature_replayed"
