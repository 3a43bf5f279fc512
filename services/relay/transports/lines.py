"""The lines of this process put together: switchboard, network, passing on."""

from __future__ import annotations

import gc
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kit.call import Call
from kit.store.repository import Repository
from kit.store.steps import Steps
from services.relay.domain.lease import Lease
from services.relay.domain.link import Link
from services.relay.handlers.attachments import Files
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.desk import Desk
from services.relay.handlers.identity import TLS_CERTIFICATE, TLS_KEY
from services.relay.handlers.leases import Leases
from services.relay.handlers.links import heard_from
from services.relay.handlers.passing import passing
from services.relay.handlers.registry import Registry
from services.relay.session import FrameFlow, Surroundings, Terms
from services.relay.session.surroundings import LOOK
from services.relay.settings import RelaySettings
from services.relay.transports.carrying import Carrying
from services.relay.transports.file_flow import FileFlow
from services.relay.transports.network import LineSettings, Network
from services.relay.transports.switchboard import LinkSwitchboard, pins_of
from services.relay.transports.tls import LineTls, OwnCertificate

log = logging.getLogger(__name__)

#: What all lines together look for what nobody told them of, where they are many: a hub with a thousand spends little on
#: quiet ones, and hears of what another replica has for them some seconds later. Our own choice.
_LOOKS_PER_SECOND = 50
#: New objects after which garbage is looked for, and how often among older ones. Our own choice.
_GARBAGE = (50_000, 20, 20)
#: How the contacts call it.
_VIA = "line"


@dataclass
class Lines:
    """Everything that moves by itself in a relay. ``nudge`` is the desk's."""

    settings: RelaySettings
    call: Callable[[], Call]
    desk: Desk
    registry: Registry
    files: Files
    contacts: Contacts
    leases: Repository[Lease]
    #: Further flows of a link's lines, such as reconciling.
    flows: Callable[[str], Sequence[FrameFlow]] = lambda link: ()
    #: Where it listens; 0: it doesn't.
    port: int = 0
    _board: LinkSwitchboard = field(init=False)
    _network: Network | None = None
    _carrying: Carrying = field(init=False)
    _tls: LineTls = field(init=False)

    def __post_init__(self) -> None:
        folder, settings = self.settings.identity_dir, self.settings
        own = OwnCertificate(folder / TLS_CERTIFICATE, folder / TLS_KEY)
        self._tls = LineTls(own, lambda: pins_of(self.registry))
        self._carrying = Carrying(self._passing, self._links, self.desk.envelopes.store)
        around = Surroundings(
            desk=self.desk,
            call=self.call,
            real=time.monotonic,
            terms=Terms(
                timedelta(seconds=settings.relay_clock_skew_seconds),
                settings.relay_ping_seconds,
                settings.relay_silence_seconds,
                settings.relay_window_envelopes,
                settings.relay_window_bytes,
            ),
            heard=self._heard,
            settle=self.contacts.settle,
            look_seconds=self.look_seconds,
            flows=lambda link: (FileFlow(link, self.files, time.monotonic, self.look_seconds), *self.flows(link)),
            beside=self._carrying.beside,
        )
        holder = f"{socket.gethostname()} {os.getpid()} {time.time_ns()}"
        length = timedelta(seconds=settings.relay_lease_seconds)
        leases = Leases(self.leases, holder, length)
        self._board = LinkSwitchboard(around, self.registry, self.files, self.contacts, leases, self._tls, self.call)

    # ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begins to pass on, and, as soon as the site has an identity, to listen and dial.

        Raises ``SettingsError`` where its certificate can't be read.
        """
        if self.registry.identity() is None:
            log.info("the site has no identity: no lines yet")
        else:
            self._open()
        self._carrying.start()

    def _open(self) -> None:
        if left := self.files.clear([link.id for link in self.registry.standing_links()]):
            log.info("forgot pieces of %d files that nobody waits for", left)
        # What a thousand lines hold stays; with the usual pace a fifth of a hub's work was looking through it for garbage.
        gc.set_threshold(*_GARBAGE)
        settings = self.settings
        network = Network(
            self._board,
            self._tls,
            LineSettings(
                listen=settings.relay_listen,
                dials=settings.relay_dials,
                threads=settings.relay_threads,
                max_lines=settings.relay_max_lines,
                redial_first=settings.relay_redial_first_seconds,
                redial_longest=settings.relay_redial_longest_seconds,
                look_round=min(2.0, settings.relay_lease_seconds / 3),
                # On files of this machine, threads beside each other only hold each other up; servers answer many at once.
                rounds=1 if settings.store == "sqlite" else settings.relay_threads,
            ),
            self.desk.envelopes.store,
        )
        self._board.hang_up, self._board.wake = network.hang_up, network.wake
        network.start()
        self._network, self.port = network, network.port
        log.info("lines: listening at %s", settings.relay_listen or "nothing")

    def stop(self) -> None:
        """Hangs up everywhere, and lets go of what it dials."""
        self._carrying.stop()
        if self._network is not None:
            self._network.stop()
            self._board.stop()

    # ── Nudges ───────────────────────────────────────────────────────────────────────────────────────────────

    def nudge(self, link: str, outgoing: bool) -> None:
        """Something was put into a link's lane, or came over it."""
        if outgoing:
            self._board.nudge(link, sends=True)
        else:
            self._carrying.nudge(link)

    def look_round(self) -> None:
        """Links or cards have changed."""
        if self._network is not None:
            self._network.look_round()

    def look_seconds(self) -> float:
        """How often a line looks for what nobody told it of."""
        return max(LOOK, self._board.count / _LOOKS_PER_SECOND)

    def open_links(self) -> frozenset[str]:
        """The links that this process speaks on now."""
        return self._board.open_links()

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────

    def _heard(self, call: Call, link: Link, acknowledged: int, skew_ms: int | None) -> None:
        self.contacts.heard(call, link.id, _VIA, acknowledged=acknowledged, skew_ms=skew_ms, later=True)
        heard_from(registry=self.registry, call=call, link_id=link.id)

    def _links(self) -> list[str]:
        if self._network is None and self.registry.identity() is not None:
            self._open()  # it was made while this process ran
        return [link.id for link in self.registry.active_links()]

    def _passing(self, link: str, quick: bool = False) -> Steps[bool]:
        passed = yield from passing(self.desk, self.call(), self.registry.link(link), quick=quick)
        if passed.waits:
            self._board.nudge(link, sends=False)  # files may be wanted now
        return passed.more
