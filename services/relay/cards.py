"""Cards, proposals, acceptances and links as messages and files, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import Invalid
from kit.timestamps import from_timestamp, to_timestamp
from services.relay.domain.anchor import Anchor
from services.relay.domain.card import CardSignature, SealingKey, SiteCard
from services.relay.domain.envelope import Head
from services.relay.domain.keys import SiteKey
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link, LinkState
from services.relay.domain.proposal import Acceptance, Approval, Direction, Proposal
from services.relay.domain.succession import FormerRoot
from tongban.relay.v1 import reconcile_pb2, site_pb2

M = TypeVar("M", bound=Message)

DIRECTIONS: Final = {
    Direction.PARENT: site_pb2.DIRECTION_PARENT,
    Direction.CHILD: site_pb2.DIRECTION_CHILD,
    Direction.PARTNER: site_pb2.DIRECTION_PARTNER,
}
STATES: Final = {
    LinkState.PROPOSED: site_pb2.LINK_STATE_PROPOSED,
    LinkState.ACCEPTED: site_pb2.LINK_STATE_ACCEPTED,
    LinkState.ACTIVE: site_pb2.LINK_STATE_ACTIVE,
    LinkState.SUSPENDED: site_pb2.LINK_STATE_SUSPENDED,
    LinkState.REVOKED: site_pb2.LINK_STATE_REVOKED,
}
_DIRECTIONS: Final = {number: direction for direction, number in DIRECTIONS.items()}
#: What a file is, by the one name at its top.
_FILES: Final[dict[str, type[Message]]] = {
    "site_card": site_pb2.SiteCard,
    "link_proposal": site_pb2.LinkProposal,
    "link_acceptance": site_pb2.LinkAcceptance,
    "link_anchor": reconcile_pb2.Anchor,
}
#: No card or proposal comes near it.
MAX_FILE: Final = 512 * 1024
#: 9999-12-31: no time of ours is later.
_LATEST: Final = 253402300799


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def card_message(card: SiteCard) -> site_pb2.SiteCard:
    """A card as it travels."""
    message = site_pb2.SiteCard(
        site=card.site,
        name=card.name,
        serial=card.serial,
        issued_at=to_timestamp(card.issued_at),
        keys=[
            site_pb2.SiteKey(
                id=key.id,
                public=key.public,
                valid_from=to_timestamp(key.valid_from),
                valid_until=to_timestamp(key.valid_until),
                revoked_at=to_timestamp(key.revoked_at),
            )
            for key in card.keys
        ],
        sealing_keys=[
            site_pb2.SealingKey(
                id=key.id,
                public=key.public,
                valid_from=to_timestamp(key.valid_from),
                valid_until=to_timestamp(key.valid_until),
            )
            for key in card.sealing_keys
        ],
        certificates=card.certificates,
        endpoints=card.endpoints,
        signatures=[site_pb2.Signature(key_id=each.key_id, signature=each.signature) for each in card.signatures],
    )
    if card.root is not None:
        message.root.CopyFrom(_root_message(card.root))
    for each in card.former_roots:
        message.former_roots.add(key=_root_message(each.key), signature=each.signature, accepted=each.accepted)
    return message


def _root_message(root: SiteKey) -> site_pb2.SiteKey:
    return site_pb2.SiteKey(id=root.id, public=root.public, valid_from=to_timestamp(root.valid_from))


def limits_message(limits: Limits) -> site_pb2.Limits:
    """Limits as they travel."""
    return site_pb2.Limits(
        max_letter_bytes=limits.max_letter_bytes,
        max_attachment_bytes=limits.max_attachment_bytes,
        letters_per_minute=limits.letters_per_minute,
        attachment_bytes_per_day=limits.attachment_bytes_per_day,
        letter_types=limits.letter_types,
        items=limits.items,
        introduces=limits.introduces,
    )


def approval_message(approval: Approval) -> site_pb2.Approval:
    """An approval as it travels."""
    return site_pb2.Approval(
        site=approval.site,
        name=approval.name,
        actor_id=approval.actor_id,
        at=to_timestamp(approval.at),
        reason=approval.reason,
    )


def proposal_message(proposal: Proposal) -> site_pb2.LinkProposal:
    """A proposal as it is handed over."""
    return site_pb2.LinkProposal(
        link=proposal.link,
        card=card_message(proposal.card),
        peer=proposal.peer,
        direction=DIRECTIONS[proposal.direction],
        limits=limits_message(proposal.limits),
        approval=approval_message(proposal.approval),
        expires_at=to_timestamp(proposal.expires_at),
        key_id=proposal.key_id,
        signature=proposal.signature,
    )


def acceptance_message(acceptance: Acceptance) -> site_pb2.LinkAcceptance:
    """An acceptance as it is handed back."""
    return site_pb2.LinkAcceptance(
        link=acceptance.link,
        proposal_digest=acceptance.proposal_digest,
        card=card_message(acceptance.card),
        limits=limits_message(acceptance.limits),
        approval=approval_message(acceptance.approval),
        key_id=acceptance.key_id,
        signature=acceptance.signature,
    )


def anchor_message(anchor: Anchor) -> reconcile_pb2.Anchor:
    """One end's word on where a direction goes on, as it is handed over."""
    return reconcile_pb2.Anchor(
        link=anchor.link,
        from_site=anchor.from_site,
        sequence=anchor.head.sequence,
        digest=anchor.head.digest,
        approval=approval_message(anchor.approval),
        key_id=anchor.key_id,
        signature=anchor.signature,
    )


