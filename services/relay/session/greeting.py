"""Who is on the line: hello and proof, from both ends."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import TongbanError, Unavailable
from kit.timestamps import from_timestamp, to_timestamp
from services.relay.domain.hello import NONCE_BYTES, PROTOCOL, Hello, proof
from services.relay.domain.link import Link
from services.relay.handlers.incoming import incoming_head
from services.relay.protos import head_message, head_of
from services.relay.session.surroundings import LineRefused, Side, Surroundings
from tongban.relay.v1 import link_pb2

log = logging.getLogger(__name__)

#: More than any card has.
_MAX_CARD: Final = 64 * 1024
_LATEST: Final = 253402300799
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Greeted:
    """The other end has proved who it is."""

    link: Link
    theirs: Hello
    #: How far its clock is ahead of ours.
    skew_ms: int
    #: That it reads several frames in one message.
    reads_frames: bool


class Greeting:
    """The beginning of a conversation. Its methods raise ``TongbanError`` with the code that the other end is told."""

    def __init__(self, around: Surroundings, side: Side, link_id: str, shown_site: str) -> None:
        self._around = around
        self._side = side
        self._link_id = link_id
        self._shown_site = shown_site
        self._link: Link | None = None
        self._mine: Hello | None = None
        self._theirs: Hello | None = None
        self._card = b""
        self._reads_frames = False
        #: Set when it is over.
        self.greeted: Greeted | None = None

    def start(self) -> list[link_pb2.Frame]:
        """The dialling end's hello."""
        return [self._say_hello(self._around.link(self._link_id))]

    def receive(self, which: str, frame: link_pb2.Frame) -> list[link_pb2.Frame]:
        """Hears a frame; what is to be said at once."""
        if which == "hello" and self._theirs is None:
            self._card = frame.hello.card[:_MAX_CARD]
            self._reads_frames = frame.hello.reads_frames
            return self._hear_hello(_hello_of(frame.hello))
        if which == "proof" and self._link is not None and self._mine is not None and self._theirs is not None:
            return self._hear_proof(frame.proof, self._link, self._mine, self._theirs)
        if which in ("ping", "pong"):
            return []
        raise LineRefused("hello_expected", "对方未按协议先行问候，连接已关闭。", got=which)

    def _say_hello(self, link: Link) -> link_pb2.Frame:
        desk = self._around.desk
        desk.require_identity()
        head, nonce = incoming_head(desk, link), self._around.random(NONCE_BYTES)
        self._mine = Hello(desk.site, link.id, head, self._around.call().now, nonce)
        message = _hello_message(self._mine)
        message.card = desk.introductions.card()
        return link_pb2.Frame(hello=message)

    def _hear_hello(self, theirs: Hello) -> list[link_pb2.Frame]:
        if theirs.protocol != PROTOCOL:
            raise LineRefused("protocol_unknown", "双方协议版本不一致，请升级后重试。", got=theirs.protocol)
        if self._link_id and theirs.link != self._link_id:
            raise LineRefused("another_link", "对方应答的不是本链路，连接已关闭。")
        link = self._around.link(theirs.link)
        if theirs.site != link.peer or (self._shown_site and self._shown_site != link.peer):
            raise LineRefused("another_site", "对方站点与链路登记不符，连接已关闭。", got=theirs.site[:64])
        skew = theirs.now - self._around.call().now
        if abs(skew) > self._around.terms.skew:
            raise LineRefused("clock_skew", "双方时钟相差过大，请校准时钟后重试。", milliseconds=skew // _MILLISECOND)
        self._link, self._theirs = link, theirs
        if self._side is Side.DIALLING:
            return []
        hello = self._say_hello(link)
        return [hello, *self._say_proof(theirs)]

    def _say_proof(self, theirs: Hello) -> list[link_pb2.Frame]:
        if self._mine is None:
            return []
        keyring, now = self._around.desk.keyring, self._around.call().now
        key_id = keyring.signing_key_id(now)
        data = self._proof(self._mine, theirs, self._around.desk.site, key_id)
        return [link_pb2.Frame(proof=link_pb2.Proof(key_id=key_id, signature=keyring.sign(key_id, data)))]

    def _proof(self, mine: Hello, theirs: Hello, signer: str, key_id: str) -> bytes:
        dialling, listening = (mine, theirs) if self._side is Side.DIALLING else (theirs, mine)
        return proof(dialling, listening, signer, key_id)

    def _hear_proof(self, said: link_pb2.Proof, link: Link, mine: Hello, theirs: Hello) -> list[link_pb2.Frame]:
        call = self._around.call()
        data = self._proof(mine, theirs, link.peer, said.key_id)
        if self._card:
            try:
                self._around.desk.introductions.meet(call, link, self._card)
            except Unavailable:
                raise
            except TongbanError as error:
                log.warning("link %s: the neighbour's card isn't taken: %s", link.id, error.code)
        self._around.desk.keyring.verify(link.peer, said.key_id, data, said.signature, call.now)
        self.greeted = Greeted(link, theirs, (theirs.now - call.now) // _MILLISECOND, self._reads_frames)
        return self._say_proof(theirs) if self._side is Side.DIALLING else []


def _hello_message(hello: Hello) -> link_pb2.Hello:
    return link_pb2.Hello(
        protocol=hello.protocol,
        site=hello.site,
        link=hello.link,
        received=head_message(hello.received),
        now=to_timestamp(hello.now) or Timestamp(),
        nonce=hello.nonce,
        reads_frames=True,
    )


def _hello_of(message: link_pb2.Hello) -> Hello:
    """Raises ``LineRefused`` (``hello_malformed``), ``Invalid`` (``head_malformed``)."""
    now = message.now
    is_time = 0 <= now.seconds <= _LATEST and 0 <= now.nanos < 1_000_000_000
    if not is_time or len(message.nonce) != NONCE_BYTES or message.protocol < 1:
        raise LineRefused("hello_malformed", "对方问候格式不符合规定，连接已关闭。")
    received = head_of(message.received)
    return Hello(message.site, message.link, received, from_timestamp(now), message.nonce, message.protocol)
