"""Cards on their way: known before they are needed, over hubs too, and never believed on a stranger's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.call import Call
from kit.clock import FixedClock
from kit.errors import TongbanError
from kit.events import EventEncoder
from kit.store.repository import Repository
from services.relay.cards import card_message
from services.relay.domain.card import CardRefused, SiteCard
from services.relay.domain.channel import Channel
from services.relay.domain.letter import CARD, Letter
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link
from services.relay.domain.proposal import Direction
from services.relay.domain.register import Entry
from services.relay.domain.route import Route
from services.relay.events import TABLE
from services.relay.handlers.desk import CHANNELS, REGISTER, ROUTES, Desk, register_keys
from services.relay.handlers.incoming import incoming_head, receive
from services.relay.handlers.introductions import Introductions, card_letter, take_card
from services.relay.handlers.kept import Envelopes
from services.relay.handlers.outgoing import next_envelopes, post
from services.relay.handlers.passing import pass_on
from services.relay.handlers.reissuing import reissue
from services.relay.tests.trust_sites import (
    ANKANG,
    HANBIN,
    SICHUAN,
    TOWNSHIP,
    TrustSite,
    fixed_clock,
    linked,
    trust_site,
)
from services.relay.tests.world import TestFiles
from tongban.relay.v1 import events_pb2


class Post:
    """A site with real keys and a real desk."""

    def __init__(self, site: TrustSite) -> None:
        self.site = site
        store, ids = site.store, site.ids
        encoder = EventEncoder(site.id, "relay", TABLE)
        self.introductions = Introductions(site.registry)
        self.files = TestFiles()
        self.desk = Desk(
            who=lambda: site.id,
            envelopes=Envelopes(store),
            channels=Repository(store, CHANNELS, Channel, encoder, ids),
            register=Repository(store, REGISTER, Entry, encoder, ids, keys=register_keys),
            routes=Repository(store, ROUTES, Route, encoder, ids),
            links=site.registry,
            keyring=site.registry.keyring,
            files=self.files,
            control={CARD: lambda *given: take_card(site.registry, *given)},
            introductions=self.introductions,
        )

    @property
    def call(self) -> Call:
        return self.site.call

    def link_to(self, peer: str) -> Link:
        link = self.site.registry.link_with(peer)
        assert link is not None
        return link

    def write(self, destination: str, journey: str = "j-1") -> str:
        letter = Letter(
            self.site.ids.new_id(self.call.now),
            self.site.id,
            destination,
            "crossing.submitted",
            1,
            journey,
            self.call.now,
            b"x",
        )
        return post(desk=self.desk, call=self.call, letter=letter).letter_id

    def arrived(self) -> list[tuple[str, str]]:
        """(origin, id) of the letters that the site was told."""
        events = [each.event for each in self.site.store.pending(1000)]
        return [
            (found.letter.origin, found.letter.id)
            for event in events
            if event.type.endswith("letter_arrived.v1")
            for found in [events_pb2.LetterArrived.FromString(event.data)]
        ]

    def aside(self) -> list[str]:
        return [each.code for each in self.desk.register.find("by_standing", standing="set_aside").items]


def carry(*posts: Post) -> None:
    """Lets everything travel that can, until nothing more does."""
    by_site = {each.site.id: each for each in posts}
    moved = True
    while moved:
        moved = False
        for each in posts:
            for link in each.site.registry.active_links():
                other = by_site[link.peer]
                there = other.site.registry.link(link.id)
                kept = next_envelopes(each.desk, link, incoming_head(other.desk, there).sequence, 100, 1 << 20)
                if kept:
                    receive(other.desk, other.call, there, [one.envelope() for one in kept])
                while pass_on(other.desk, other.call, there):
                    moved = True


@pytest.fixture
def clock() -> FixedClock:
    return fixed_clock()


@pytest.fixture
def chain(tmp_path: Path, clock: FixedClock) -> tuple[Post, Post, Post]:
    """A township, the city that is its hub, and a partner province."""
    town, hub, partner = (Post(trust_site(tmp_path, site, clock)) for site in (TOWNSHIP, ANKANG, SICHUAN))
    linked(hub.site, town.site, Direction.CHILD)
    linked(hub.site, partner.site, Direction.PARTNER)
    return town, hub, partner


def test_a_far_site_verifies_a_letter_as_its_writers_card_came_before_it(chain: tuple[Post, Post, Post]) -> None:
    town, hub, partner = chain
    first, second = town.write(SICHUAN), town.write(SICHUAN)
    open_to(partner, "*")
    carry(*chain)
    assert partner.arrived() == [(TOWNSHIP, first), (TOWNSHIP, second)]
    assert partner.site.registry.card(TOWNSHIP) == town.site.ring.card
    assert hub.arrived() == []
    assert partner.site.told().count("tongban.relay.card_learned.v1") == 1


def open_to(post_: Post, *patterns: str) -> None:
    """Lets every neighbour of a site introduce these."""
    registry = post_.site.registry
    for link in registry.active_links():
        kept = registry.links.get(link.id)
        registry.links.save(replace(kept, limits=Limits(introduces=patterns)), [], post_.call)


def test_a_partner_does_not_introduce_whom_it_may_not(chain: tuple[Post, Post, Post]) -> None:
    town, _, partner = chain
    open_to(partner, "51*")
    town.write(SICHUAN)
    carry(*chain)
    assert partner.arrived() == []
    assert sorted(partner.aside()) == ["introduction_not_allowed", "site_unknown"]


def test_a_neighbour_gets_no_card_that_it_has_and_each_new_one_once(
    chain: tuple[Post, Post, Post], clock: FixedClock
) -> None:
    town, hub, _ = chain
    town.write(ANKANG)
    assert lanes(town, ANKANG) == ["crossing.submitted"]
    assert town.introductions.announce(town.desk, town.call) == 0
    clock.advance(timedelta(days=1))
    town.site.ring.rotate(clock.now())
    assert town.introductions.announce(town.desk, town.call) == 1
    assert town.introductions.announce(town.desk, town.call) == 0
    assert Introductions(town.site.registry).announce(town.desk, town.call) == 0, "after a restart"
    assert lanes(town, ANKANG) == ["crossing.submitted", CARD]
    carry(*chain)
    assert hub.site.registry.card(TOWNSHIP) == town.site.ring.card


def lanes(post_: Post, peer: str) -> list[str]:
    return [each.type for each in next_envelopes(post_.desk, post_.link_to(peer), 0, 100, 1 << 20)]


def test_letters_go_on_through_a_rotation_and_its_end(chain: tuple[Post, Post, Post], clock: FixedClock) -> None:
    town, _, partner = chain
    open_to(partner, "*")
    letters = [town.write(SICHUAN)]
    town.site.ring.rotate(clock.now(), overlap=timedelta(days=10))
    town.introductions.announce(town.desk, town.call)
    letters.append(town.write(SICHUAN))
    carry(*chain)
    clock.advance(timedelta(days=11))
    letters.append(town.write(SICHUAN))
    carry(*chain)
    assert [id for _, id in partner.arrived()] == letters
    assert town.aside() == []
    assert {entry.state for entry in town.desk.register.find("by_journey", journey="j-1").items} == {"delivered"}


def test_a_neighbour_that_was_away_for_the_whole_overlap_is_met_by_its_hello(
    chain: tuple[Post, Post, Post], clock: FixedClock
) -> None:
    town, hub, _ = chain
    town.site.ring.rotate(clock.now(), overlap=timedelta(days=10))
    clock.advance(timedelta(days=11))
    hub.introductions.meet(hub.call, hub.link_to(TOWNSHIP), town.introductions.card())
    letter = town.write(ANKANG)
    carry(*chain)
    assert hub.arrived() == [(TOWNSHIP, letter)]


def test_a_hello_brings_no_card_of_another_and_none_that_does_not_follow(
    chain: tuple[Post, Post, Post], clock: FixedClock
) -> None:
    town, hub, partner = chain
    before = hub.site.registry.card(TOWNSHIP)
    with pytest.raises(CardRefused, match="card_of_another_site"):
        hub.introductions.meet(hub.call, hub.link_to(TOWNSHIP), partner.introductions.card())
    town.site.ring.revoke(town.site.ring.card.keys[0].id, clock.now())
    with pytest.raises(CardRefused, match="card_not_continued"):
        hub.introductions.meet(hub.call, hub.link_to(TOWNSHIP), town.introductions.card())
    assert hub.site.registry.card(TOWNSHIP) == before


def test_an_offline_neighbour_takes_everything_when_it_is_back_after_the_overlap(
    chain: tuple[Post, Post, Post], clock: FixedClock
) -> None:
    """A neighbour that was away for the whole overlap meets the new key's envelopes right behind the card."""
    town, hub, _ = chain
    letters = [town.write(ANKANG)]
    town.site.ring.rotate(clock.now(), overlap=timedelta(days=10))
    town.introductions.announce(town.desk, town.call)
    clock.advance(timedelta(days=11))
    letters.append(town.write(ANKANG))
    link, there = town.link_to(ANKANG), hub.link_to(TOWNSHIP)
    envelopes = [one.envelope() for one in next_envelopes(town.desk, link, 0, 100, 1 << 20)]
    with pytest.raises(TongbanError, match="key_unknown"):
        receive(hub.desk, hub.call, there, envelopes)
    pass_on(hub.desk, hub.call, there)
    carry(*chain)
    assert [id for _, id in hub.arrived()] == letters


