"""What operators see: how far each link has come, what waits for its peer, what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.store.repository import Found
from services.relay.domain.channel import Stop
from services.relay.domain.contact import Contact
from services.relay.domain.envelope import Head
from services.relay.domain.link import Link
from services.relay.domain.register import Entry
from services.relay.handlers.attachments import Files
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.desk import Desk
from services.relay.handlers.place import Kept

#: Links that are looked at for one answer.
MOST_LINKS: Final = 1000
#: Up to where is counted.
COUNTED: Final = 1000
_PAGE: Final = 50
_MOST: Final = 200
_FILES: Final = 100


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a link stands."""

    link: Link
    sent: Head
    received: Head
    #: The last that came and was passed on.
    passed: int
    #: Letters that wait for files.
    waiting: int
    files_wanted: int
    contact: Contact | None
    stops: tuple[Stop, ...]
    #: When the oldest was written that the peer hasn't acknowledged; ``None``: it has everything.
    oldest_at: datetime | None

    @property
    def acknowledged(self) -> int:
        """The last that the peer has."""
        return 0 if self.contact is None else min(self.contact.acknowledged, self.sent.sequence)

    @property
    def backlog(self) -> int:
        """How many it doesn't have yet."""
        return self.sent.sequence - self.acknowledged

    def age(self, now: datetime) -> float:
        """How long the oldest of these has waited, in seconds."""
        return 0.0 if self.oldest_at is None else max(0.0, (now - self.oldest_at).total_seconds())


def list_traffic(*, desk: Desk, files: Files, contacts: Contacts, limit: int = MOST_LINKS) -> Sequence[Traffic]:
    """The links that stand, those first that have been waited for longest."""
    found = [traffic_of(desk, files, contacts, each) for each in desk.links.standing_links()[:limit]]
    return sorted(
        found, key=lambda each: (each.oldest_at is None, each.oldest_at or each.link.changed_at, each.link.peer)
    )


def traffic_of(desk: Desk, files: Files, contacts: Contacts, link: Link) -> Traffic:
    """One link."""
    channel, contact = desk.channel(link), contacts.of(link.id)
    lane = desk.outgoing(link).key
    sent = desk.envelopes.head(lane)
    acknowledged = 0 if contact is None else contact.acknowledged
    oldest = desk.envelopes.at(lane, acknowledged + 1) if sent.sequence > acknowledged else None
    return Traffic(
        link=link,
        sent=sent,
        received=desk.envelopes.head(desk.incoming(link).key),
        passed=channel.passed,
        waiting=len(channel.waiting),
        files_wanted=len(files.wanted(link.id, _FILES)),
        contact=contact,
        stops=channel.stops,
        oldest_at=None if oldest is None else oldest.at,
    )


def list_queue(*, desk: Desk, contacts: Contacts, link_id: str, after: int, limit: int) -> Sequence[Kept]:
    """What waits on a link for its peer, the oldest first. Raises ``NotFound``."""
    link = desk.links.link(link_id)
    contact = contacts.of(link_id)
    behind = max(after, 0 if contact is None else contact.acknowledged)
    return desk.envelopes.after(desk.outgoing(link).key, behind, min(limit, _MOST) if limit > 0 else _PAGE)


def list_aside(*, desk: Desk, limit: int, cursor: str) -> Found[Entry]:
    """Letters that wait for this site's operator, the oldest first."""
    size = min(limit, _MOST) if limit > 0 else _PAGE
    return desk.register.find("by_standing", standing="set_aside", limit=size, cursor=cursor)


def count_aside(*, desk: Desk) -> int:
    """How many there are, counted to ``COUNTED``."""
    return desk.register.count("by_standing", standing="set_aside", limit=COUNTED)
