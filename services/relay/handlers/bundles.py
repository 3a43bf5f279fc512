"""Bundles: a link's envelopes and files as one sealed file, for sites without a line. In any order, any number of times."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from kit.call import Call
from kit.errors import Forbidden, Invalid, NotFound, TongbanError, Unavailable
from kit.sealing import SealingOpener
from kit.timestamps import to_timestamp
from services.relay import bundle
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.files import FileState
from services.relay.domain.letter import Attachment
from services.relay.domain.link import Link
from services.relay.handlers.attachments import Files, Reading
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.desk import Desk
from services.relay.handlers.incoming import import_envelopes, incoming_head
from services.relay.handlers.outgoing import acknowledged, next_envelopes
from services.relay.handlers.reissuing import reissue
from services.relay.protos import envelope_of, head_message, head_of
from tongban.relay.v1 import link_pb2, messages_pb2

log = logging.getLogger(__name__)

#: Of one frame in a bundle.
_ENVELOPES: Final = 200
_BYTES: Final = 2 * 1024 * 1024
#: How the contacts call it.
_VIA: Final = "bundle"


class BundleRefused(Forbidden):
    """A bundle isn't for this site, or not from whom it says."""


@dataclass(frozen=True)
class Bundles:
    """What bundles are made of and opened with."""

    desk: Desk
    files: Files
    contacts: Contacts
    #: This site's sealing keys, by id.
    openers: Callable[[], Mapping[str, SealingOpener]]


@dataclass(slots=True)
class Told:
    """What a bundle held, for the operator."""

    link: str
    peer: str
    #: Envelopes, and the numbers of the first and last of them; 0: none.
    envelopes: int = 0
    first: int = 0
    last: int = 0
    files: int = 0
    #: Bytes of the file that was written.
    size: int = 0
    #: How far what comes over the link is here with it.
    head: int = 0

    def count(self, sequence: int) -> None:
        """One more envelope."""
        self.first = min(self.first or sequence, sequence)
        self.last = max(self.last, sequence)
        self.envelopes += 1


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def export_bundle(
    *,
    bundles: Bundles,
    call: Call,
    link_id: str,
    file: BinaryIO,
    after: int | None = None,
    anew_behind: int | None = None,
) -> Told:
    """Writes what the other end doesn't have yet, as far as it has said (or what is behind ``after``), with its files.

    ``anew_behind``: up to there the other end has everything, as its operator says; what a revoked key signed behind it is
    signed anew. Raises ``LinkClosed``, ``LinkStopped``, ``Invalid`` (``peer_has_no_sealing_key``), ``Unavailable``.
    """
    desk = bundles.desk
    desk.require_identity()
    link = desk.links.link(link_id)
    link.require_active()
    to = link.peer_card.sealing_key(call.now)
    if to is None:
        raise Invalid(
            "peer_has_no_sealing_key", "对方站点名片中没有加密公钥，无法导出函件包，请索取新名片。", peer=link.peer
        )
    if anew_behind is not None:
        _sign_anew(desk, call, link, anew_behind)
        after = anew_behind
    contact = bundles.contacts.of(link_id) if after is None else None
    start = contact.acknowledged if contact is not None else after or 0
    told = Told(link.id, link.peer)
    key_id = desk.keyring.signing_key_id(call.now)
    told.size = bundle.write(
        file,
        link=link.id,
        from_site=desk.site,
        to_site=link.peer,
        now=call.now,
        to=to,
        card=desk.introductions.card(),
        frames=_frames(bundles, call, link, start, told),
        key_id=key_id,
        sign=lambda data: desk.keyring.sign(key_id, data),
    )
    told.head = incoming_head(desk, link).sequence
    return told


def _sign_anew(desk: Desk, call: Call, link: Link, behind: int) -> None:
    """Raises ``Invalid`` (``envelope_unknown``): there is no such number."""
    kept = desk.envelopes.at(desk.outgoing(link).key, behind) if behind else None
    if behind and kept is None:
        raise Invalid("envelope_unknown", "本站点没有寄出过该序号的函件，请与对方核对。", sequence=behind)
    reissue(desk, call, link, Head() if kept is None else kept.head)


def _frames(bundles: Bundles, call: Call, link: Link, after: int, told: Told) -> Iterator[link_pb2.Frame]:
    desk = bundles.desk
    received = head_message(incoming_head(desk, link))
    hello = link_pb2.Hello(protocol=1, site=desk.site, link=link.id, received=received, now=to_timestamp(call.now))
    yield link_pb2.Frame(hello=hello)
    files: dict[str, int] = {}
    while found := next_envelopes(desk, link, after, _ENVELOPES, _BYTES):
        message = link_pb2.Envelopes()
        for kept in found:
            message.envelopes.append(messages_pb2.Envelope.FromString(kept.data))
            files |= {each.sha256: each.size for each in message.envelopes[-1].letter.attachments}
            told.count(kept.sequence)
        after = found[-1].sequence
        yield link_pb2.Frame(envelopes=message)
    for sha256, size in files.items():
        reading = Reading(lambda sha256=sha256: bundles.files.open(sha256))  # type: ignore[misc]
        offset = 0
        while data := _piece(reading, sha256, offset):
            chunk = link_pb2.AttachmentChunk(sha256=sha256, offset=offset, data=data, size=size)
            yield link_pb2.Frame(attachment_chunk=chunk)
            offset += len(data)
        told.files += offset == size