def link_message(link: Link) -> site_pb2.Link:
    """A link as it is told and shown."""
    message = site_pb2.Link(
        id=link.id,
        peer=link.peer,
        peer_card=card_message(link.peer_card),
        direction=DIRECTIONS[link.direction],
        state=STATES[link.state],
        limits=limits_message(link.limits),
        approval=approval_message(link.approval),
        proposed_at=to_timestamp(link.proposed_at),
        changed_at=to_timestamp(link.changed_at),
        reason=link.changes[-1][1].reason if link.changes else "",
        version=link.version,
    )
    if link.peer_limits is not None:
        message.peer_limits.CopyFrom(limits_message(link.peer_limits))
    if link.peer_approval is not None:
        message.peer_approval.CopyFrom(approval_message(link.peer_approval))
    return message


def change_messages(link: Link) -> list[site_pb2.LinkChange]:
    """What was done with a link, the latest last."""
    return [
        site_pb2.LinkChange(what=what, at=to_timestamp(by.at), name=by.name, actor_id=by.actor_id, reason=by.reason)
        for what, by in link.changes
    ]


def file_text(message: Message) -> str:
    """The file of a card, a proposal or an acceptance: JSON with one name at its top that says which."""
    name = next(name for name, sort in _FILES.items() if isinstance(message, sort))
    content = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return json.dumps({name: content}, ensure_ascii=False, indent=1) + "\n"


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_file(text: str, sort: type[M]) -> M:
    """The message of a file. Raises ``Invalid`` (``file_malformed``) on anything else."""
    name = next(name for name, each in _FILES.items() if each is sort)
    try:
        if len(text) > MAX_FILE:
            raise ValueError("too large")
        content = json.loads(text)
        if not isinstance(content, dict) or list(content) != [name] or not isinstance(content[name], dict):
            raise ValueError(f"not a {name}")
        return json_format.ParseDict(content[name], sort())
    except (ValueError, RecursionError, json_format.ParseError) as error:
        raise Invalid("file_malformed", "文件内容无法识别，请核对文件是否完整、是否选对。", expected=name) from error


def parse_card(data: bytes) -> SiteCard:
    """The card of a message's bytes. Raises ``Invalid`` (``card_malformed``)."""
    try:
        return card_of(site_pb2.SiteCard.FromString(data))
    except DecodeError as error:
        raise Invalid("card_malformed", "站点名片内容无法解析，请向对方索取原件。") from error


