"""Sites in one process, for tests: the real desk on a store in memory, keys that cost nothing, lines that tests cut."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kit.actor import service_actor
from kit.call import Call
from kit.clock import FixedClock
from kit.events import Event, EventEncoder
from kit.ids import Ids
from kit.store.port import Store
from kit.store.remembered import RememberingRepository
from kit.store.repository import Repository
from kit.testing import MONDAY, seeded_ids
from services.relay.domain.card import SiteCard
from services.relay.domain.channel import Channel
from services.relay.domain.files import FileState
from services.relay.domain.keys import KeyRefused
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link, LinkState
from services.relay.domain.proposal import Approval, Direction
from services.relay.domain.register import Entry
from services.relay.domain.route import Route
from services.relay.events import TABLE
from services.relay.handlers.desk import CHANNELS, KINDS, REGISTER, ROUTES, Desk, register_keys
from services.relay.handlers.kept import Envelopes
from services.relay.handlers.keyring import SignatureRefused
from services.relay.handlers.passing import pass_on
from services.relay.handlers.tails import Tails
from tests.contract.memory_store import MemoryStore
from tongban.relay.v1 import events_pb2

HUB, COUNTY, TOWN, PARTNER = "610900.ankang", "610902.hanbin", "610902109.hengkou", "511602.guangan"
_RELAY = service_actor("relay")
KEY = "test:0123456789abcdef"


class TestKeyring:
    """Keys that sign with a digest: as particular about who signed what as real ones, at a hundredth of the cost."""

    __test__ = False

    def __init__(self, site: str) -> None:
        self.site = site
        self.refused: set[str] = set()

    def signing_key_id(self, now: datetime) -> str:
        return KEY

    def sign(self, key_id: str, data: bytes) -> bytes:
        return _signature(self.site, key_id, data)

    def verify(
        self, site: str, key_id: str, data: bytes, signature: bytes, at: datetime, signed_at: datetime | None = None
    ) -> None:
        if site in self.refused:
            raise KeyRefused("key_revoked", "…")
        if signature != _signature(site, key_id, data):
            raise SignatureRefused("signature_wrong", "…")


def _signature(site: str, key_id: str, data: bytes) -> bytes:
    return hashlib.blake2b(data, key=f"{site} {key_id}".encode(), digest_size=32).digest()


@dataclass
class TestFiles:
    """Files that are there unless a test says otherwise."""

    __test__ = False

    states: dict[str, FileState] = field(default_factory=dict)
    offered: list[str] = field(default_factory=list)

    def require_kept(self, attachments: Sequence[Attachment]) -> None:
        """They are."""

    def claim(self, call: Call, letter: Letter, *, carried: bool) -> None:
        """They stay."""

    def let_go(self, call: Call, letter_id: str, files: Iterable[str] = ()) -> None:
        """They stay all the same."""

    def offer(self, call: Call, link: str, letter: Letter, *, carried: bool) -> None:
        self.offered += [each.sha256 for each in letter.attachments]

    def want(self, call: Call, link: str, attachments: Sequence[Attachment]) -> FileState:
        states = {self.states.get(each.sha256, FileState.COMPLETE) for each in attachments}
        return next((each for each in (FileState.REFUSED, FileState.WANTED) if each in states), FileState.COMPLETE)

    def refusal(self, link: str, attachments: Sequence[Attachment]) -> str:
        return "attachment_damaged"


@dataclass
class TestLinks:
    """Links that a test wrote down."""

    __test__ = False

    all: dict[str, Link] = field(default_factory=dict)

    def link(self, id: str) -> Link:
        return self.all[id]

    def standing_links(self) -> Sequence[Link]:
        return [each for each in self.all.values() if each.is_live or each.state is LinkState.SUSPENDED]

    def standing_with(self, site: str) -> Link | None:
        return next((each for each in self.standing_links() if each.peer == site), None)


@dataclass
class Office:
    """One site: its desk, and what it has told."""

    site: str
    store: Store
    desk: Desk
    clock: FixedClock
    links: TestLinks
    files: TestFiles
    keys: TestKeyring
    ids: Ids

    @property
    def now(self) -> Call:
        return Call(_RELAY, self.clock.now())

    def link_to(self, peer: str) -> Link:
        return next(each for each in self.links.all.values() if each.peer == peer)

    def letter(self, destination: str, payload: bytes = b"", **changes: Any) -> Letter:
        given: dict[str, Any] = {
            "id": self.ids.new_id(self.clock.now()),
            "origin": self.site,
            "destination": destination,
            "type": "crossing.submitted",
            "type_version": 1,
            "journey": "j-1",
            "created_at": self.clock.now(),
            "payload": payload,
        }
        return Letter(**given | changes)

    def pass_all(self) -> int:
        """Passes on what came over every link, until there is no more."""
        count = 0
        for link in list(self.links.standing_links()):
            while passed := pass_on(self.desk, self.now, link):
                count += passed
        return count

    def told(self) -> list[Event]:
        return [each.event for each in self.store.pending(100_000)]

    def arrived(self) -> list[events_pb2.LetterArrived]:
        return [
            events_pb2.LetterArrived.FromString(each.data)
            for each in self.told()
            if each.type == "tongban.relay.letter_arrived.v1"
        ]

    def settled(self) -> list[events_pb2.LetterSettled]:
        return [
            events_pb2.LetterSettled.FromString(each.data)
            for each in self.told()
            if each.type == "tongban.relay.letter_settled.v1"
        ]


def desk_on(store: Store, office: Mapping[str, Any], ids: Ids, *, sole: bool = False) -> Desk:
    """The desk of a site on a store: built anew after each crash; ``sole``: no other process writes there."""
    encoder = EventEncoder(office["site"], "relay", TABLE)
    channels = RememberingRepository[Channel] if sole else Repository[Channel]
    return Desk(
        who=lambda: str(office["site"]),
        envelopes=Envelopes(store, Tails(sole)),
        channels=channels(store, CHANNELS, Channel, encoder, ids),
        register=Repository(store, REGISTER, Entry, encoder, ids, keys=register_keys),
        routes=Repository(store, ROUTES, Route, encoder, ids),
        links=office["links"],
        keyring=office["keys"],
        files=office["files"],
    )


def office(
    site: str, *, store: Store | None = None, seed: int = 1, clock: FixedClock | None = None, sole: bool = False
) -> Office:
    """A site without links."""
    kept = store or MemoryStore(KINDS)
    ids = seeded_ids(seed)
    parts = {"site": site, "links": TestLinks(), "keys": TestKeyring(site), "files": TestFiles()}
    desk = desk_on(kept, parts, ids, sole=sole)
    clock = clock or FixedClock(MONDAY)
    return Office(site, kept, desk, clock, parts["links"], parts["files"], parts["keys"], ids)  # type: ignore[arg-type]


def link(
    id: str, peer: str, direction: Direction = Direction.PARTNER, limits: Limits | None = None, **changes: Any
) -> Link:
    """One end of a link that both sides have approved."""
    approval = Approval(peer, "张三", "op-1", MONDAY)
    card = SiteCard(peer, peer, 1, MONDAY - timedelta(days=1), ())
    given: dict[str, Any] = {"state": LinkState.ACTIVE, "proposed_at": MONDAY, "changed_at": MONDAY} | changes
    return Link(id, peer, card, direction, given.pop("state"), limits or Limits(), approval, **given)


def join(one: Office, other: Office, direction: Direction = Direction.PARTNER, number: int = 1) -> str:
    """Links two sites; ``direction``: what the other is to the one. The link's id."""
    id = f"00000000-0000-7000-8000-{number:012}"
    one.links.all[id] = link(id, other.site, direction)
    other.links.all[id] = link(id, one.site, direction.seen_from_there)
    return id
