"""Which links are spoken on, by which line: one at a time for each link, the newer wins; and which ones are dialled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from kit.call import Call
from kit.errors import Unavailable
from services.relay.domain.link import Direction, Link
from services.relay.handlers.attachments import Files
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.leases import Leases
from services.relay.handlers.registry import Registry
from services.relay.session import Session, Side, Surroundings
from services.relay.transports.network import Dialled
from services.relay.transports.talk import Talk
from services.relay.transports.tls import LineTls, target_of

log = logging.getLogger(__name__)


@dataclass
class LinkSwitchboard:
    """The conversations of this process."""

    around: Surroundings
    registry: Registry
    files: Files
    contacts: Contacts
    leases: Leases
    tls: LineTls
    call_now: Callable[[], Call]
    #: Ends another line; set when the network is there.
    hang_up: Callable[[Talk, str], None] = lambda talk, reason: None
    #: Lets a conversation speak; set when the network is there.
    wake: Callable[[Talk], None] = lambda talk: None
    _talks: dict[str, Talk] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    #: What this replica dials, and until when it may without asking again.
    _leased: dict[str, tuple[Dialled, datetime]] = field(default_factory=dict)

    # ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, shown: dict[str, list[bytes]]) -> Talk:
        """A line came in. Raises ``CertificateRefused``."""
        return self._talk(Session(self.around, Side.LISTENING, shown_site=self.tls.site_of(shown)))

    def call(self, dialled: Dialled) -> Talk:
        """A line to this neighbour was opened."""
        return self._talk(Session(self.around, Side.DIALLING, dialled.link, shown_site=dialled.peer))

    def _talk(self, session: Session) -> Talk:
        return Talk(session, opened=self._opened, closed=self._closed)

    def _opened(self, talk: Talk) -> None:
        with self._lock:
            before = self._talks.get(talk.link)
            self._talks[talk.link] = talk
        log.info("link %s is open", talk.link)
        if before is not None:
            self.hang_up(before, "replaced")
        # What came whole before a crash is finished now, so that nobody waits for it.
        if self.files.whole(self.call_now(), talk.link):
            self.around.desk.nudge(talk.link, False)

    def _closed(self, talk: Talk) -> None:
        with self._lock:
            is_last = self._talks.get(talk.link) is talk
            if is_last:
                del self._talks[talk.link]
        if is_last:
            with suppress(Unavailable):  # it is found anew on the next line
                self.contacts.settle(self.call_now(), talk.link, at_once=True)

    @property
    def count(self) -> int:
        """How many links this process speaks on."""
        return len(self._talks)

    def open_links(self) -> frozenset[str]:
        """The links that this process speaks on now."""
        with self._lock:
            return frozenset(self._talks)

    def nudge(self, link: str, *, sends: bool) -> None:
        """Something waits to be said on a link; ``sends``: envelopes, else that files are wanted."""
        with self._lock:
            talk = self._talks.get(link)
        if talk is not None:
            if sends:
                talk.session.nudge()
            else:
                talk.session.nudge_flows()
            if not (sends and talk.will_look):
                self.wake(talk)

    # ── Dialling ─────────────────────────────────────────────────────────────────────────────────────────────

    def to_dial(self) -> tuple[Dialled, ...]:
        """The links that this replica dials: those whose neighbour is to be called, and whose lease it has.

        Where the store can't be asked, those whose lease still runs: another replica may take the others.
        """
        try:
            self._renew()
        except Unavailable as error:
            log.warning("leases can't be renewed: %s", error.code)
        now = self.call_now().now
        return tuple(dialled for dialled, until in self._leased.values() if now < until)

    def _renew(self) -> None:
        own = self.registry.identity()
        links = () if own is None else self.registry.active_links()
        found: set[str] = set()
        for link in links:
            targets = self._targets(own.site, bool(own.card.endpoints), link) if own is not None else ()
            call = self.call_now()
            if targets and self.leases.take(call, link.id):
                found.add(link.id)
                self._leased[link.id] = (Dialled(link.id, link.peer, targets), call.now + self.leases.length)
        for id in self._leased.keys() - found:
            self.leases.release(self.call_now(), id)
            del self._leased[id]

    def stop(self) -> None:
        """Lets go of what this replica dials, so that another needn't wait. Raises ``Unavailable``."""
        for link in self._leased:
            self.leases.release(self.call_now(), link)

    @staticmethod
    def _targets(own: str, is_reachable: bool, link: Link) -> tuple[str, ...]:
        targets = tuple(filter(None, map(target_of, link.endpoints)))
        if link.direction is Direction.CHILD:
            return ()
        # Of two partners that can reach each other, one dials.
        waits = link.direction is Direction.PARTNER and is_reachable and own > link.peer
        return () if waits else targets


def pins_of(registry: Registry) -> dict[str, tuple[str, ...]]:
    """The certificates of the neighbours' cards."""
    return {link.peer: link.peer_card.certificates for link in registry.active_links()}
