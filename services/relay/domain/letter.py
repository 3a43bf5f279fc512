"""A letter (函): what one site says to another, signed end to end by the site that wrote it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from kit.errors import Invalid
from services.relay.domain.canonical import form

_FORM: Final = "TONGBAN-LETTER-1"

#: ``<division code>.<label>``, e.g. ``610902.hanbin``.
SITE_ID: Final = re.compile(r"[0-9]{6}([0-9]{3}|[0-9]{6})?\.[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
#: UUIDv7 (RFC 9562) in small letters.
LETTER_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Algorithm and key: which of them there are, the key ring knows.
KEY_ID: Final = re.compile(r"[a-z0-9-]{1,20}:[0-9a-f]{16,64}")
#: Of a letter's payload, in bytes: with the rest of the letter it must fit into one event of a site's bus.
MAX_PAYLOAD: Final = 512 * 1024
#: Files beside one letter. Our own choice.
MAX_ATTACHMENTS: Final = 100
#: Of one file, in bytes; a link's own limit is far below. Our own choice.
MAX_ATTACHMENT: Final = 1 << 36
_MAX_TEXT = 255
_MAX_TYPE = 64
_MAX_SIGNATURE = 1024
_MAX_SEALED_KEY = 4096
_MAX_VERSION = (1 << 31) - 1
#: Bytes of a canonical form that is remembered.
_REMEMBERED: Final = 16 * 1024

#: Letters that relay writes and reads itself.
CONTROL: Final = "relay."
RECEIPT: Final = "relay.receipt"
CARD: Final = "relay.card"


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

    def require_well_formed(self) -> None:
        """Raises ``Invalid`` (``attachment_malformed``, naming the field)."""
        for field_name, is_right in self._checks():
            if not is_right:
                raise Invalid(
                    "attachment_malformed", "附件清单格式不符合规定，请由来函站点更正后重新发送。", field=field_name
                )

    def _checks(self) -> Iterator[tuple[str, bool]]:
        yield "sha256", _SHA256.fullmatch(self.sha256) is not None
        yield "size", 0 < self.size <= MAX_ATTACHMENT
        yield "media_type", len(self.media_type) <= _MAX_TEXT and self.media_type.isprintable()
        yield "filename", len(self.filename) <= _MAX_TEXT and self.filename.isprintable()
        yield "sealed_key", len(self.sealed_key) <= _MAX_SEALED_KEY
        yield "plain_sha256", not self.plain_sha256 or _SHA256.fullmatch(self.plain_sha256) is not None


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
    #: Its canonical form, once it was asked for; of a short one: it is asked for with each signature over it.
    _form: bytes = field(default=b"", init=False, repr=False, compare=False)

    def canonical(self) -> bytes:
        """What the origin signs: every field but the signature."""
        if self._form:
            return self._form
        made = self._canonical()
        if len(made) <= _REMEMBERED:
            object.__setattr__(self, "_form", made)
        return made

    def signed(self, signature: bytes) -> Letter:
        """With its origin's signature."""
        signed = replace(self, signature=signature)
        object.__setattr__(signed, "_form", self._form)
        return signed

    def _canonical(self) -> bytes:
        fields: list[str | int | bytes | datetime | None] = [
            self.id, self.origin, self.destination, self.type, self.type_version, self.journey,
            self.in_reply_to, self.created_at, self.expires_at, self.payload, len(self.attachments),
        ]  # fmt: skip
        for each in self.attachments:
            fields += (each.sha256, each.size, each.media_type, each.filename, each.sealed_key, each.plain_sha256)
        fields.append(self.key_id)
        return form(_FORM, fields)

    @property
    def is_control(self) -> bool:
        """Whether relay itself is spoken to: a letter of its own kind."""
        return self.type.startswith(CONTROL)

    def has_expired(self, now: datetime) -> bool:
        """Whether nobody may deliver it any more."""
        return self.expires_at is not None and now >= self.expires_at

    def require_well_formed(self) -> None:
        """Raises ``Invalid`` (``letter_malformed``, naming the field) on what no site may write, signed or not."""
        for field_name, is_right in self._checks():
            if not is_right:
                raise Invalid("letter_malformed", "函件格式不符合规定，请由来函站点更正后重新发送。", field=field_name)
        for each in self.attachments:
            each.require_well_formed()

    def _checks(self) -> Iterator[tuple[str, bool]]:
        yield "id", LETTER_ID.fullmatch(self.id) is not None
        yield "origin", SITE_ID.fullmatch(self.origin) is not None
        yield "destination", SITE_ID.fullmatch(self.destination) is not None and self.destination != self.origin
        yield "type", len(self.type) <= _MAX_TYPE and _TYPE.fullmatch(self.type) is not None
        yield "type_version", 1 <= self.type_version <= _MAX_VERSION
        yield "journey", len(self.journey) <= _MAX_TYPE and self.journey.isprintable()
        yield "in_reply_to", not self.in_reply_to or LETTER_ID.fullmatch(self.in_reply_to) is not None
        yield "payload", len(self.payload) <= MAX_PAYLOAD
        yield "attachments", len({each.sha256 for each in self.attachments}) == len(self.attachments) <= MAX_ATTACHMENTS
        yield "key_id", not self.key_id or KEY_ID.fullmatch(self.key_id) is not None
        yield "signature", len(self.signature) <= _MAX_SIGNATURE


def following_id(letter_id: str, said: str) -> str:
    """An id for what follows from a letter, the same whenever it does; a UUIDv7 at the letter's time."""
    digest = bytearray(hashlib.sha256(f"{letter_id} {said}".encode()).digest()[:10])
    digest[0] = 0x70 | digest[0] & 0x0F
    digest[2] = 0x80 | digest[2] & 0x3F
    hexed = digest.hex()
    return f"{letter_id[:13]}-{hexed[:4]}-{hexed[4:8]}-{hexed[8:]}"