def test_an_old_card_that_comes_late_changes_nothing(chain: tuple[Post, Post, Post], clock: FixedClock) -> None:
    town, hub, _ = chain
    old = signed(town, town.site.ring.card)
    town.site.ring.rotate(clock.now())
    new = signed(town, town.site.ring.card)
    take(hub, town, new)
    take(hub, town, old)
    assert hub.site.registry.card(TOWNSHIP) == town.site.ring.card


def signed(post_: Post, card: SiteCard, **changes: object) -> Letter:
    identity = replace(post_.site.ring.identity(), card=card)
    letter = replace(card_letter(identity, ANKANG, post_.call), **changes)  # type: ignore[arg-type]
    key = post_.site.registry.keyring.signing_key_id(post_.call.now)
    letter = replace(letter, key_id=key)
    return replace(letter, signature=post_.site.ring.sign(key, letter.canonical()))


def take(at: Post, over: Post, letter: Letter) -> None:
    take_card(at.site.registry, at.desk, at.call, at.link_to(over.site.id), letter)


def test_a_card_of_another_site_than_the_letters_is_refused(chain: tuple[Post, Post, Post], tmp_path: Path) -> None:
    town, hub, _ = chain
    stranger = trust_site(tmp_path, HANBIN, town.site.clock)
    payload = card_message(stranger.ring.card).SerializeToString()
    with pytest.raises(CardRefused, match="card_of_another_site"):
        take(hub, town, signed(town, town.site.ring.card, payload=payload))


