"""What the partner API asks of the relay: the same that every other line asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from kit.call import Call
from services.relay.domain.card import SiteCard
from services.relay.domain.chain import TypeRange
from services.relay.domain.comparing import Question
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.reconcile import Report

#: Raises ``Forbidden`` unless a key of the site that holds at that time made the signature.
Verify = Callable[[str, str, bytes, bytes, datetime], None]


@dataclass(frozen=True, slots=True)
class Line:
    """A link as its neighbour sees it."""

    id: str
    #: The site at the other end.
    peer: str
    state: str
    #: What the link allows, by the names of the API.
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heads:
    """How far both directions have come."""

    #: What the neighbour sent and we have durably.
    received: Head
    #: The last that we have for the neighbour.
    sent: Head
    #: How much of that it has acknowledged.
    acknowledged: int


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of the neighbour's that a letter waits for, and from which byte on."""

    sha256: str
    offset: int
    size: int


class Office(Protocol):
    """The relay behind the partner API. Every method may raise ``Unavailable``."""

    @property
    def site(self) -> str:
        """This site's id."""
        ...

    def line(self, id: str) -> Line:
        """The link of this id. Raises ``NotFound``."""
        ...

    def require_active(self, line: Line) -> None:
        """Raises ``TongbanError`` unless letters travel on it now."""
        ...

    def verify(self, site: str, key_id: str, data: bytes, signature: bytes, at: datetime) -> None:
        """Raises ``Forbidden`` unless a key of the site that holds at that time made the signature."""
        ...

    def sign(self, key_id: str, data: bytes) -> bytes:
        """This site's signature."""
        ...

    def signing_key_id(self, now: datetime) -> str:
        """The key that this site signs with now. Raises ``Unavailable`` without an identity."""
        ...

    def card(self) -> SiteCard | None:
        """This site's card."""
        ...

    def card_to_follow(self, line: Line, card: SiteCard, now: datetime) -> Verify:
        """Verifies by a later card of the neighbour's, that may take the known one's place. Raises ``CardRefused``."""
        ...

    def learn(self, call: Call, line: Line, card: SiteCard) -> None:
        """Knows the neighbour by a later card from now on. Raises ``CardRefused``, ``Conflict``."""
        ...

    def heard(self, call: Call, line: Line) -> None:
        """Notes that the neighbour asked for something."""
        ...

    def heads(self, line: Line) -> Heads:
        """How far the link has come."""
        ...

    def receive(self, call: Call, line: Line, envelopes: Sequence[Envelope]) -> Head:
        """Takes envelopes that the neighbour sent; the head when they are durable. Raises ``TongbanError``."""
        ...

    def next_envelopes(self, line: Line, after: int, limit: int, max_bytes: int) -> Sequence[Envelope]:
        """What follows, for the neighbour. Raises ``Conflict`` behind what was ever sent."""
        ...

    def acknowledged(self, call: Call, line: Line, head: Head) -> None:
        """The neighbour has everything up to there. Raises ``Conflict``."""
        ...

    def ranges(self, line: Line, from_site: str, first: int, last: int) -> tuple[int, Head, Sequence[TypeRange]]:
        """How far a range of a direction is filled here, its head, and counts and hashes by type. Raises ``Invalid``."""
        ...

    def kept(self, line: Line, from_site: str, first: int, last: int) -> Sequence[Envelope]:
        """What is here of a range of a direction, as much as one answer holds. Raises ``Invalid``."""
        ...

    def ask_reconciling(self, call: Call, line: Line, reason: str) -> None:
        """The neighbour wants a reconciling. Raises ``Exhausted``, ``Invalid``, ``Conflict``."""
        ...

    def question(self, call: Call, line: Line) -> Question | None:
        """What the neighbour is asked now. Raises ``Conflict``."""
        ...

    def hear_range(
        self, call: Call, line: Line, id: str, last: int, head: Head, types: Sequence[TypeRange]
    ) -> tuple[Question | None, Report]:
        """The neighbour's answer about a range; what it is asked next (``None``: it is done). Raises ``TongbanError``."""
        ...

    def hear_envelopes(
        self, call: Call, line: Line, id: str, envelopes: Sequence[Envelope]
    ) -> tuple[Question | None, Report]:
        """The neighbour's envelopes of a range; as ``hear_range``."""
        ...

    def wanted(self, line: Line, limit: int) -> Sequence[WantedFile]:
        """Files that the neighbour is to bring."""
        ...

    def take(self, call: Call, line: Line, sha256: str, offset: int, data: bytes) -> WantedFile | None:
        """Keeps a piece; where to go on, or ``None`` at the file's end. Raises ``Conflict``, ``Invalid``."""
        ...

    def offered(self, line: Line, sha256: str) -> int:
        """The size of a file that the neighbour may fetch. Raises ``NotFound``."""
        ...

    def piece(self, call: Call, line: Line, sha256: str, offset: int, length: int) -> bytes:
        """A part of it, at least a byte and at the most ``length``. Raises ``NotFound``, ``Unavailable``."""
        ...
