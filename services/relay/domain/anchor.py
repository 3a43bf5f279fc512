"""Anchors (衔接点): where both ends of a direction agree that stood still, each by a named operator's word."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kit.errors import Conflict, Invalid
from services.relay.domain.canonical import form
from services.relay.domain.chain import Lane
from services.relay.domain.envelope import Head
from services.relay.domain.proposal import Approval

_FORM: Final = "TONGBAN-LINK-ANCHOR-1"
#: How long a word may be acted on: our own choice.
ANCHOR_LIVES: Final = timedelta(days=30)


class AnchorRefused(Conflict):
    """The two ends don't agree, or it was done before."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One end's word: a direction has this number alike at both ends, and goes on behind it."""

    link: str
    #: Whose letters the direction has.
    from_site: str
    head: Head
    approval: Approval
    key_id: str = ""
    signature: bytes = field(default=b"", repr=False)

    def canonical(self) -> bytes:
        """What the site that says so signs."""
        head = (self.link, self.from_site, self.head.sequence, self.head.digest)
        return form(_FORM, (*head, *self.approval.fields(), self.key_id))

    @property
    def id(self) -> str:
        """What it is known by once it was acted on."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def require_from(self, peer: str, lane: Lane, now: datetime) -> None:
        """Raises ``Invalid`` (``anchor_malformed``), ``AnchorRefused`` (``anchor_expired``)."""
        if (self.link, self.from_site, self.approval.site) != (lane.link, lane.from_site, peer):
            raise Invalid(
                "anchor_malformed", "衔接文件不是对方就本链路这一方向出具的，请核对文件。", link=self.link[:80]
            )
        if not self.approval.at <= now + timedelta(hours=1) or now > self.approval.at + ANCHOR_LIVES:
            raise AnchorRefused(
                "anchor_expired", "衔接文件已超过30天，请对方重新出具。", at=self.approval.at.isoformat()
            )


@dataclass(frozen=True, slots=True)
class Reanchoring:
    """That a direction went on from an anchor. ``id`` is that of the other end's word."""

    id: str
    link: str
    from_site: str
    sequence: int
    ours: Approval
    theirs: Approval
    begun_at: datetime
    set_aside: int = 0
    done_at: datetime | None = None
    version: int = 0
