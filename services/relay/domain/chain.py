"""A chain: the envelopes of one direction of a link. What comes must follow what is there, or says why it doesn't."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kit.errors import Conflict, Forbidden, Invalid
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.letter import KEY_ID, Letter

_LINK = re.compile(r"[0-9a-f-]{36}")
#: Of a sequence: more than any link will ever have, less than what 8 bytes hold.
MAX_SEQUENCE: Final = (1 << 53) - 1
_MAX_SIGNATURE = 1024


class Gap(Conflict):
    """An envelope came whose predecessors are missing: they are asked for."""

    def __init__(self, head: Head, sequence: int) -> None:
        super().__init__("envelope_gap", "函件序号不连续，已请求对方补发。", expected=head.sequence + 1, got=sequence)
        self.head = head


class Fork(Conflict):
    """Two ends say different things of one number: the link stops until an operator has reconciled it."""

    def __init__(self, sequence: int, ours: str, theirs: str) -> None:
        super().__init__(
            "chain_forked",
            "双方的函件链不一致，链路已停止，请运行 tongban relay reconcile 核对。",
            sequence=sequence,
            ours=ours,
            theirs=theirs,
        )
        self.sequence = sequence
        self.ours = ours
        self.theirs = theirs


class NotForThisLink(Forbidden):
    """An envelope of another link, or of other ends."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction of a link as one of its ends keeps it."""

    link: str
    #: Whether the envelopes leave this site.
    outgoing: bool
    from_site: str
    to_site: str

    @property
    def key(self) -> str:
        """Its name among all lanes of this site."""
        return f"{self.link}/{'out' if self.outgoing else 'in'}"

    def wrap(self, letter: Letter, head: Head, key_id: str) -> Envelope:
        """The envelope behind ``head``, still without its signature."""
        return Envelope(letter, self.link, self.from_site, self.to_site, head.sequence + 1, head.digest, key_id)

    def require_mine(self, envelope: Envelope) -> None:
        """Raises ``NotForThisLink`` (``envelope_of_another_link``) or ``Invalid`` (``envelope_malformed``)."""
        if (envelope.link, envelope.from_site, envelope.to_site) != (self.link, self.from_site, self.to_site):
            raise NotForThisLink("envelope_of_another_link", "函件不属于本链路，已拒收。", sequence=envelope.sequence)
        require_well_formed(envelope)


def require_well_formed(envelope: Envelope) -> None:
    """Raises ``Invalid`` (``envelope_malformed``, ``letter_malformed``, ``attachment_malformed``)."""
    checks = (
        ("link", _LINK.fullmatch(envelope.link) is not None),
        ("sequence", 1 <= envelope.sequence <= MAX_SEQUENCE),
        ("previous", len(envelope.previous) == hashlib.sha256().digest_size),
        ("key_id", KEY_ID.fullmatch(envelope.key_id) is not None),
        ("signature", 0 < len(envelope.signature) <= _MAX_SIGNATURE),
        ("letter.key_id", bool(envelope.letter.key_id)),
        ("letter.signature", bool(envelope.letter.signature)),
    )
    for field_name, is_right in checks:
        if not is_right:
            raise Invalid("envelope_malformed", "函件封套格式不符合规定，已拒收。", field=field_name)
    envelope.letter.require_well_formed()


def follow(head: Head, envelope: Envelope, canonical: bytes | None = None) -> Head:
    """Where the chain stands with this envelope behind ``head``. Raises ``Gap``, ``Fork``."""
    if envelope.sequence > head.sequence + 1:
        raise Gap(head, envelope.sequence)
    if envelope.previous != head.digest:
        raise Fork(head.sequence, head.digest.hex(), envelope.previous.hex())
    return envelope.head(canonical)


@dataclass(frozen=True, slots=True)
class TypeRange:
    """Letters of one type in a range of a chain: how many, and a hash over numbers and digests."""

    type: str
    count: int
    #: SHA-256.
    hash: bytes


def ranges(rows: Iterable[tuple[str, int, bytes]]) -> tuple[TypeRange, ...]:
    """The types of these (type, sequence, digest), which come in order; in the order of their names."""
    hashes: dict[str, hashlib._Hash] = {}
    counts: dict[str, int] = {}
    for type, sequence, digest in rows:
        hashes.setdefault(type, hashlib.sha256()).update(sequence.to_bytes(8, "big") + digest)
        counts[type] = counts.get(type, 0) + 1
    return tuple(TypeRange(type, counts[type], hashes[type].digest()) for type in sorted(counts))
