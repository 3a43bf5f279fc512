"""After a theft: a card that the root key signed is believed at once, however it comes; any other that no known key signed
waits for people."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.sealing import SealingOpener
from kit.signing import RawSigner, generate_key
from kit.store.repository import Repository
from services.relay.cards import card_message, file_text
from services.relay.domain.card import CardRefused, SiteCard
from services.relay.domain.contact import Contact
from services.relay.domain.issuing import behind, with_revoked, with_root
from services.relay.domain.keys import KeyRefused, SiteKey, key_id
from services.relay.domain.quota import Pace
from services.relay.handlers.bundles import Bundles, export_bundle, import_bundle
from services.relay.handlers.contacts import CONTACTS, Contacts
from services.relay.handlers.incoming import incoming_head
from services.relay.handlers.quotas import PACES
from services.relay.partner.office import DeskOffice
from services.relay.partner.reconciling import RUNS
from services.relay.partner.replay import NONCES
from services.relay.partner.wire import read_envelopes
from services.relay.tests.partner_office import Partner
from services.relay.tests.test_introductions import Post
from services.relay.tests.trust_sites import HANBIN, SICHUAN, Ring, TrustSite, fixed_clock, linked, trust_site
from tests.contract.memory_store import MemoryStore

HOUR = timedelta(hours=1)


class Root:
    """A root key in a safe."""

    def __init__(self, now: object) -> None:
        self.signer = RawSigner(generate_key()[0])
        self.key = SiteKey(key_id("ed25519", self.signer.public), self.signer.public, now)  # type: ignore[arg-type]

    def sign(self, ring: Ring, card: SiteCard) -> SiteCard:
        ring.card = card.signed_with(ring.sign).countersigned(self.signer.sign)
        return ring.card


@pytest.fixture
def clock() -> FixedClock:
    return fixed_clock()


@pytest.fixture
def root(clock: FixedClock) -> Root:
    return Root(clock.now())


@pytest.fixture
def pair(tmp_path: Path, clock: FixedClock, root: Root) -> tuple[Post, Post]:
    """Hanbin, which has a root key, and a neighbour that knows it by it."""
    one, other = trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)
    root.sign(one.ring, with_root(one.ring.card, root.key, clock.now()))
    linked(one, other)
    return Post(one), Post(other)


def after_theft(site: TrustSite, root: Root | None, above: int = 0) -> SiteCard:
    """The site revokes its one key; a new one takes its place."""
    now, ring = site.clock.now(), site.ring
    card = behind(with_revoked(ring.card, ring.card.keys[0].id, now, now, ring.new_key(now)), above)
    return ring.issue(card) if root is None else root.sign(ring, card)


def meet(other: Post, card: SiteCard) -> SiteCard:
    """The other site hears of a card; the one that it knows then."""
    registry = other.site.registry
    link = registry.link_with(card.site)
    assert link is not None
    other.introductions.meet(other.site.call, link, card_message(card).SerializeToString())
    found = registry.link_with(card.site)
    assert found is not None
    return found.peer_card


def test_a_card_that_the_root_key_signed_is_believed(pair: tuple[Post, Post], root: Root, clock: FixedClock) -> None:
    one, other = pair
    clock.advance(HOUR)
    card = after_theft(one.site, root)
    assert meet(other, card) == card


def test_without_it_people_have_to_compare(pair: tuple[Post, Post], clock: FixedClock) -> None:
    one, other = pair
    clock.advance(HOUR)
    with pytest.raises(CardRefused, match="card_not_continued"):
        meet(other, after_theft(one.site, None))


def test_what_a_thief_has_issued_meanwhile_is_overtaken(pair: tuple[Post, Post], root: Root, clock: FixedClock) -> None:
    one, other = pair
    clock.advance(HOUR)
    thief = Ring(one.site.ring.card, dict(one.site.ring.signers))
    forged = thief.rotate(clock.now())
    assert meet(other, forged) == forged, "the stolen key was trusted"
    card = after_theft(one.site, root, above=forged.serial)
    assert meet(other, card) == card
    with pytest.raises(KeyRefused, match="key_unknown"):
        other.desk.keyring.verify(HANBIN, forged.keys[-1].id, b"x", thief.sign(forged.keys[-1].id, b"x"), clock.now())


def test_no_key_puts_another_root_in_its_place(pair: tuple[Post, Post], root: Root, clock: FixedClock) -> None:
    one, other = pair
    clock.advance(HOUR)
    mine = Root(clock.now())
    thief = Ring(one.site.ring.card, dict(one.site.ring.signers))
    for changed in (mine.key, None):
        card = thief.issue(with_root(one.site.ring.card, changed, clock.now()))
        with pytest.raises(CardRefused, match="card_root_changed"):
            meet(other, card)
    forged = after_theft(one.site, None)
    false = replace(forged.signatures[0], key_id=root.key.id)
    with pytest.raises(CardRefused, match="card_signature_wrong"):
        meet(other, replace(forged, signatures=(*forged.signatures, false)))


class NoFiles:
    """No letter here has files."""

    def want(self, *given: object) -> None:
        """Nothing."""

    def wanted(self, *given: object) -> list[object]:
        return []


class Door:
    """A site as partners and carriers of bundles meet it."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.kept = MemoryStore([CONTACTS, PACES, NONCES, RUNS])
        site, self.desk = post.site, post.desk
        encoder, ids = EventEncoder(site.id, "relay", {}), site.ids
        self.contacts = Contacts(Repository(self.kept, CONTACTS, Contact, encoder, ids))
        self.office = DeskOffice(
            self.desk,
            NoFiles(),  # type: ignore[arg-type]
            self.contacts,
            Repository(self.kept, PACES, Pace, encoder, ids),
            _Quiet(),  # type: ignore[arg-type]
            ids.new_id,
            lambda: site.call,
        )

    def bundles(self) -> Bundles:
        def openers() -> Mapping[str, SealingOpener]:
            return self.post.site.ring.openers

        return Bundles(self.desk, NoFiles(), self.contacts, openers)  # type: ignore[arg-type]

    def link(self, peer: str) -> str:
        link = self.post.site.registry.link_with(peer)
        assert link is not None
        return link.id

    def say(self, peer: str, count: int) -> None:
        for _ in range(count):
            self.post.write(peer)