def _piece(reading: Reading, sha256: str, offset: int) -> bytes:
    """Empty also of a file that was let go of, as the other end has had it, or the site needs it no more."""
    try:
        return reading.piece(offset)
    except NotFound:
        log.warning("file %s isn't here any more; the bundle goes without it", sha256)
        return b""


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def import_bundle(*, bundles: Bundles, call: Call, file: BinaryIO) -> Told:
    """Takes what a neighbour's bundle holds; again without effect.

    Raises ``BundleMalformed``, ``BundleRefused`` (``bundle_for_another_site``, ``bundle_of_another_site``,
    ``bundle_key_unknown``), ``NotSealedForUs``, ``KeyRefused``, ``SignatureRefused``, and what an envelope is refused for;
    then those before it are kept.
    """
    desk = bundles.desk
    desk.require_identity()
    opened = bundle.read(file)
    if opened.to_site != desk.site:
        raise BundleRefused("bundle_for_another_site", "函件包不是寄给本站点的，请核对文件。", to=opened.to_site[:80])
    link = desk.links.link(opened.link[:80])
    link.require_active()
    if opened.from_site != link.peer:
        raise BundleRefused("bundle_of_another_site", "函件包不是该链路的对方站点导出的，请核对文件。", link=link.id)
    link = _introduced(desk, call, link, opened.card)
    desk.keyring.verify(link.peer, opened.key_id, opened.canonical, opened.signature, call.now)
    opener = bundles.openers().get(opened.sealing_key_id)
    if opener is None:
        raise BundleRefused(
            "bundle_key_unknown",
            "函件包使用的加密公钥不属于本站点，请对方使用新名片重新导出。",
            key=opened.sealing_key_id[:80],
        )
    importing = _Import(bundles, call, link)
    for frame in bundle.frames(file, opened, opener.open_key(opened.sealed_key)):
        importing.take(frame)
    told = importing.told
    told.head = incoming_head(desk, link).sequence
    bundles.contacts.heard(call, link.id, _VIA, acknowledged=importing.acknowledged)
    desk.nudge(link.id, False)
    return told


def _introduced(desk: Desk, call: Call, link: Link, card: bytes) -> Link:
    """The link with the sender's present card, where that follows the one that is known."""
    if card:
        try:
            desk.introductions.meet(call, link, card)
        except Unavailable:
            raise
        except TongbanError as error:  # then the bundle's signature has to be by a key that is known
            log.warning("link %s: the card in a bundle isn't taken: %s", link.id, error.code)
    return desk.links.link(link.id)


@dataclass
class _Import:
    """One bundle on its way in; its signature and its link are known to be right."""

    bundles: Bundles
    call: Call
    link: Link
    told: Told = field(init=False)
    #: How far the other end has come; ``None``: the bundle doesn't say.
    acknowledged: int | None = None
    #: The files of its envelopes that aren't here.
    _wanted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.told = Told(self.link.id, self.link.peer)

    def take(self, frame: link_pb2.Frame) -> None:
        """Takes one frame; those that mean nothing in a bundle are passed over."""
        which = frame.WhichOneof("body")
        if which == "hello":
            head = head_of(frame.hello.received)
            if acknowledged(self.bundles.desk, self.call, self.link, head):
                self.acknowledged = head.sequence
        elif which == "envelopes":
            self._take_envelopes([envelope_of(each) for each in frame.envelopes.envelopes])
        elif which == "attachment_chunk":
            self._take_piece(frame.attachment_chunk)

    def _take_envelopes(self, envelopes: list[Envelope]) -> None:
        import_envelopes(self.bundles.desk, self.call, self.link, envelopes)
        most = self.link.limits.max_attachment_bytes
        for envelope in envelopes:
            self.told.count(envelope.sequence)
            for each in envelope.letter.attachments:
                if each.size <= most:  # the letter of a larger one will be set aside, so its file isn't asked for
                    self._want(each)

    def _want(self, attachment: Attachment) -> None:
        if self.bundles.files.want(self.call, self.link.id, [attachment]) is FileState.WANTED:
            self._wanted.add(attachment.sha256)

    def _take_piece(self, chunk: link_pb2.AttachmentChunk) -> None:
        if chunk.sha256 not in self._wanted:
            return
        following = self.bundles.files.take(self.call, self.link.id, chunk.sha256, chunk.offset, chunk.data)
        if following is None or following.offset < chunk.offset:
            self._wanted.discard(chunk.sha256)
            self.told.files += following is None
