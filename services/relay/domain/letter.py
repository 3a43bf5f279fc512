"""A letter (函): what one site says to another, signed end to end by the site that wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from services.relay.domain.canonical import form

_FORM: Final = "TONGBAN-LETTER-1"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels beside a letter; ``sha256`` (hex) and ``size`` (bytes) are of what travels, sealed or open."""

    sha256: str
    size: int
    media_type: str
    filename: str
    #: The content's key, sealed to the destination; empty: the file travels open.
    sealed_key: bytes = b""
    #: SHA-256 (hex) of the plain content; empty: the file travels open.
    plain_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What ``origin`` says to ``destination``, whoever carries it between them."""

    #: UUIDv7; a letter that comes again under its id has no second effect.
    id: str
    origin: str
    destination: str
    #: E.g. ``crossing.submitted``; its payload's form is the type's and version's own matter.
    type: str
    type_version: int
    journey: str
    created_at: datetime
    payload: bytes = field(repr=False)
    #: After it nobody delivers the letter; ``None``: never.
    expires_at: datetime | None = None
    #: The letter that this one answers.
    in_reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    #: Names the algorithm and the origin's key, e.g. ``ed25519:0123456789abcdef``.
    key_id: str = ""
    signature: bytes = field(default=b"", repr=False)

    def canonical(self) -> bytes:
        """What the origin signs: every field but the signature."""
        return form(_FORM, self._fields())

    def _fields(self) -> Iterator[str | int | bytes | datetime | None]:
        yield from (self.id, self.origin, self.destination, self.type, self.type_version, self.journey)
        yield from (self.in_reply_to, self.created_at, self.expires_at, self.payload, len(self.attachments))
        for each in self.attachments:
            yield from (each.sha256, each.size, each.media_type, each.filename, each.sealed_key, each.plain_sha256)
        yield self.key_id
