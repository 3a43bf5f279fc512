"""Sites with identities and registries of their own, on the real embedded store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from kit.actor import Actor
from kit.call import Call
from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.ids import Ids
from kit.sealing import SealingOpener, generate_sealing_key
from kit.signing import RawSigner, generate_key
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, seeded_ids, store
from services.relay.domain.card import SealingKey, SiteCard
from services.relay.domain.issuing import OVERLAP, first_card, needs_replacement, rotated, with_revoked
from services.relay.domain.keys import SiteKey, key_id
from services.relay.domain.limits import Limits
from services.relay.domain.proposal import Direction
from services.relay.events import TABLE
from services.relay.handlers import links
from services.relay.handlers.desk import KINDS
from services.relay.handlers.identity import Identity
from services.relay.handlers.registry import REGISTRY_KINDS, Registry
from services.relay.wiring import registry_of

HANBIN, ANKANG, SICHUAN, TOWNSHIP = "610902.hanbin", "610900.ankang", "510000.sichuan", "610902101.wuli"

NO_LIMITS = Limits()


@dataclass
class Ring:
    """A site's keys and card, changed as `tongban site` would."""

    card: SiteCard
    signers: dict[str, RawSigner] = field(default_factory=dict)
    openers: dict[str, SealingOpener] = field(default_factory=dict)

    @classmethod
    def made(cls, site: str, now: datetime, endpoints: tuple[str, ...] = ()) -> Ring:
        ring = cls.__new__(cls)
        ring.signers, ring.openers = {}, {}
        key, sealing = ring.new_key(now), ring.new_sealing_key(now)
        name = f"{site}政务服务中心"
        ring.issue(
            first_card(
                site=site, name=name, key=key, sealing_key=sealing, certificates=(), endpoints=endpoints, now=now
            )
        )
        return ring

    def new_key(self, now: datetime) -> SiteKey:
        signer = RawSigner(generate_key()[0])
        key = SiteKey(key_id("ed25519", signer.public), signer.public, now)
        self.signers[key.id] = signer
        return key

    def new_sealing_key(self, now: datetime) -> SealingKey:
        private, public = generate_sealing_key()
        key = SealingKey(key_id("x25519", public), public, now)
        self.openers[key.id] = SealingOpener(private)
        return key

    def sign(self, key_id: str, data: bytes) -> bytes:
        return self.signers[key_id].sign(data)

    def issue(self, card: SiteCard) -> SiteCard:
        self.card = card.signed_with(self.sign)
        return self.card

    def rotate(self, now: datetime, overlap: timedelta = OVERLAP) -> SiteCard:
        return self.issue(rotated(self.card, self.new_key(now), self.new_sealing_key(now), now, overlap))

    def revoke(self, id: str, now: datetime, since: datetime | None = None) -> SiteCard:
        replacement = self.new_key(now) if needs_replacement(self.card, id) else None
        return self.issue(with_revoked(self.card, id, since or now, now, replacement))

    def identity(self) -> Identity:
        return Identity(self.card, self.signers, self.openers)


@dataclass
class TrustSite:
    """A site with its registry."""

    ring: Ring
    registry: Registry
    store: SqliteStore
    clock: FixedClock
    ids: Ids

    @property
    def id(self) -> str:
        return self.ring.card.site

    @property
    def call(self) -> Call:
        return Call(Actor("operator:wang", "运维人员", frozenset({"admin"})), self.clock.now())

    def told(self) -> list[str]:
        """The types of the events that wait to be published."""
        return [each.event.type for each in self.store.pending(1000)]


def trust_site(path: Path, site: str, clock: FixedClock, endpoints: tuple[str, ...] = ()) -> TrustSite:
    """A new site with an empty registry."""
    kept = store(path, (*REGISTRY_KINDS, *KINDS), site)
    ids = seeded_ids(int(site[:6]))
    ring = Ring.made(site, clock.now(), endpoints)
    encoder = EventEncoder(site, "relay", TABLE)
    moment = iter(range(1_000_000_000))
    registry = registry_of(
        lambda kind, entity, **given: Repository(kept, kind, entity, encoder, ids, **given),
        ring.identity,
        ids.new_id,
        real=lambda: float(next(moment) * 10),  # nothing is remembered
    )
    return TrustSite(ring, registry, kept, clock, ids)


def linked(
    one: TrustSite, other: TrustSite, direction: Direction = Direction.PARTNER, limits: Limits = NO_LIMITS
) -> str:
    """Links two sites as their operators would; says the link's id."""
    link, proposal = links.propose_link(
        registry=one.registry,
        call=one.call,
        card=other.ring.card,
        fingerprint=other.ring.card.fingerprint(),
        direction=direction,
        limits=limits,
        approved_by="王主任",
        reason="跨省通办协议",
    )
    _, acceptance = links.accept_proposal(
        registry=other.registry,
        call=other.call,
        proposal=proposal,
        fingerprint=one.ring.card.fingerprint(),
        limits=limits,
        approved_by="李主任",
        reason="跨省通办协议",
    )
    links.confirm_acceptance(
        registry=one.registry, call=one.call, acceptance=acceptance, approved_by="王主任", reason=""
    )
    return link.id


def fixed_clock() -> FixedClock:
    return FixedClock(MONDAY)


def tampered(card: SiteCard, **changes: object) -> SiteCard:
    """The same card with other content under the old signatures."""
    return replace(card, **changes)  # type: ignore[arg-type]
