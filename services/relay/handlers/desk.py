"""What the use cases work with, and how channels and the register are kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from kit.call import Call
from kit.clock import to_ms
from kit.errors import Invalid, Stale, Unavailable
from kit.store.port import Body, Duplicate, Index, Kind
from kit.store.repository import Repository
from kit.store.steps import Steps, alone
from services.relay.domain.chain import Lane
from services.relay.domain.channel import Channel, Stop
from services.relay.domain.files import FileState, Wish
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.link import Link
from services.relay.domain.register import Entry
from services.relay.domain.route import Route
from services.relay.handlers.kept import ENVELOPES, EVIDENCE, HELD, Envelopes
from services.relay.handlers.keyring import Keyring

log = logging.getLogger(__name__)

#: How often a race for a channel is run before it is left for later.
_RACES: Final = 20
#: The name of a site without an identity.
NOBODY: Final = "local"

CHANNELS: Final = Kind("channel")
#: The register of letters: ``standing`` is null where nobody needs to look, ``settled`` where somebody has to.
REGISTER: Final = Kind(
    "letter",
    (
        Index("by_standing", ("standing", "at")),
        Index("by_journey", ("journey", "at")),
        Index("by_settled", ("settled",)),
    ),
)
ROUTES: Final = Kind("route", (Index("by_link", ("link",)),))
KINDS: Final = (ENVELOPES, HELD, EVIDENCE, CHANNELS, REGISTER, ROUTES)


class Links(Protocol):
    """The links of this site."""

    def link(self, id: str) -> Link:
        """A link. Raises ``NotFound`` (``link_not_found``)."""
        ...

    def standing_links(self) -> Sequence[Link]:
        """Those that letters may be put into: the active ones, and those that are suspended for a while."""
        ...

    def standing_with(self, site: str) -> Link | None:
        """The one of these with a site."""
        ...


class Files(Protocol):
    """The files of letters: see ``services.relay.handlers.attachments.Files``."""

    def require_kept(self, attachments: Sequence[Attachment]) -> None:
        """Raises ``Invalid`` (``attachment_not_kept``)."""
        ...

    def claim(self, call: Call, letter: Letter, *, carried: bool) -> None:
        """Notes that a letter refers to its files; ``carried``: it is another site's."""
        ...

    def let_go(self, call: Call, letter_id: str, files: Iterable[str] = ()) -> None:
        """The site needs a letter's files no more."""
        ...

    def offer(self, call: Call, link: str, letter: Letter, *, carried: bool) -> None:
        """Lets the neighbour on a link ask for a letter's files."""
        ...

    def want(self, call: Call, link: str, attachments: Sequence[Attachment]) -> FileState:
        """Asks for what isn't here yet; says whether a letter with these files may be passed on."""
        ...

    def refusal(self, link: str, attachments: Sequence[Attachment]) -> str:
        """Why a file of these can't be had; empty: none is refused."""
        ...


#: What is done with a letter to relay itself. Raises ``TongbanError`` where it is to be set aside.
ControlHandler = Callable[["Desk", Call, Link, Letter], None]


class Introducing(Protocol):
    """Cards on their way: see ``services.relay.handlers.introductions.Introductions``."""

    def before(self, desk: Desk, call: Call, link: Link, destination: str) -> Sequence[Letter]:
        """The letters that have to leave before the next one to a destination."""
        ...

    def card(self) -> bytes:
        """This site's card, for a hello; empty: it has none."""
        ...

    def meet(self, call: Call, link: Link, card: bytes) -> None:
        """Takes the card of a neighbour's hello, if it is a later one. Raises ``TongbanError``."""
        ...


class NoIntroductions:
    """For desks whose neighbours know each other's keys."""

    def before(self, desk: Desk, call: Call, link: Link, destination: str) -> Sequence[Letter]:
        """None."""
        return ()

    def card(self) -> bytes:
        """None."""
        return b""

    def meet(self, call: Call, link: Link, card: bytes) -> None:
        """Takes none."""


