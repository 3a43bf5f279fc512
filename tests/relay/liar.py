"""A peer that lies: it has a real site's certificate and keys, and says on the line whatever a test makes it say."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

import grpc

from kit.clock import SystemClock
from kit.ids import Ids
from kit.timestamps import from_timestamp, to_timestamp
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.hello import Hello, proof
from services.relay.domain.letter import Attachment, Letter
from services.relay.handlers.identity import Identity, IdentityFolder
from services.relay.protos import envelope_message, head_message
from services.relay.transports.tls import OwnCertificate, target_of
from tests.relay.polling import until
from tests.relay.relay_site import RelaySite
from tongban.relay.v1 import link_pb2, link_pb2_grpc

#: The site that is lied to, and one that it doesn't know.
HUB, STRANGER = "610900.ankang", "511681.huaying"
_NONCE = b"n" * 32


@dataclass
class Liar:
    """Plays one site towards another."""

    site: RelaySite
    towards: RelaySite
    link: str
    #: The chain as an honest site would have it.
    head: Head = field(default_factory=Head)
    ids: Ids = field(default_factory=Ids)

    @property
    def identity(self) -> Identity:
        found = IdentityFolder(self.site.data / "secrets/relay").current()
        assert found is not None
        return found

    @property
    def key_id(self) -> str:
        return self.identity.card.keys[0].id

    # ── What it writes ───────────────────────────────────────────────────────────────────────────────────────

    def letter(self, **changes: Any) -> Letter:
        """A letter as it should be, but for the changes, signed."""
        now = SystemClock().now()
        given: dict[str, Any] = {
            "id": self.ids.new_id(now),
            "origin": self.site.site,
            "destination": self.towards.site,
            "type": "crossing.submitted",
            "type_version": 1,
            "journey": self.ids.new_id(now),
            "created_at": now,
            "payload": b"hello",
            "key_id": self.key_id,
        }
        letter = Letter(**given | changes)
        if letter.signature or letter.key_id not in self.identity.signers:
            return replace(letter, signature=letter.signature or b"s" * 64)
        return replace(letter, signature=self.identity.sign(letter.key_id, letter.canonical()))

    def envelope(self, letter: Letter | None = None, **changes: Any) -> Envelope:
        """The next envelope as it should be, but for the changes, signed; ``follow`` makes it part of the chain."""
        given: dict[str, Any] = {
            "letter": letter or self.letter(),
            "link": self.link,
            "from_site": self.site.site,
            "to_site": self.towards.site,
            "sequence": self.head.sequence + 1,
            "previous": self.head.digest,
            "key_id": self.key_id,
        }
        envelope = Envelope(**given | changes)
        if envelope.signature or envelope.key_id not in self.identity.signers:
            return replace(envelope, signature=envelope.signature or b"s" * 64)
        return replace(envelope, signature=self.identity.sign(envelope.key_id, envelope.canonical()))

    def follow(self, envelope: Envelope) -> Envelope:
        """The same; the next one stands behind it."""
        self.head = envelope.head()
        return envelope

    def attachment(self, content_sha256: str, size: int) -> Attachment:
        return Attachment(content_sha256, size, "application/pdf", "材料.pdf")

    # ── What it says ─────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def line(self, *, certificate_of: RelaySite | None = None) -> Iterator[Line]:
        """A line on which nothing was said yet."""
        folder = (certificate_of or self.site).data / "secrets/relay"
        key, chain = OwnCertificate(folder / "tls.crt", folder / "tls.key").read()
        root = (self.towards.data / "secrets/relay/tls.crt").read_bytes()
        card = IdentityFolder(self.towards.data / "secrets/relay").current()
        assert card is not None
        target = target_of(card.card.endpoints[0])
        options = [("grpc.ssl_target_name_override", self.towards.site), ("grpc.enable_retries", 0)]
        with grpc.secure_channel(target, grpc.ssl_channel_credentials(root, key, chain), options=options) as channel:
            yield Line(channel, self)

    def greeted(self) -> Any:
        """A line on which both ends have said who they are."""
        return _greeted(self)


@contextmanager
def _greeted(liar: Liar) -> Iterator[Line]:
    with liar.line() as line:
        line.greet()
        yield line


class Line:
    """One line of a liar's."""

    def __init__(self, channel: grpc.Channel, liar: Liar) -> None:
        self._liar = liar
        self._out: queue.SimpleQueue[link_pb2.Frame | None] = queue.SimpleQueue()
        stub: Any = link_pb2_grpc.LinkServiceStub(channel)
        self._in = stub.Exchange(iter(self._out.get, None), timeout=60)

    def say(self, **body: Any) -> Self:
        """Says one frame, such as ``ping=…``."""
        self._out.put(link_pb2.Frame(**body))
        return self

    def send(self, *envelopes: Envelope) -> Self:
        """Sends envelopes in one frame."""
        return self.say(envelopes=link_pb2.Envelopes(envelopes=[envelope_message(each) for each in envelopes]))

    def hear(self, *bodies: str) -> Any:
        """The next of these frames; a ``bye`` is heard in any case. Empty at the end of the line."""
        try:
            for frame in self._in:
                which = frame.WhichOneof("body")
                if which in bodies or which == "bye":
                    return getattr(frame, which)
        except grpc.RpcError:
            return link_pb2.Bye()
        return link_pb2.Bye()

    def code(self) -> str:
        """The code of the next refusal or goodbye."""
        return str(self.hear("refused").code)

    def hello(self, **changes: Any) -> Hello:
        """Says hello as it should be, but for the changes."""
        given: dict[str, Any] = {
            "site": self._liar.site.site,
            "link": self._liar.link,
            "received": Head(),
            "now": SystemClock().now(),
            "nonce": _NONCE,
        }
        mine = Hello(**given | changes)
        self.say(
            hello=link_pb2.Hello(
                protocol=mine.protocol,
                site=mine.site,
                link=mine.link,
                received=head_message(mine.received),
                now=to_timestamp(mine.now),
                nonce=mine.nonce,
            )
        )
        return mine

    def greet(self, *, key_id: str = "", signature: bytes = b"", late: timedelta = timedelta()) -> Self:
        """Says hello and proves it, with this key and signature where they are given."""
        mine = self.hello(now=SystemClock().now() + late)
        theirs = self.hear("hello")
        if isinstance(theirs, link_pb2.Bye):
            return self
        heard = Hello(
            theirs.site,
            theirs.link,
            Head(theirs.received.sequence, theirs.received.hash),
            from_timestamp(theirs.now),
            theirs.nonce,
        )
        key_id = key_id or self._liar.key_id
        data = proof(mine, heard, self._liar.site.site, key_id)
        signature = signature or self._liar.identity.sign(self._liar.key_id, data)
        return self.say(proof=link_pb2.Proof(key_id=key_id, signature=signature))


def arrives(liar: Liar, *, within: float = 20) -> None:
    """An honest letter is taken on a new line, so the link is well."""
    with liar.greeted() as line:
        honest = liar.follow(liar.envelope())
        line.send(honest)
        assert line.hear("acknowledged").head == head_message(liar.head)
    until(lambda: honest.letter.id in [each.id for each in liar.towards.look().arrived], within)


def logged(liar: Liar, code: str) -> None:
    """The site that is lied to says so in its log."""
    until(lambda: code in liar.towards.log.read_text(), 5, f"{code} is logged")
