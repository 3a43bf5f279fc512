"""Signatures of HTTP messages (RFC 9421): read, judged and made. Ed25519 is the keys' matter, not this module's.

A request is taken when exactly one of its signatures bears our tag, covers what it must, names its key, is in its time
and hasn't been seen before. Other signatures, of proxies say, are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from http_sf import StructuredFieldError, parse, ser

from services.relay.partner.components import BadSignature, Component, Request, Response, base, identified

#: Says what a signature is for, so that none made for another interface is taken for one of ours.
TAG: Final = "tongban-partner"
#: Of our own signatures.
LABEL: Final = "tongban"
#: How long a signature may be good for at the most. Our own choice.
LONGEST: Final = timedelta(minutes=5)
_MOST_NONCE: Final = 128
_LEAST_NONCE: Final = 16

#: What a request's signature has to cover at the least.
REQUEST_COVERS: Final = ("@method", "@target-uri")
#: And with a body.
BODY_COVERS: Final = ("content-type", "content-digest")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a message, as it was read: nobody has verified it."""

    label: str
    covered: tuple[tuple[str, Component], ...]
    params: str
    key_id: str
    created: int
    expires: int
    nonce: str
    algorithm: str
    value: bytes

    def base(self, message: Request | Response) -> bytes:
        """What was signed. Raises ``BadSignature``."""
        return base(message, self.covered, self.params)

    def require(self, names: Iterable[str]) -> None:
        """Raises ``BadSignature`` (``signature_incomplete``) unless these parts are covered, whole."""
        there = {component.name for _, component in self.covered if not component.req and not component.key}
        missing = [name for name in names if name not in there]
        if missing:
            raise BadSignature(
                "signature_incomplete",
                f"签名未覆盖 {'、'.join(missing)}，请按指南补全后重新签名。",
                missing=" ".join(missing),
            )

    def require_timely(self, now: datetime, skew: timedelta) -> None:
        """Raises ``BadSignature`` unless ``now`` lies in the signature's time, give or take ``skew``."""
        present, slack = now.timestamp(), skew.total_seconds()
        if not 0 < self.expires - self.created <= LONGEST.total_seconds():
            raise BadSignature(
                "signature_too_long", "签名有效期（expires − created）须大于 0 且不超过 300 秒，请重新签名。"
            )
        if self.created > present + slack:
            raise BadSignature(
                "signature_from_future", "签名的 created 晚于本站时间，请校准时钟后重试。", ours=int(present)
            )
        if self.expires <= present - slack:
            raise BadSignature("signature_expired", "签名已过期，请重新签名后提交。", ours=int(present))


def read_signature(message: Request | Response) -> Signature:
    """The signature that bears our tag. Raises ``BadSignature``."""
    inputs, values = _members(message, "signature-input"), _members(message, "signature")
    ours = [label for label, member in inputs.items() if _tag(member) == TAG]
    if not ours:
        raise BadSignature("signature_missing", f"请求缺少 tag 为 {TAG} 的签名（RFC 9421），请按指南签名。")
    if len(ours) > 1:
        raise BadSignature("signature_ambiguous", f"请求带有多个 tag 为 {TAG} 的签名，请只保留一个。")
    label = ours[0]
    value = values.get(label)
    if not isinstance(value, tuple) or not isinstance(value[0], bytes):
        raise _malformed()
    return _signature(label, inputs[label], value[0])


def sign_input(covered: Iterable[Component], *, key_id: str, created: int, expires: int, nonce: str) -> Signature:
    """A signature to be made: everything but its value."""
    params: dict[str, Any] = {"created": created, "expires": expires, "nonce": nonce, "keyid": key_id, "tag": TAG}
    named = tuple((str(each), each) for each in covered)
    items = " ".join(identifier for identifier, _ in named)
    # An inner list's parameters are written as an item's are.
    text = f"({items}){ser((True, params)).removeprefix('?1')}"
    return Signature(LABEL, named, text, key_id, created, expires, nonce, "", b"")


def signature_fields(signature: Signature, value: bytes) -> dict[str, str]:
    """The two fields that carry a signature."""
    return {
        "Signature-Input": f"{signature.label}={signature.params}",
        "Signature": f"{signature.label}={ser(value)}",
    }


def _members(message: Request | Response, field: str) -> dict[str, Any]:
    text = message.fields.get(field)
    if text is None:
        return {}

    def twice(_key: str, _where: str) -> None:
        raise _malformed()

    try:
        members = parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=twice)
    except (StructuredFieldError, UnicodeEncodeError):
        raise _malformed() from None
    return members if isinstance(members, dict) else {}


def _tag(member: object) -> object:
    """The tag of a member that is an inner list with parameters, as each signature's input is."""
    if not isinstance(member, tuple) or not isinstance(member[0], list):
        raise _malformed()
    return member[1].get("tag")


def _signature(label: str, member: Any, value: bytes) -> Signature:
    items, params = member
    covered = []
    for item in items:
        name, item_params = item if isinstance(item, tuple) else (item, {})
        if type(name) is not str or name != name.lower():
            raise _malformed()
        covered.append((ser((name, item_params)), identified(name, item_params)))
    if len({component for _, component in covered}) != len(covered):
        raise _malformed()
    key_id, nonce = _text(params, "keyid"), _text(params, "nonce")
    if not _LEAST_NONCE <= len(nonce) <= _MOST_NONCE:
        raise BadSignature(
            "signature_nonce", f"签名的 nonce 须为 {_LEAST_NONCE}～{_MOST_NONCE} 个随机字符，请重新签名。"
        )
    created, expires = _number(params, "created"), _number(params, "expires")
    algorithm = _text(params, "alg") if "alg" in params else ""
    return Signature(label, tuple(covered), _written(member), key_id, created, expires, nonce, algorithm, value)


def _written(member: Any) -> str:
    """A signature's input as RFC 8941 writes it, whatever spaces its signer put in."""
    return ser([member])


def _text(params: dict[str, Any], name: str) -> str:
    value = params.get(name)
    if type(value) is not str:
        raise _without(name)
    return value


def _number(params: dict[str, Any], name: str) -> int:
    value = params.get(name)
    if type(value) is not int:
        raise _without(name)
    return value


def _without(name: str) -> BadSignature:
    return BadSignature("signature_malformed", f"签名参数 {name} 缺失或类型不对，请按指南重新签名。", parameter=name)


def _malformed() -> BadSignature:
    return BadSignature("signature_malformed", "Signature 或 Signature-Input 格式不正确，请按 RFC 9421 书写。")
