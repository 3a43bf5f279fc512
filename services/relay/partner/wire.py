"""Envelopes as JSON and back: the partner API's form of what other lines carry as protobuf.

Digests are hex, other bytes base64, times RFC 3339 in UTC with milliseconds. What isn't known is refused: a signature
wouldn't cover it.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson

from kit.errors import Invalid
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.letter import Attachment, Letter

T = TypeVar("T")
Json = dict[str, Any]

#: Envelopes in one body at the most.
BATCH: Final = 100
#: What JavaScript and JSON readers of other languages hold exactly.
_MOST: Final = (1 << 53) - 1
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", re.ASCII)
#: No canonical form holds a time before it.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class FieldMalformed(Invalid):
    """A field is missing, unknown or of another form than the document says; ``field`` says where."""

    def __init__(self, field: str, wanted: str) -> None:
        super().__init__("field_malformed", f"字段 {field} 不符合接口文档：应为{wanted}。", field=field)


def decode_json(content: bytes) -> Json:
    """A body that is one JSON object. Raises ``FieldMalformed``."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise FieldMalformed("body", " JSON 对象（UTF-8）") from None
    if not isinstance(value, dict):
        raise FieldMalformed("body", " JSON 对象")
    return value


def encode_json(value: Json) -> bytes:
    """A body."""
    return orjson.dumps(value)


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def envelope_json(envelope: Envelope) -> Json:
    """An envelope."""
    return {
        "link": envelope.link,
        "from_site": envelope.from_site,
        "to_site": envelope.to_site,
        "sequence": envelope.sequence,
        "previous_hash": envelope.previous.hex(),
        "key_id": envelope.key_id,
        "signature": _base64(envelope.signature),
        "letter": _letter_json(envelope.letter),
    }


def head_json(head: Head) -> Json:
    """How far a direction has come."""
    return {"sequence": head.sequence, "hash": head.digest.hex()}