class _Quiet:
    def heard(self, *given: object) -> None:
        """No nights here."""


def test_a_bundle_brings_the_card_and_what_waits_signed_anew(
    pair: tuple[Post, Post], root: Root, clock: FixedClock
) -> None:
    one, other = Door(pair[0]), Door(pair[1])
    one.say(SICHUAN, 2)
    first = io.BytesIO()
    export_bundle(bundles=one.bundles(), call=one.post.site.call, link_id=one.link(SICHUAN), file=first)
    came = import_bundle(bundles=other.bundles(), call=other.post.site.call, file=first).head
    one.say(SICHUAN, 2)
    clock.advance(HOUR)
    after_theft(one.post.site, root)
    second = io.BytesIO()
    export_bundle(
        bundles=one.bundles(), call=one.post.site.call, link_id=one.link(SICHUAN), file=second, anew_behind=came
    )
    told = import_bundle(bundles=other.bundles(), call=other.post.site.call, file=second)
    link = other.post.site.registry.link(other.link(HANBIN))
    assert link.peer_card == one.post.site.ring.card
    assert told.head == incoming_head(other.desk, link).sequence >= came + 2


def test_a_bundle_with_a_card_that_nobody_believes_is_refused(pair: tuple[Post, Post], clock: FixedClock) -> None:
    one, other = Door(pair[0]), Door(pair[1])
    clock.advance(HOUR)
    after_theft(one.post.site, None)
    file = io.BytesIO()
    export_bundle(bundles=one.bundles(), call=one.post.site.call, link_id=one.link(SICHUAN), file=file)
    with pytest.raises(KeyRefused, match="key_unknown"):
        import_bundle(bundles=other.bundles(), call=other.post.site.call, file=file)


class TestPartners:
    """Hanbin speaks HTTPS to Sichuan's site."""

    def partner(self, one: Post, other: Door, clock: FixedClock) -> Partner:
        ring = one.site.ring
        key = ring.card.keys[-1].id
        return Partner(
            other.office, store=other.kept, clock=clock, link=other.link(HANBIN), key_id=key,
            sign=lambda data: ring.sign(key, data),
        )  # fmt: skip

    def put(self, partner: Partner, card: SiteCard) -> object:
        body = file_text(card_message(card)).encode()
        return partner.ask("PUT", f"/partner/v1/links/{partner.link}/card", body)

    def test_a_card_that_the_root_key_signed_comes_by_a_request_that_the_new_key_signs(
        self, pair: tuple[Post, Post], root: Root, clock: FixedClock
    ) -> None:
        one, other = pair[0], Door(pair[1])
        clock.advance(HOUR)
        card = after_theft(one.site, root)
        partner = self.partner(one, other, clock)
        stand = f"/partner/v1/links/{partner.link}"
        assert partner.ask("GET", stand).code == "key_unknown"
        for _ in range(2):
            reply = self.put(partner, card)
            assert (reply.status, reply.json["serial"]) == (200, card.serial)  # type: ignore[attr-defined]
        assert partner.ask("GET", stand).status == 200

    def test_a_card_that_nobody_believes_waits_for_people(self, pair: tuple[Post, Post], clock: FixedClock) -> None:
        one, other = pair[0], Door(pair[1])
        clock.advance(HOUR)
        card = after_theft(one.site, None)
        reply = self.put(self.partner(one, other, clock), card)
        assert (reply.status, reply.code) == (403, "card_not_continued")  # type: ignore[attr-defined]

    def test_a_stranger_does_not_bring_a_true_card(
        self, pair: tuple[Post, Post], root: Root, clock: FixedClock
    ) -> None:
        one, other = pair[0], Door(pair[1])
        clock.advance(HOUR)
        card = after_theft(one.site, root)
        partner = self.partner(one, other, clock)
        partner.sign = lambda data: RawSigner(generate_key()[0]).sign(data)
        assert self.put(partner, card).code == "signature_wrong"  # type: ignore[attr-defined]

    def test_a_partner_fetches_our_card_and_what_waits_is_signed_anew_for_its_poll(
        self, pair: tuple[Post, Post], clock: FixedClock
    ) -> None:
        one, other = pair[0], Door(pair[1])
        partner = self.partner(one, other, clock)
        other.say(HANBIN, 2)
        came = read_envelopes(partner.ask("GET", f"/partner/v1/links/{partner.link}/envelopes").content)
        other.say(HANBIN, 2)
        clock.advance(HOUR)
        stolen = other.post.site.ring.card.keys[0].id
        mine = after_theft(other.post.site, None)
        shown = partner.ask("GET", f"/partner/v1/links/{partner.link}/card")
        assert shown.json["site_card"]["serial"] == str(mine.serial)
        after = came[-1].sequence
        rest = read_envelopes(partner.ask("GET", f"/partner/v1/links/{partner.link}/envelopes?after={after}").content)
        assert rest[0].previous == came[-1].head().digest
        assert stolen not in {each.key_id for each in rest} | {each.letter.key_id for each in rest}
