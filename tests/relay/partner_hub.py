"""A site with a partners' door, in this process: its registry, desk, files and server are the real ones."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from kit.actor import Actor, service_actor
from kit.blobs.files import FileBlobs
from kit.blobs.pieces_files import FilePieces
from kit.blobs.uses import KEPT_FILES, USES_KINDS, KeptFile, Uses
from kit.call import Call
from kit.clock import SystemClock
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.repository import Repository
from kit.testing import store
from services.relay.cards import acceptance_message, file_text, proposal_of, read_file
from services.relay.domain.channel import Channel
from services.relay.domain.comparing import Run
from services.relay.domain.contact import Contact
from services.relay.domain.files import LinkFile
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.limits import Limits
from services.relay.domain.quota import Pace
from services.relay.domain.reconcile import Report, Round
from services.relay.domain.register import Entry
from services.relay.domain.route import Route
from services.relay.events import TABLE
from services.relay.handlers import links
from services.relay.handlers.attachments import FILES, Files
from services.relay.handlers.contacts import CONTACTS, Contacts
from services.relay.handlers.desk import CHANNELS, KINDS, REGISTER, ROUTES, Desk, register_keys
from services.relay.handlers.kept import Envelopes
from services.relay.handlers.outgoing import Placed, post
from services.relay.handlers.passing import pass_on
from services.relay.handlers.quotas import PACES
from services.relay.handlers.reconciling import RECONCILE_KINDS, REPORTS, ROUNDS, Reconciling
from services.relay.handlers.registry import REGISTRY_KINDS, Registry
from services.relay.partner.door import open_door
from services.relay.partner.office import DeskOffice
from services.relay.partner.reconciling import RUNS, PartnerReconciling
from services.relay.partner.replay import NONCES, Replays
from services.relay.partner.settings import PartnerSettings
from services.relay.partner.waiting import Waits
from services.relay.tests.trust_sites import Ring
from services.relay.wiring import registry_of
from tongban.relay.v1 import events_pb2, site_pb2

HUB = "610900.ankang"


@dataclass
class Hub:
    """The site."""

    ring: Ring
    registry: Registry
    desk: Desk
    files: Files
    contacts: Contacts
    waits: Waits
    ids: Ids
    reconciling: Reconciling
    url: str = ""
    _passing: threading.Event = field(default_factory=threading.Event)

    @property
    def call(self) -> Call:
        return Call(Actor("operator:wang", "运维人员", frozenset({"admin"})), SystemClock().now())

    def accept(self, proposal: str, fingerprint: str) -> str:
        """What the hub's operator does with a proposal's file; the acceptance's file."""
        _, acceptance = links.accept_proposal(
            registry=self.registry,
            call=self.call,
            proposal=proposal_of(read_file(proposal, site_pb2.LinkProposal)),
            fingerprint=fingerprint,
            limits=Limits(),
            approved_by="王主任",
            reason="跨省通办协议",
        )
        return file_text(acceptance_message(acceptance))

    def post(
        self, peer: str, payload: bytes, attachments: Sequence[bytes] = (), type: str = "crossing.status"
    ) -> Placed:
        """Sends a letter of the hub's."""
        named = []
        for data in attachments:
            sha256 = hashlib.sha256(data).hexdigest()
            self.files.keep(self.call, sha256, [data], max_bytes=1 << 30)
            named.append(Attachment(sha256, len(data), "application/pdf", "结果.pdf"))
        now = self.call.now
        letter = Letter(self.ids.new_id(now), HUB, peer, type, 1, "j-1", now, payload, attachments=tuple(named))
        return post(desk=self.desk, call=self.call, letter=letter)

    def reports(self, peer: str) -> Sequence[Report]:
        """What was reconciled with a peer."""
        link = self.registry.link_with(peer)
        assert link is not None
        return self.reconciling.reports_of(link_id=link.id, limit=10, cursor="").items

    def pass_on(self) -> None:
        """Passes on what came, over every link."""
        for link in self.registry.active_links():
            while pass_on(self.desk, self.call, link):
                pass

    def arrived(self) -> list[events_pb2.LetterArrived]:
        """What was told to the site."""
        return [events_pb2.LetterArrived.FromString(each) for each in self._told("letter_arrived")]

    def settled(self) -> list[events_pb2.LetterSettled]:
        """What came of its own letters."""
        return [events_pb2.LetterSettled.FromString(each) for each in self._told("letter_settled")]

    def _told(self, name: str) -> list[bytes]:
        found = self.desk.envelopes.store.pending(10_000)
        return [each.event.data for each in found if each.event.type == f"tongban.relay.{name}.v1"]


@contextmanager
def hub(folder: Path) -> Iterator[Hub]:
    """The site, serving."""
    ids = Ids()
    now = SystemClock().now()
    ring = Ring.made(HUB, now - timedelta(minutes=1))
    kinds = [*KINDS, *REGISTRY_KINDS, FILES, *USES_KINDS, CONTACTS, PACES, NONCES, RUNS, *RECONCILE_KINDS]
    kept = store(folder, kinds, "hub")
    encoder = EventEncoder(HUB, "relay", TABLE)
    registry = registry_of(
        lambda kind, entity, **given: Repository(kept, kind, entity, encoder, ids, **given), ring.identity, ids.new_id
    )
    blobs = FileBlobs(folder / "blobs")
    uses = Uses("relay", Repository(kept, KEPT_FILES, KeptFile, encoder, ids), blobs, grace=None)
    files = Files(Repository(kept, FILES, LinkFile, encoder, ids), blobs, FilePieces(folder / "pieces"), uses)
    waits = Waits(8)
    desk = Desk(
        who=lambda: HUB,
        envelopes=Envelopes(kept),
        channels=Repository(kept, CHANNELS, Channel, encoder, ids),
        register=Repository(kept, REGISTER, Entry, encoder, ids, keys=register_keys),
        routes=Repository(kept, ROUTES, Route, encoder, ids),
        links=registry,
        keyring=registry.keyring,
        files=files,
        nudge=lambda _link, outgoing: waits.nudge() if outgoing else None,
    )
    contacts = Contacts(Repository(kept, CONTACTS, Contact, encoder, ids))
    reconciling = Reconciling(
        desk, Repository(kept, REPORTS, Report, encoder, ids), Repository(kept, ROUNDS, Round, encoder, ids)
    )
    found = Hub(ring, registry, desk, files, contacts, waits, ids, reconciling)
    office = DeskOffice(
        desk,
        files,
        contacts,
        Repository(kept, PACES, Pace, encoder, ids),
        PartnerReconciling(reconciling, Repository(kept, RUNS, Run, encoder, ids)),
        ids.new_id,
        lambda: found.call,
        on_heard=lambda call, link: links.heard_from(registry=registry, call=call, link_id=link),
    )
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found.url = f"http://127.0.0.1:{port}"
    server = open_door(
        PartnerSettings(relay_partner_port=port, relay_partner_url=found.url, relay_partner_threads=4),
        office,
        Replays(kept),
        clock=SystemClock(),
        actor=service_actor("relay"),
        skew=timedelta(seconds=60),
        waits=waits,
        refused=lambda _link, _code: None,
    )
    assert server is not None
    server.start()
    try:
        yield found
    finally:
        server.stop(5)
        kept.close()