def time_text(at: datetime) -> str:
    """A time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _letter_json(letter: Letter) -> Json:
    found: Json = {
        "id": letter.id,
        "origin": letter.origin,
        "destination": letter.destination,
        "type": letter.type,
        "type_version": letter.type_version,
        "journey": letter.journey,
        "in_reply_to": letter.in_reply_to,
        "created_at": time_text(letter.created_at),
        "expires_at": None if letter.expires_at is None else time_text(letter.expires_at),
        "payload": _base64(letter.payload),
        "attachments": [_attachment_json(each) for each in letter.attachments],
        "key_id": letter.key_id,
        "signature": _base64(letter.signature),
    }
    return found


def _attachment_json(attachment: Attachment) -> Json:
    return {
        "sha256": attachment.sha256,
        "size": attachment.size,
        "media_type": attachment.media_type,
        "filename": attachment.filename,
        "sealed_key": _base64(attachment.sealed_key),
        "plain_sha256": attachment.plain_sha256,
    }


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Fields:
    """The fields of one JSON object, read one after another; what nobody read is refused at the end."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise FieldMalformed(where, " JSON 对象")
        self._value: Mapping[str, object] = value
        self._where = where
        self._read: set[str] = set()

    def text(self, name: str, default: str | None = None) -> str:
        """A string."""
        value = self._take(name, default)
        if not isinstance(value, str) or "\x00" in value:
            raise FieldMalformed(self.at(name), "字符串")
        return value

    def number(self, name: str, least: int = 0, most: int = _MOST) -> int:
        """A whole number."""
        value = self._take(name, None)
        if type(value) is not int or not least <= value <= most:
            raise FieldMalformed(self.at(name), f" {least}～{most} 的整数")
        return value

    def time(self, name: str) -> datetime:
        """A time."""
        return _time(self._take(name, None), self.at(name))

    def time_or_none(self, name: str) -> datetime | None:
        """A time, or ``None`` where it is null or absent."""
        value = self._take(name, None)
        return None if value is None else _time(value, self.at(name))

    def base64(self, name: str, default: str | None = None) -> bytes:
        """Bytes in base64."""
        try:
            return b64decode(self.text(name, default).encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise FieldMalformed(self.at(name), " base64（RFC 4648 第 4 节，含填充）") from None

    def digest(self, name: str) -> bytes:
        """A SHA-256 in hex."""
        value = self.text(name)
        if _HEX.fullmatch(value) is None:
            raise FieldMalformed(self.at(name), " 64 位小写十六进制")
        return bytes.fromhex(value)

    def list(self, name: str, read: Callable[[object, str], T], most: int, least: int = 0) -> tuple[T, ...]:
        """A list of things that ``read`` makes of a value and the place where it stands."""
        value = self._take(name, [])
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise FieldMalformed(self.at(name), f" {least}～{most} 项的列表")
        return tuple(read(each, f"{self.at(name)}[{index}]") for index, each in enumerate(value))

    def value(self, name: str) -> object:
        """Whatever stands there."""
        return self._take(name, None)

    def at(self, name: str) -> str:
        """Where a field stands in the body."""
        return f"{self._where}.{name}" if self._where else name

    def done(self) -> None:
        """Raises ``FieldMalformed`` on a field that nobody read."""
        unknown = sorted(set(self._value) - self._read)
        if unknown:
            raise FieldMalformed(self.at(unknown[0][:80]), "接口文档列出的字段")

    def _take(self, name: str, default: object) -> object:
        self._read.add(name)
        return self._value.get(name, default)


def read_envelopes(content: bytes) -> Sequence[Envelope]:
    """The envelopes of a body. Raises ``FieldMalformed``."""
    fields = Fields(decode_json(content), "")
    envelopes = fields.list("envelopes", read_envelope, BATCH, 1)
    fields.done()
    return envelopes


def read_head(content: bytes) -> Head:
    """The head of a body. Raises ``FieldMalformed``."""
    return head_of(decode_json(content), "")


def head_of(value: object, where: str) -> Head:
    """A head that stands in a body. Raises ``FieldMalformed``."""
    fields = Fields(value, where)
    head = Head(fields.number("sequence"), fields.digest("hash"))
    fields.done()
    return head


def read_envelope(value: object, where: str) -> Envelope:
    """One envelope. Raises ``FieldMalformed``."""
    fields = Fields(value, where)
    envelope = Envelope(
        letter=_read_letter(fields.value("letter"), fields.at("letter")),
        link=fields.text("link"),
        from_site=fields.text("from_site"),
        to_site=fields.text("to_site"),
        sequence=fields.number("sequence", 1),
        previous=fields.digest("previous_hash"),
        key_id=fields.text("key_id"),
        signature=fields.base64("signature"),
    )
    fields.done()
    return envelope


def _read_letter(value: object, where: str) -> Letter:
    fields = Fields(value, where)
    letter = Letter(
        id=fields.text("id"),
        origin=fields.text("origin"),
        destination=fields.text("destination"),
        type=fields.text("type"),
        type_version=fields.number("type_version"),
        journey=fields.text("journey", ""),
        in_reply_to=fields.text("in_reply_to", ""),
        created_at=fields.time("created_at"),
        expires_at=fields.time_or_none("expires_at"),
        payload=fields.base64("payload"),
        attachments=fields.list("attachments", _read_attachment, 100),
        key_id=fields.text("key_id"),
        signature=fields.base64("signature"),
    )
    fields.done()
    return letter


def _read_attachment(value: object, where: str) -> Attachment:
    fields = Fields(value, where)
    attachment = Attachment(
        sha256=fields.digest("sha256").hex(),
        size=fields.number("size", 1),
        media_type=fields.text("media_type"),
        filename=fields.text("filename"),
        sealed_key=fields.base64("sealed_key", ""),
        plain_sha256=fields.digest("plain_sha256").hex() if fields.text("plain_sha256", "") else "",
    )
    fields.done()
    return attachment


def _time(value: object, where: str) -> datetime:
    wanted = " UTC 时间，如 2026-11-22T08:30:00.000Z"
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        raise FieldMalformed(where, wanted)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise FieldMalformed(where, wanted) from None
    if at < _EARLIEST:
        raise FieldMalformed(where, wanted)
    return at