def test_a_card_letter_that_another_key_signed_is_refused(chain: tuple[Post, Post, Post]) -> None:
    town, hub, _ = chain
    letter = signed(town, town.site.ring.card)
    with pytest.raises(TongbanError, match="signature_wrong"):
        take(hub, town, replace(letter, signature=bytes(64)))
    with pytest.raises(TongbanError, match="key_unknown"):
        take(hub, town, replace(letter, key_id="ed25519:0123456789abcdef"))


def test_a_hub_that_introduces_this_site_itself_is_refused(chain: tuple[Post, Post, Post]) -> None:
    town, hub, _ = chain
    with pytest.raises(CardRefused, match="own_card"):
        take(town, hub, signed(town, town.site.ring.card))


@pytest.mark.parametrize("payload", [b"", b"\xff" * 40])
def test_a_letter_without_a_card_is_refused(chain: tuple[Post, Post, Post], payload: bytes) -> None:
    town, hub, _ = chain
    with pytest.raises(TongbanError, match="card_malformed"):
        take(hub, town, signed(town, town.site.ring.card, payload=payload))


# ── Signing anew ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_waits_is_signed_anew_when_its_key_is_revoked(chain: tuple[Post, Post, Post], clock: FixedClock) -> None:
    town, hub, _ = chain
    letters = [town.write(ANKANG) for _ in range(3)]
    carry(*chain)
    letters += [town.write(ANKANG) for _ in range(130)]
    stolen = town.site.ring.card.keys[0].id
    clock.advance(timedelta(days=1))
    card = town.site.ring.revoke(stolen, clock.now())
    link, there = town.link_to(ANKANG), hub.link_to(TOWNSHIP)
    hub.site.registry.links.save(replace(there, peer_card=card), [], hub.call)
    with pytest.raises(TongbanError, match="key_revoked"):
        receive(hub.desk, hub.call, there, [next_envelopes(town.desk, link, 3, 1, 1 << 20)[0].envelope()])
    head = incoming_head(hub.desk, there)
    assert reissue(town.desk, town.call, link, head) == 130
    assert reissue(town.desk, town.call, link, head) == 0
    letters.append(town.write(ANKANG))
    carry(*chain)
    assert [id for _, id in hub.arrived()] == letters
    assert hub.aside() == []


