"""The relay behind the partner API: the same use cases as behind every other line."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Invalid, NotFound, TongbanError
from kit.store.repository import Repository
from services.relay.cards import card_message, parse_card
from services.relay.domain.card import SiteCard, require_genuine, require_successor
from services.relay.domain.chain import TypeRange
from services.relay.domain.comparing import Question
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.keys import find_key
from services.relay.domain.link import Link
from services.relay.domain.quota import Pace
from services.relay.domain.reconcile import Report
from services.relay.handlers.attachments import Files, Reading
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.desk import Desk
from services.relay.handlers.incoming import incoming_head, receive
from services.relay.handlers.keyring import SignatureRefused, signed_with
from services.relay.handlers.outgoing import acknowledged, next_envelopes, outgoing_head
from services.relay.handlers.quotas import count_letters
from services.relay.handlers.reissuing import reissue
from services.relay.partner.port import Heads, Line, Verify, WantedFile
from services.relay.partner.reconciling import PartnerReconciling
from services.relay.protos import parse_envelope

#: Files that are held open for partners, all together. Our own choice.
_OPEN: Final = 16
_VIA: Final = "partner"


class NotOurs(Conflict):
    """The neighbour speaks of envelopes that aren't in our chain."""


@dataclass
class DeskOffice:
    """What the API asks, over the relay's desk."""

    desk: Desk
    files: Files
    contacts: Contacts
    #: How many letters partners may still post.
    paces: Repository[Pace]
    reconciling: PartnerReconciling
    new_id: Callable[[datetime], str]
    #: A call of relay's own, now.
    call: Callable[[], Call]
    #: Told of each request that the neighbour signed.
    on_heard: Callable[[Call, str], None] = lambda _call, _link: None
    #: Told when a file has come to its end, so that letters that waited for it go on.
    file_came: Callable[[str], None] = lambda _link: None
    _readings: OrderedDict[tuple[str, str], tuple[Reading, threading.Lock]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def site(self) -> str:
        """This site's id."""
        return self.desk.site

    def line(self, id: str) -> Line:
        """The link of this id."""
        link = self._link(id)
        limits = link.limits
        return Line(
            link.id,
            link.peer,
            link.state.value,
            {
                "max_letter_bytes": limits.max_letter_bytes,
                "max_attachment_bytes": limits.max_attachment_bytes,
                "letters_per_minute": limits.letters_per_minute,
                "attachment_bytes_per_day": limits.attachment_bytes_per_day,
            },
        )

    def require_active(self, line: Line) -> None:
        """Raises ``LinkClosed``."""
        self._link(line.id).require_active()

    def verify(self, site: str, key_id: str, data: bytes, signature: bytes, at: datetime) -> None:
        """Raises ``KeyRefused``, ``SignatureRefused``."""
        self.desk.keyring.verify(site, key_id, data, signature, at)

    def card(self) -> SiteCard | None:
        """This site's card."""
        card = self.desk.introductions.card()
        return parse_card(card) if card else None

    def card_to_follow(self, line: Line, card: SiteCard, now: datetime) -> Verify:
        """Verifies by the card's keys once it is proved that it follows the known one."""
        known = self._link(line.id).peer_card
        require_genuine(card, now, signed_with)
        if card.canonical() != known.canonical():
            require_successor(known, card)

        def verify(site: str, key_id: str, data: bytes, signature: bytes, at: datetime) -> None:
            key = find_key(card.keys, key_id)
            key.require_valid(at, None)
            if not signed_with(key, data, signature):
                raise SignatureRefused("signature_wrong", "签名与内容不符，内容可能被改动。", site=site, key=key_id)

        return verify

    def learn(self, call: Call, line: Line, card: SiteCard) -> None:
        """Knows the neighbour by a later card."""
        data = card_message(card).SerializeToString(deterministic=True)
        self.desk.introductions.meet(call, self._link(line.id), data)

    def sign(self, key_id: str, data: bytes) -> bytes:
        """This site's signature."""
        return self.desk.keyring.sign(key_id, data)

    def signing_key_id(self, now: datetime) -> str:
        """The key that this site signs with now."""
        return self.desk.keyring.signing_key_id(now)

    def heard(self, call: Call, line: Line) -> None:
        """The neighbour asked for something."""
        self.contacts.heard(call, line.id, _VIA)
        self.on_heard(call, line.id)
        self.reconciling.heard(call, self._link(line.id))

    # ── Envelopes ────────────────────────────────────────────────────────────────────────────────────────────

    def heads(self, line: Line) -> Heads:
        """How far the link has come."""
        link = self._link(line.id)
        contact = self.contacts.of(line.id)
        return Heads(
            incoming_head(self.desk, link),
            outgoing_head(self.desk, link),
            0 if contact is None else contact.acknowledged,
        )

    def receive(self, call: Call, line: Line, envelopes: Sequence[Envelope]) -> Head:
        """Takes envelopes, and asks at once for their files: a partner brings them right behind."""
        link = self._link(line.id)
        self._count(call, link, envelopes)
        head = receive(self.desk, call, link, envelopes)
        for each in envelopes:
            # What the link doesn't carry is refused when it is passed on; its files aren't wanted.
            with suppress(TongbanError):
                link.permits(each.letter)
                self.files.want(call, link.id, each.letter.attachments)
        return head

    def _count(self, call: Call, link: Link, envelopes: Sequence[Envelope]) -> None:
        """Holds new letters against the link's rate; those that come again are free."""
        if link.limits.letters_per_minute:
            head = incoming_head(self.desk, link)
            count_letters(self.paces, call, link, sum(each.sequence > head.sequence for each in envelopes))

    def next_envelopes(self, line: Line, after: int, limit: int, max_bytes: int) -> Sequence[Envelope]:
        """What follows, for the neighbour."""
        link = self._link(line.id)
        self._sign_anew(link, after)
        found = next_envelopes(self.desk, link, after, limit, max_bytes)
        if not found and after > outgoing_head(self.desk, link).sequence:
            raise NotOurs("poll_beyond_head", "after 大于本站点已发出的序号，请用 GET 链路进度核对。", after=after)
        return [each.envelope() for each in found]

    def _sign_anew(self, link: Link, after: int) -> None:
        """What waits behind ``after`` was signed by a key that is revoked now: a poll says what its sender has, as a hello
        does. What was acknowledged stays as it is.
        """
        contact = self.contacts.of(link.id)
        if contact is not None and after < contact.acknowledged:
            return
        lane = self.desk.outgoing(link).key
        kept = self.desk.envelopes.at(lane, after) if after else None
        if after == 0 or kept is not None:
            reissue(self.desk, self.call(), link, Head() if kept is None else kept.head)

    def acknowledged(self, call: Call, line: Line, head: Head) -> None:
        """The neighbour has everything up to there; one that isn't of our chain stops the link."""
        link = self._link(line.id)
        if not acknowledged(self.desk, call, link, head):
            raise NotOurs("chain_forked", "确认的摘要与本站点发出的函件不一致，链路已停止，请联系对方管理员核对。")
        self.contacts.heard(call, link.id, _VIA, acknowledged=head.sequence)

    # ── Reconciling ──────────────────────────────────────────────────────────────────────────────────────────

    def ranges(self, line: Line, from_site: str, first: int, last: int) -> tuple[int, Head, Sequence[TypeRange]]:
        """What is here of a range, by type."""
        return self.reconciling.of.tell(self._link(line.id), from_site, first, last)

    def kept(self, line: Line, from_site: str, first: int, last: int) -> Sequence[Envelope]:
        """What is here of a range."""
        of = self.reconciling.of
        found = []
        for each in of.returned(of.lane(self._link(line.id), from_site), max(1, first), last):
            with suppress(Invalid):  # damaged here: to the neighbour it isn't there
                found.append(parse_envelope(each.data))
        return found

    def ask_reconciling(self, call: Call, line: Line, reason: str) -> None:
        """The neighbour wants a reconciling."""
        self.reconciling.ask(call, self._link(line.id), self.new_id(call.now), reason)

    def question(self, call: Call, line: Line) -> Question | None:
        """What the neighbour is asked now."""
        return self.reconciling.question(call, self._link(line.id))

    def hear_range(
        self, call: Call, line: Line, id: str, last: int, head: Head, types: Sequence[TypeRange]
    ) -> tuple[Question | None, Report]:
        """The neighbour's answer about a range."""
        return self.reconciling.hear_range(call, self._link(line.id), id, last, head, types)

    def hear_envelopes(
        self, call: Call, line: Line, id: str, envelopes: Sequence[Envelope]
    ) -> tuple[Question | None, Report]:
        """The neighbour's envelopes of a range."""
        return self.reconciling.hear_envelopes(call, self._link(line.id), id, envelopes)

    # ── Files ────────────────────────────────────────────────────────────────────────────────────────────────

    def wanted(self, line: Line, limit: int) -> Sequence[WantedFile]:
        """Files that the neighbour is to bring."""
        return [WantedFile(each.sha256, each.offset, each.size) for each in self.files.wanted(line.id, limit)]

    def take(self, call: Call, line: Line, sha256: str, offset: int, data: bytes) -> WantedFile | None:
        """Keeps a piece."""
        going_on = self.files.take(call, line.id, sha256, offset, data)
        if going_on is None:
            self.file_came(line.id)
            return None
        return WantedFile(going_on.sha256, going_on.offset, going_on.size)

    def offered(self, line: Line, sha256: str) -> int:
        """The size of a file that the neighbour may fetch."""
        file = self.files.offered(line.id, sha256)
        if file is None:
            raise NotFound("attachment_not_offered", "本链路的函件没有列出该附件，请核对摘要。", sha256=sha256)
        return file.size

    def piece(self, call: Call, line: Line, sha256: str, offset: int, length: int) -> bytes:
        """A part of it. Read on from where the last part ended: a file is verified as a stream."""
        reading, lock = self._reading(line.id, sha256)
        found = b""
        with lock:
            while len(found) < length and (more := reading.piece(offset + len(found))):
                found += more
        if offset + len(found) >= self.offered(line, sha256):
            self.files.given(call, line.id, sha256)
        return found[:length]

    def _reading(self, link: str, sha256: str) -> tuple[Reading, threading.Lock]:
        with self._lock:
            found = self._readings.pop((link, sha256), None) or (
                Reading(lambda: self.files.open(sha256)),
                threading.Lock(),
            )
            self._readings[link, sha256] = found
            if len(self._readings) > _OPEN:
                self._readings.popitem(last=False)
            return found

    def _link(self, id: str) -> Link:
        return self.desk.links.link(id)