def card_of(message: site_pb2.SiteCard) -> SiteCard:
    """The card of a message. Raises ``Invalid`` (``card_malformed``)."""
    return SiteCard(
        site=message.site,
        name=message.name,
        serial=message.serial,
        issued_at=_time(message.issued_at),
        keys=tuple(
            SiteKey(
                key.id,
                key.public,
                _time(key.valid_from),
                _time(key.valid_until) if key.HasField("valid_until") else None,
                _time(key.revoked_at) if key.HasField("revoked_at") else None,
            )
            for key in message.keys
        ),
        sealing_keys=tuple(
            SealingKey(
                key.id,
                key.public,
                _time(key.valid_from),
                _time(key.valid_until) if key.HasField("valid_until") else None,
            )
            for key in message.sealing_keys
        ),
        certificates=tuple(message.certificates),
        endpoints=tuple(message.endpoints),
        signatures=tuple(CardSignature(each.key_id, each.signature) for each in message.signatures),
        root=_root_of(message.root) if message.HasField("root") else None,
        former_roots=tuple(
            FormerRoot(_root_of(each.key), each.signature, each.accepted) for each in message.former_roots
        ),
    )


def _root_of(message: site_pb2.SiteKey) -> SiteKey:
    return SiteKey(message.id, message.public, _time(message.valid_from))


def limits_of(message: site_pb2.Limits) -> Limits:
    """The limits of a message; unsound ones are refused where they are used."""
    return Limits(
        max_letter_bytes=message.max_letter_bytes,
        max_attachment_bytes=message.max_attachment_bytes,
        letters_per_minute=message.letters_per_minute,
        attachment_bytes_per_day=message.attachment_bytes_per_day,
        letter_types=tuple(message.letter_types),
        items=tuple(message.items),
        introduces=tuple(message.introduces),
    )


def approval_of(message: site_pb2.Approval) -> Approval:
    """The approval of a message."""
    return Approval(message.site, message.name, message.actor_id, _time(message.at), message.reason)


def direction_of(number: int) -> Direction:
    """The direction of a number on the wire. Raises ``Invalid`` (``direction_missing``)."""
    direction = _DIRECTIONS.get(number)  # type: ignore[call-overload]
    if direction is None:
        raise Invalid("direction_missing", "请说明对方是上级、下级还是协作方。", field="direction")
    found: Direction = direction
    return found


def proposal_of(message: site_pb2.LinkProposal) -> Proposal:
    """The proposal of a message. Raises ``Invalid``."""
    return Proposal(
        link=message.link,
        card=card_of(message.card),
        peer=message.peer,
        direction=direction_of(message.direction),
        limits=limits_of(message.limits),
        approval=approval_of(message.approval),
        expires_at=_time(message.expires_at),
        key_id=message.key_id,
        signature=message.signature,
    )


def acceptance_of(message: site_pb2.LinkAcceptance) -> Acceptance:
    """The acceptance of a message. Raises ``Invalid``."""
    return Acceptance(
        link=message.link,
        proposal_digest=message.proposal_digest,
        card=card_of(message.card),
        limits=limits_of(message.limits),
        approval=approval_of(message.approval),
        key_id=message.key_id,
        signature=message.signature,
    )


def anchor_of(message: reconcile_pb2.Anchor) -> Anchor:
    """The word of a message. Raises ``Invalid``."""
    if message.sequence < 0:
        raise Invalid("anchor_malformed", "衔接文件内容不合规，请向对方索取原件。")
    head = Head(message.sequence, message.digest)
    return Anchor(
        message.link, message.from_site, head, approval_of(message.approval), message.key_id, message.signature
    )


def _time(timestamp: Timestamp) -> datetime:
    """Raises ``Invalid`` on a time that isn't there, or that no clock of ours can show in whole milliseconds."""
    fits = (
        0 < timestamp.seconds <= _LATEST and 0 <= timestamp.nanos < 1_000_000_000 and timestamp.nanos % 1_000_000 == 0
    )
    if not fits:
        raise Invalid("card_malformed", "文件中的时间缺失或不合规，请向对方索取原件。")
    return from_timestamp(timestamp)
