"""Letters, envelopes and heads as messages and back: the one place where relay's domain meets its protos."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import Invalid
from kit.timestamps import from_timestamp, to_timestamp
from services.relay.domain.chain import require_well_formed
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.register import Settlement
from tongban.relay.v1 import messages_pb2

SETTLEMENTS: Final = {
    Settlement.DELIVERED: messages_pb2.SETTLEMENT_DELIVERED,
    Settlement.READ: messages_pb2.SETTLEMENT_READ,
    Settlement.ACTED_ON: messages_pb2.SETTLEMENT_ACTED_ON,
    Settlement.REFUSED: messages_pb2.SETTLEMENT_REFUSED,
    Settlement.EXPIRED: messages_pb2.SETTLEMENT_EXPIRED,
    Settlement.SET_ASIDE: messages_pb2.SETTLEMENT_SET_ASIDE,
}
_MILLISECOND: Final = 1_000_000
#: 9999-12-31: no time of ours is later.
_LATEST: Final = 253402300799


def letter_message(letter: Letter) -> messages_pb2.Letter:
    """A letter as it travels and is told."""
    message = messages_pb2.Letter(
        id=letter.id,
        origin=letter.origin,
        destination=letter.destination,
        type=letter.type,
        type_version=letter.type_version,
        journey=letter.journey,
        in_reply_to=letter.in_reply_to,
        created_at=to_timestamp(letter.created_at),
        payload=letter.payload,
        key_id=letter.key_id,
        signature=letter.signature,
    )
    if letter.expires_at is not None:
        message.expires_at.CopyFrom(to_timestamp(letter.expires_at) or Timestamp())
    for each in letter.attachments:
        message.attachments.add(
            sha256=each.sha256,
            size=each.size,
            media_type=each.media_type,
            filename=each.filename,
            sealed_key=each.sealed_key,
            plain_sha256=each.plain_sha256,
        )
    return message


def letter_of(message: messages_pb2.Letter) -> Letter:
    """The letter of a message; nothing of it is checked but its times. Raises ``Invalid`` (``letter_malformed``)."""
    _require_time(message.created_at, "created_at")
    if message.HasField("expires_at"):
        _require_time(message.expires_at, "expires_at")
    return Letter(
        id=message.id,
        origin=message.origin,
        destination=message.destination,
        type=message.type,
        type_version=message.type_version,
        journey=message.journey,
        created_at=from_timestamp(message.created_at),
        payload=message.payload,
        expires_at=from_timestamp(message.expires_at) if message.HasField("expires_at") else None,
        in_reply_to=message.in_reply_to,
        attachments=tuple(
            Attachment(each.sha256, each.size, each.media_type, each.filename, each.sealed_key, each.plain_sha256)
            for each in message.attachments
        ),
        key_id=message.key_id,
        signature=message.signature,
    )


def _require_time(at: Timestamp, field: str) -> None:
    """Whole milliseconds: what is finer stands in no canonical form, so nobody would have signed it."""
    if not (0 <= at.seconds <= _LATEST and 0 <= at.nanos < 1000 * _MILLISECOND and at.nanos % _MILLISECOND == 0):
        raise Invalid("letter_malformed", "函件时间格式不符合规定，请由来函站点更正后重新发送。", field=field)


def envelope_message(envelope: Envelope) -> messages_pb2.Envelope:
    """An envelope as it travels and is kept."""
    return messages_pb2.Envelope(
        letter=letter_message(envelope.letter),
        link=envelope.link,
        from_site=envelope.from_site,
        to_site=envelope.to_site,
        sequence=envelope.sequence,
        previous_hash=envelope.previous,
        key_id=envelope.key_id,
        signature=envelope.signature,
    )


def envelope_of(message: messages_pb2.Envelope) -> Envelope:
    """The envelope of a message, well formed. Raises ``Invalid`` (``envelope_malformed``, ``letter_malformed``, …)."""
    envelope = Envelope(
        letter=letter_of(message.letter),
        link=message.link,
        from_site=message.from_site,
        to_site=message.to_site,
        sequence=message.sequence,
        previous=message.previous_hash,
        key_id=message.key_id,
        signature=message.signature,
    )
    require_well_formed(envelope)
    return envelope


def parse_envelope(data: bytes) -> Envelope:
    """The envelope of these bytes, well formed. Raises ``Invalid``."""
    try:
        message = messages_pb2.Envelope.FromString(data)
    except DecodeError as error:
        raise Invalid("envelope_malformed", "函件封套无法解析，已拒收。") from error
    return envelope_of(message)


def head_message(head: Head) -> messages_pb2.Head:
    """How far a direction has come, as it travels."""
    return messages_pb2.Head(sequence=head.sequence, hash=head.digest)


def head_of(message: messages_pb2.Head) -> Head:
    """How far a direction has come. Raises ``Invalid`` (``head_malformed``)."""
    if message.sequence < 0 or len(message.hash) != 32:
        raise Invalid("head_malformed", "函件链位置格式不符合规定。")
    return Head(message.sequence, message.hash)


def read_receipt(payload: bytes) -> messages_pb2.Receipt:
    """A receipt's content. Raises ``Invalid`` (``payload_undecodable``)."""
    try:
        receipt = messages_pb2.Receipt.FromString(payload)
    except DecodeError as error:
        raise Invalid("payload_undecodable", "回执内容无法解析。") from error
    if receipt.settlement not in SETTLEMENTS.values() or not receipt.letter_id:
        raise Invalid("payload_undecodable", "回执内容不完整。")
    _require_time(receipt.at, "at")
    return receipt