def test_a_signing_anew_that_was_cut_off_is_done_again(
    chain: tuple[Post, Post, Post], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, hub, _ = chain
    letters = [town.write(ANKANG) for _ in range(5)]
    card = town.site.ring.revoke(town.site.ring.card.keys[0].id, clock.advance(timedelta(days=1)))
    link, there = town.link_to(ANKANG), hub.link_to(TOWNSHIP)
    hub.site.registry.links.save(replace(there, peer_card=card), [], hub.call)
    whole = Envelopes.put_signed_anew
    done: list[object] = []

    def cut_off(self: Envelopes, *given: object) -> None:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(given)
        whole(self, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Envelopes, "put_signed_anew", cut_off)
        with pytest.raises(KeyboardInterrupt):
            reissue(town.desk, town.call, link, incoming_head(hub.desk, there))
    clock.advance(timedelta(seconds=1))
    assert reissue(town.desk, town.call, link, incoming_head(hub.desk, there)) == 5
    carry(*chain)
    assert [id for _, id in hub.arrived()] == letters


def test_a_hub_that_lost_a_key_leaves_others_letters_as_they_signed_them(
    chain: tuple[Post, Post, Post], clock: FixedClock
) -> None:
    town, hub, partner = chain
    open_to(partner, "*")
    letter = town.write(SICHUAN)
    over = town.link_to(ANKANG)
    receive(
        hub.desk,
        hub.call,
        hub.link_to(TOWNSHIP),
        [each.envelope() for each in next_envelopes(town.desk, over, 0, 9, 1 << 20)],
    )
    while pass_on(hub.desk, hub.call, hub.link_to(TOWNSHIP)):
        pass
    card = hub.site.ring.revoke(hub.site.ring.card.keys[0].id, clock.advance(timedelta(days=1)))
    for other in (partner, town):
        there = other.link_to(ANKANG)
        other.site.registry.links.save(replace(there, peer_card=card), [], other.call)
    link = hub.link_to(SICHUAN)
    assert reissue(hub.desk, hub.call, link, incoming_head(partner.desk, partner.link_to(ANKANG))) == 2
    carry(*chain)
    assert partner.arrived() == [(TOWNSHIP, letter)]