class SealsFiles(Protocol):
    """Files that only their destination reads: see ``services.relay.handlers.sealing.Sealing``."""

    def seal(self, call: Call, link: Link, letter: Letter, wish: Wish = Wish.NONE) -> Letter:
        """The letter with its files sealed, where they are to be. Raises ``TongbanError``."""
        ...

    def unseal(self, call: Call, link: str, letter: Letter) -> None:
        """Keeps the plain files of a letter that came over a link for this site. Raises ``TongbanError``."""
        ...


class NoSealing:
    """For desks whose files travel open."""

    def seal(self, call: Call, link: Link, letter: Letter, wish: Wish = Wish.NONE) -> Letter:
        """As it is."""
        return letter

    def unseal(self, call: Call, link: str, letter: Letter) -> None:
        """Nothing is sealed."""


@dataclass(frozen=True)
class Desk:
    """What the use cases work with."""

    #: Who this site is; ``NOBODY``: it has no identity yet.
    who: Callable[[], str]
    envelopes: Envelopes
    channels: Repository[Channel]
    register: Repository[Entry]
    routes: Repository[Route]
    links: Links
    keyring: Keyring
    files: Files
    #: By letter type.
    control: Mapping[str, ControlHandler] = field(default_factory=dict)
    #: Tells others this site's card, and learns theirs.
    introductions: Introducing = field(default_factory=NoIntroductions)
    sealing: SealsFiles = field(default_factory=NoSealing)
    #: Called after something was put into a lane or came over one: (link, outgoing).
    nudge: Callable[[str, bool], None] = lambda link, outgoing: None

    @property
    def site(self) -> str:
        """Who this site is."""
        return self.who()

    def require_identity(self) -> None:
        """Raises ``Invalid`` (``site_has_no_identity``)."""
        if self.site == NOBODY:
            raise Invalid("site_has_no_identity", "本站点尚未建立身份，无法收发函件，请先运行 tongban site init。")

    def outgoing(self, link: Link) -> Lane:
        """The lane of what leaves over a link."""
        return Lane(link.id, True, self.site, link.peer)

    def incoming(self, link: Link) -> Lane:
        """The lane of what comes over a link."""
        return Lane(link.id, False, link.peer, self.site)

    def channel(self, link: Link) -> Channel:
        """The channel of a link; a new one before its first save."""
        return self.channels.find_by_id(link.id) or Channel(link.id, link.peer)

    def keep(self, channel: Channel, events: Sequence[Any], call: Call, *, durable: bool = True) -> Channel:
        """Saves a channel, its first time too; ``durable``: see ``Store``. Raises ``Conflict`` when another was faster."""
        return alone(self.channels.store, self.keeping(channel, events, call, durable=durable))

    def keeping(self, channel: Channel, events: Sequence[Any], call: Call, *, durable: bool = True) -> Steps[Channel]:
        """``keep`` as a step among others'."""
        if not channel.version:
            # Empty, then as it is: so a hub's first letters of a thousand links are a few writes, too.
            yield from self.channels.appending([Channel(channel.id, channel.peer)], durable=False)
            channel = replace(channel, version=1)
        return (yield from self.channels.saving(channel, events, call, durable=durable))

    def change(self, call: Call, link: Link, change: Callable[[Channel], Channel]) -> Channel:
        """Saves a changed channel, whoever else changes it meanwhile. Raises ``Unavailable``."""
        for _ in range(_RACES):
            channel = self.channel(link)
            changed = change(channel)
            if changed == channel:
                return channel
            with suppress(Stale, Duplicate):
                return self.keep(changed, (), call)
        raise Unavailable("channel_contended", "链路繁忙，请稍后重试。", link=link.id)

    def stop(self, call: Call, link: Link, stop: Stop) -> None:
        """Stops a direction of a link; it waits for ``tongban relay reconcile``."""
        log.error("link %s stops %s at %d: %s", link.id, stop.way, stop.sequence, stop.code)
        self.change(call, link, lambda channel: channel.stopped(stop))


def register_keys(entry: Entry) -> Body:
    """What an operator looks for: letters that wait here. Others have no standing, and cost the index nothing; of them the
    last word's time tells when they may be pruned.
    """
    last = entry.history[-1].at if entry.history else entry.at
    return {"standing": "set_aside", "settled": None} if entry.waits else {"standing": None, "settled": to_ms(last)}
