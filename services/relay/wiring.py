"""The parts of a relay put together: for its process, and for tools that work beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from kit import telemetry
from kit.adapters import open_pieces
from kit.blobs.uses import KEPT_FILES, USES_KINDS, KeptFile, Uses
from kit.call import Call
from kit.chassis import Chassis
from kit.pruning import PRUNINGS, Pruner, Turn
from kit.sealing import SealingOpener
from kit.settings import load
from kit.store.repository import Repository
from services.relay.domain.anchor import Reanchoring
from services.relay.domain.channel import Channel
from services.relay.domain.comparing import Run
from services.relay.domain.contact import Contact
from services.relay.domain.files import LinkFile
from services.relay.domain.history import HistoryExport
from services.relay.domain.known_site import KnownSite
from services.relay.domain.lease import Lease
from services.relay.domain.letter import CARD
from services.relay.domain.link import Link
from services.relay.domain.quota import DailyUse, Pace
from services.relay.domain.reconcile import Report, Round
from services.relay.domain.register import Entry
from services.relay.domain.route import Route
from services.relay.events import TABLE
from services.relay.handlers.anchoring import REANCHORINGS, Anchoring
from services.relay.handlers.attachments import FILES, Files
from services.relay.handlers.bundles import Bundles
from services.relay.handlers.contacts import CONTACTS, Contacts
from services.relay.handlers.desk import CHANNELS, KINDS, NOBODY, REGISTER, ROUTES, Desk, register_keys
from services.relay.handlers.identity import Identity, IdentityFolder
from services.relay.handlers.introductions import Introductions, take_card
from services.relay.handlers.kept import Envelopes
from services.relay.handlers.leases import LEASES
from services.relay.handlers.links import heard_from
from services.relay.handlers.quotas import PACES, count_file
from services.relay.handlers.reconciling import RECONCILE_KINDS, REPORTS, ROUNDS, Reconciling
from services.relay.handlers.registry import (
    EXPORTS,
    LINKS,
    REGISTRY_KINDS,
    SITES,
    USES,
    Registry,
    link_keys,
    link_missing,
    site_keys,
)
from services.relay.handlers.retention import rules
from services.relay.handlers.sealing import Sealing, Seals
from services.relay.handlers.tails import Tails
from services.relay.partner.door import Door
from services.relay.partner.office import DeskOffice
from services.relay.partner.reconciling import RUNS, PartnerReconciling
from services.relay.partner.replay import NONCES, Replays, nonces_rule
from services.relay.partner.settings import PartnerSettings
from services.relay.queries.gauges import Gauges
from services.relay.session.reconcile_flow import ReconcileFlow
from services.relay.settings import RelaySettings
from services.relay.transports.announcing import Announcing
from services.relay.transports.lines import Lines

#: Every kind of document that a relay keeps.
ALL_KINDS = (
    *KINDS,
    *REGISTRY_KINDS,
    *RECONCILE_KINDS,
    FILES,
    *USES_KINDS,
    LEASES,
    CONTACTS,
    PACES,
    NONCES,
    RUNS,
    REANCHORINGS,
    PRUNINGS,
)


@dataclass(frozen=True)
class Relay:
    """A relay that isn't started yet."""

    desk: Desk
    registry: Registry
    files: Files
    contacts: Contacts
    bundles: Bundles
    reconciling: Reconciling
    anchoring: Anchoring
    lines: Lines
    partners: Door
    gauges: Gauges
    announcing: Announcing
    pruner: Pruner
    call: Callable[[], Call]
    grace_seconds: float

    def start(self) -> None:
        """Begins to pass on, to speak on lines and to serve partners. Raises ``SettingsError``, ``Unavailable``."""
        self.pruner.begin(self.call())
        self.lines.start()
        self.partners.start()
        self.gauges.start()
        self.announcing.start()

    def stop(self) -> None:
        """Ends what ``start`` began."""
        self.announcing.stop()
        self.gauges.stop()
        self.partners.stop(self.grace_seconds)
        self.lines.stop()


def registry_of(
    repository: Callable[..., Repository[Any]],
    identity: Callable[[], Identity | None],
    new_id: Callable[[datetime], str],
    changed: Callable[[], None] = lambda: None,
    real: Callable[[], float] = time.monotonic,
    *,
    sole: bool = False,
) -> Registry:
    """The registry on a store; ``repository`` makes one of its kinds (``kind, entity, keys=…``)."""
    return Registry(
        links=repository(LINKS, Link, keys=link_keys, missing=link_missing),
        sites=repository(SITES, KnownSite, keys=site_keys),
        uses=repository(USES, DailyUse),
        exports=repository(EXPORTS, HistoryExport),
        identity=identity,
        new_id=new_id,
        real=real,
        changed=changed,
        sole=sole,
    )


