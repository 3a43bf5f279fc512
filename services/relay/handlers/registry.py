"""The registry (站点登记): links, known sites and daily uses as they are kept, and who this site is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Final, Generic, TypeVar

from kit.clock import to_ms
from kit.errors import NotFound, Unavailable
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from services.relay.domain.card import SiteCard
from services.relay.domain.history import HistoryExport
from services.relay.domain.known_site import KnownSite
from services.relay.domain.link import Link, LinkState
from services.relay.domain.quota import DailyUse
from services.relay.handlers.identity import Identity
from services.relay.handlers.keyring import SiteKeyring

V = TypeVar("V")

#: ``open_peer`` is null once a link is ended, so that a site has one link with another at a time.
LINKS: Final = Kind(
    "link",
    (
        Index("by_open_peer", ("open_peer",), unique=True),
        Index("by_peer", ("peer", "changed")),
        Index("by_state", ("state", "changed")),
    ),
)
SITES: Final = Kind("site", (Index("by_introducer", ("introduced_by", "learned")),))
USES: Final = Kind("daily_use")
EXPORTS: Final = Kind("history_export", (Index("by_journey", ("journey", "at")),))
REGISTRY_KINDS: Final = (LINKS, SITES, USES, EXPORTS)

#: How long what was read is believed, in seconds: so long another replica's suspension or a revoked key may go unnoticed.
_BELIEVED: Final = 1.0
#: Where reading all links is much work, they are believed this many times as long as a core had it: a hub with a thousand
#: spends a fiftieth of its time on it, and hears of another replica's changes some seconds later.
_SHARE: Final = 50
_REMEMBERED: Final = 4096


def link_keys(link: Link) -> Body:
    """Indexed values beside the fields."""
    open_peer = link.peer if link.state is not LinkState.REVOKED else None
    return {"open_peer": open_peer, "changed": to_ms(link.changed_at)}


def site_keys(site: KnownSite) -> Body:
    """Indexed values beside the fields."""
    return {"learned": to_ms(site.learned_at)}


class _Remembered(Generic[V]):
    """Reads of the last second: each envelope asks for its link and two sites' cards."""

    def __init__(self, read: Callable[[str], V], real: Callable[[], float]) -> None:
        self._read = read
        self._real = real
        self._values: dict[str, tuple[float, V]] = {}

    def get(self, id: str) -> V:
        now = self._real()
        found = self._values.get(id)
        if found is not None and now < found[0]:
            return found[1]
        value = self._read(id)
        if len(self._values) >= _REMEMBERED:
            self._values.clear()
        self._values[id] = (now + _BELIEVED, value)
        return value

    def forget(self) -> None:
        self._values.clear()


@dataclass(frozen=True)
class _Standing:
    """The links that stand, as they were read."""

    links: tuple[Link, ...]
    by_id: Mapping[str, Link]
    by_peer: Mapping[str, Link]
    until: float


@dataclass
class Registry:
    """What the use cases of links and cards work with; the links and the key ring of everybody else."""

    links: Repository[Link]
    sites: Repository[KnownSite]
    uses: Repository[DailyUse]
    exports: Repository[HistoryExport]
    identity: Callable[[], Identity | None]
    new_id: Callable[[Any], str]
    real: Callable[[], float] = time.monotonic
    #: Called after a link or a card has changed.
    changed: Callable[[], None] = lambda: None
    #: No other process writes to the store: what was read stands until this one writes.
    sole: bool = False
    keyring: SiteKeyring = field(init=False)
    #: Of links that don't stand, and of sites without a link.
    _links: _Remembered[Link] = field(init=False, repr=False)
    _cards: _Remembered[SiteCard | None] = field(init=False, repr=False)
    _standing: _Standing | None = field(init=False, repr=False, default=None)
    #: Those that stood when it was read last: only what has changed is decoded again.
    _last: Mapping[str, Link] = field(init=False, repr=False, default_factory=dict)
    _changes: int = field(init=False, repr=False, default=0)
    _reading: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.keyring = SiteKeyring(self.identity, self.card)
        self._links = _Remembered(self.links.get, self.real)
        self._cards = _Remembered(self._read_card, self.real)

    # ── Reading, as of a second ago ──────────────────────────────────────────────────────────────────────────

    def link(self, id: str) -> Link:
        """A link. Raises ``NotFound`` (``link_not_found``)."""
        return self._now_standing().by_id.get(id) or self._links.get(id)

    def link_with(self, site: str) -> Link | None:
        """The link with a site that isn't ended."""
        return self.links.find_unique("by_open_peer", site)

    def active_links(self) -> Sequence[Link]:
        """Those over which letters travel."""
        return [link for link in self.standing_links() if link.is_live]

    def standing_links(self) -> Sequence[Link]:
        """Those that letters may be put into: the active ones, and those that are suspended for a while."""
        return self._now_standing().links

    def standing_with(self, site: str) -> Link | None:
        """The one of these with a site."""
        return self._now_standing().by_peer.get(site)

    def _now_standing(self) -> _Standing:
        """What was read last, or reads it: one thread does, and the others go on with what there is."""
        found = self._standing
        if found is not None and (self.real() < found.until or not self._reading.acquire(blocking=False)):
            return found
        if found is None:
            self._reading.acquire()
        try:
            if found is None and self._standing is not None:
                return self._standing  # another thread has just read it
            began, changes, known = time.thread_time(), self._changes, self._last
            states = (LinkState.ACCEPTED, LinkState.ACTIVE, LinkState.SUSPENDED)
            links = tuple(
                link for state in states for link in self.links.each("by_state", known=known, state=state.value)
            )
            until = inf if self.sole else self.real() + max(_BELIEVED, _SHARE * (time.thread_time() - began))
            read = _Standing(links, {link.id: link for link in links}, {link.peer: link for link in links}, until)
            self._standing, self._last = read, read.by_id
            if changes != self._changes:  # something was written meanwhile, and may not be in it
                self._standing = replace(read, until=0.0)
            return read
        finally:
            self._reading.release()

    def card(self, site: str) -> SiteCard | None:
        """The present card of another site: its link's, or the one that a neighbour introduced."""
        link = self._now_standing().by_peer.get(site)
        return self._cards.get(site) if link is None else link.peer_card

    def _read_card(self, site: str) -> SiteCard | None:
        """Also of a site whose link is ended: what it signed before stays verifiable, and nothing new comes."""
        link = self.link_with(site)
        if link is not None:
            return link.peer_card
        known = self.sites.find_by_id(site)
        if known is not None:
            return known.card
        ended = self.links.find("by_peer", descending=True, limit=1, peer=site).items
        return ended[0].peer_card if ended else None

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

    def own(self) -> Identity:
        """Who this site is. Raises ``Unavailable`` (``site_has_no_identity``)."""
        identity = self.identity()
        if identity is None:
            raise Unavailable("site_has_no_identity", "本站点尚未建立身份，请先在本机运行 tongban site init，再重试。")
        return identity

    def forget(self) -> None:
        """What was read may be old now: something was written."""
        self._links.forget()
        self._cards.forget()
        self._changes += 1
        self._standing = None
        self.changed()


def link_missing(id: str) -> Exception:
    """The refusal of a link that isn't there."""
    return NotFound("link_not_found", "没有这条链路，请核对编号：tongban link show。", link=id[:80])
