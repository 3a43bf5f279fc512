"""An envelope in its place: as a document of the store, and read without decoding it until it is needed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime

from kit.clock import from_ms, to_ms
from kit.errors import Unavailable
from kit.store.port import Body, Document
from services.relay.domain.envelope import Envelope, Head
from services.relay.protos import envelope_message, parse_envelope


@dataclass(frozen=True, slots=True)
class Kept:
    """An envelope in its place, read without decoding it until it is needed."""

    lane: str
    sequence: int
    digest: bytes
    letter_id: str
    type: str
    journey: str
    #: Bytes of its message.
    size: int
    at: datetime
    #: The lane that it came over before; empty: it is this site's own.
    via: str
    #: That its letter stands in this lane under an earlier number.
    repeats: bool
    data: bytes
    #: The envelope itself, where this process has just written it.
    opened: Envelope | None = field(default=None, compare=False, repr=False)

    def envelope(self) -> Envelope:
        """It as it was signed. Raises ``Unavailable`` (``envelope_damaged``) when it isn't what was kept."""
        if self.opened is not None:
            return self.opened
        envelope = parse_envelope(self.data)
        if envelope.head() != self.head:
            raise Unavailable(
                "envelope_damaged",
                "函件存储内容已损坏，请运行 tongban relay reconcile 核对。",
                lane=self.lane,
                sequence=self.sequence,
            )
        return envelope

    @property
    def head(self) -> Head:
        """Where the chain stands with it."""
        return Head(self.sequence, self.digest)


def place_id(lane: str, sequence: int) -> str:
    """The document's id: so each number of a lane is given once."""
    return f"{lane}/{sequence}"


def placed(lane: str, envelope: Envelope, head: Head, via: str, now: datetime) -> Kept:
    """An envelope as it will be kept."""
    data = envelope_message(envelope).SerializeToString(deterministic=True)
    letter, at = envelope.letter, from_ms(to_ms(now))
    return Kept(
        lane, envelope.sequence, head.digest, letter.id, letter.type, letter.journey, len(data), at, via, False, data,
        envelope,
    )  # fmt: skip


def document_of(kept: Kept) -> tuple[str, Body]:
    """Its document: id and body."""
    letter = kept.envelope().letter
    return place_id(kept.lane, kept.sequence), {
        "lane": kept.lane,
        "sequence": kept.sequence,
        "letter": letter.id,
        "letter_id": letter.id,
        "type": letter.type,
        "journey": letter.journey,
        "origin": letter.origin,
        "destination": letter.destination,
        "digest": kept.digest.hex(),
        "at": to_ms(kept.at),
        "via": kept.via,
        "size": kept.size,
        "envelope": b64encode(kept.data).decode("ascii"),
    }


def head_of(document: Document) -> Head:
    """Where the chain stands with a document's envelope."""
    return Head(document.body["sequence"], bytes.fromhex(document.body["digest"]))


def kept_of(document: Document) -> Kept:
    """An envelope as it is kept."""
    body = document.body
    return Kept(
        lane=body["lane"],
        sequence=body["sequence"],
        digest=bytes.fromhex(body["digest"]),
        letter_id=body["letter_id"],
        type=body["type"],
        journey=body["journey"],
        size=body["size"],
        at=from_ms(body["at"]),
        via=body["via"],
        repeats=body["letter"] is None,
        data=b64decode(body["envelope"]),
    )
