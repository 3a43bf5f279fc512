"""What two sites hand each other, out of band, to be linked: a proposal and its acceptance, each approved by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import Invalid
from services.relay.domain.canonical import form
from services.relay.domain.card import SiteCard
from services.relay.domain.limits import Limits

_PROPOSAL: Final = "TONGBAN-LINK-PROPOSAL-1"
_ACCEPTANCE: Final = "TONGBAN-LINK-ACCEPTANCE-1"
#: How long a proposal may be accepted: our own choice.
PROPOSAL_LIVES: Final = timedelta(days=30)


class Direction(StrEnum):
    """What the peer is to this site."""

    PARENT = "parent"
    CHILD = "child"
    PARTNER = "partner"

    @property
    def seen_from_there(self) -> Direction:
        """What this site is to the peer."""
        return {Direction.PARENT: Direction.CHILD, Direction.CHILD: Direction.PARENT}.get(self, self)


@dataclass(frozen=True, slots=True)
class Approval:
    """That a named person of a site approved."""

    site: str
    name: str
    #: The account that acted.
    actor_id: str
    at: datetime
    reason: str = ""

    def fields(self) -> Iterator[str | datetime]:
        """Its part of a canonical form."""
        yield from (self.site, self.name, self.actor_id, self.at, self.reason)

    def require_sound(self) -> None:
        """Raises ``Invalid`` (``approver_missing``, ``reason_too_long``)."""
        if not 2 <= len(self.name.strip()) <= 50:
            raise Invalid("approver_missing", "请填写批准人姓名（2至50个字）。", field="approved_by")
        if len(self.reason) > 500:
            raise Invalid("reason_too_long", "理由不能超过500字，请精简。", field="reason")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A link that a site proposes to another."""

    link: str
    card: SiteCard
    peer: str
    #: What the peer is to the site that proposes.
    direction: Direction
    limits: Limits
    approval: Approval
    expires_at: datetime
    key_id: str = ""
    signature: bytes = field(default=b"", repr=False)

    def canonical(self) -> bytes:
        """What the proposing site signs."""
        card = self.card.canonical()
        head = (self.link, card, self.peer, self.direction.value)
        return form(_PROPOSAL, (*head, *self.limits.fields(), *self.approval.fields(), self.expires_at, self.key_id))

    def digest(self) -> bytes:
        """What an acceptance names it by."""
        return hashlib.sha256(self.canonical()).digest()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The answer to a proposal."""

    link: str
    proposal_digest: bytes
    card: SiteCard
    limits: Limits
    approval: Approval
    key_id: str = ""
    signature: bytes = field(default=b"", repr=False)

    def canonical(self) -> bytes:
        """What the accepting site signs."""
        head = (self.link, self.proposal_digest, self.card.canonical())
        return form(_ACCEPTANCE, (*head, *self.limits.fields(), *self.approval.fields(), self.key_id))