def build(chassis: Chassis, settings: RelaySettings) -> Relay:
    """Puts it together. Raises ``SettingsError`` when the site's identity is damaged."""
    encoder = chassis.encoder(TABLE)
    folder = IdentityFolder(settings.identity_dir)
    moving: list[Lines] = []
    doors: list[Door] = []

    def nudge(link: str, outgoing: bool) -> None:
        moving[0].nudge(link, outgoing)
        if outgoing:
            doors[0].waits.nudge()

    def changed() -> None:
        moving[0].look_round()

    def who() -> str:
        identity = folder.current()
        return NOBODY if identity is None else identity.site

    # Replicas share a server; files of this machine have one process that writes them.
    sole = settings.store == "sqlite"
    kinds = partial(chassis.repository, encoder=encoder)
    registry = registry_of(kinds, folder.current, chassis.ids.new_id, changed, sole=sole)
    blobs = chassis.blobs()
    files = Files(
        chassis.repository(FILES, LinkFile, encoder),
        blobs,
        open_pieces(settings, chassis.service),
        Uses("relay", chassis.repository(KEPT_FILES, KeptFile, encoder), blobs, grace=None),
        partial(count_file, registry),
    )
    introductions = Introductions(registry)
    desk = Desk(
        who=who,
        envelopes=Envelopes(chassis.store, Tails(sole)),
        channels=chassis.repository(CHANNELS, Channel, encoder, remembers=sole),
        register=chassis.repository(REGISTER, Entry, encoder, keys=register_keys),
        routes=chassis.repository(ROUTES, Route, encoder),
        links=registry,
        keyring=registry.keyring,
        files=files,
        control={CARD: partial(take_card, registry)},
        introductions=introductions,
        sealing=Sealing(registry, files, Seals(settings.relay_seals)),
        nudge=nudge,
    )
    contacts = Contacts(chassis.repository(CONTACTS, Contact, encoder))
    waits_days = settings.relay_reconcile_waits_days
    reconciling = Reconciling(
        desk,
        chassis.repository(REPORTS, Report, encoder),
        chassis.repository(ROUNDS, Round, encoder),
        timedelta(days=waits_days) if waits_days else None,
    )

    def now() -> Call:
        return Call(chassis.actor, chassis.clock.now())

    lines = Lines(
        settings=settings,
        call=now,
        desk=desk,
        registry=registry,
        files=files,
        contacts=contacts,
        leases=chassis.repository(LEASES, Lease, encoder),
        flows=lambda link: (ReconcileFlow(link, reconciling, now, time.monotonic, lines.look_seconds),),
    )
    moving.append(lines)

    def openers() -> Mapping[str, SealingOpener]:
        identity = folder.current()
        return {} if identity is None else identity.openers

    bundles = Bundles(desk, files, contacts, openers)
    office = DeskOffice(
        desk,
        files,
        contacts,
        chassis.repository(PACES, Pace, encoder),
        PartnerReconciling(reconciling, chassis.repository(RUNS, Run, encoder)),
        chassis.ids.new_id,
        now,
        on_heard=lambda call, link: heard_from(registry=registry, call=call, link_id=link),
        file_came=lambda link: nudge(link, False),
    )
    door = Door(
        load(PartnerSettings),
        office,
        Replays(chassis.store),
        chassis.clock,
        chassis.actor,
        timedelta(seconds=settings.relay_clock_skew_seconds),
        lambda _link, code: telemetry.relay_refused.add(1, {"code": code}),
    )
    doors.append(door)
    announcing = Announcing(introductions, desk, lambda: Call(chassis.actor, chassis.clock.now()))
    gauges = Gauges(desk, files, contacts, lambda: reconciling.unanswered(now()), chassis.clock.now)
    pruner = Pruner(
        "relay",
        chassis.repository(PRUNINGS, Turn, encoder),
        (
            nonces_rule(lambda: datetime.now(UTC)),
            *rules(
                files,
                letters_days=settings.relay_keep_letters_days,
                reports_days=settings.relay_keep_reports_days,
                files_days=settings.relay_keep_files_days,
            ),
        ),
    )
    return Relay(
        desk,
        registry,
        files,
        contacts,
        bundles,
        reconciling,
        Anchoring(reconciling, chassis.repository(REANCHORINGS, Reanchoring, encoder)),
        lines,
        door,
        gauges,
        announcing,
        pruner,
        now,
        settings.grace_seconds,
    )
