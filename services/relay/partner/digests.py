"""Digests of contents and representations (RFC 9530): what ties a body to the signature over its headers."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from typing import Final

from http_sf import StructuredFieldError, parse

from kit.errors import Invalid

_ALGORITHMS: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


class BadDigest(Invalid):
    """A body isn't what its digest says, or the digest can't be read."""

    status = 400


def digest_field(content: bytes) -> str:
    """``Content-Digest`` of a content."""
    return sha256_field(hashlib.sha256(content).digest())


def sha256_field(digest: bytes) -> str:
    """A digest field of a SHA-256 that is known already."""
    return f"sha-256=:{b64encode(digest).decode()}:"


def require_digest(field: str | None, content: bytes) -> None:
    """Whether the content is what ``Content-Digest`` says: by every digest given that is active in RFC 9530, and one at least.

    Raises ``BadDigest`` (``digest_missing``, ``digest_malformed``, ``digest_wrong``).
    """
    known = {name: value for name, value in _digests(field).items() if name in _ALGORITHMS}
    if not known:
        raise BadDigest("digest_missing", "请求缺少 Content-Digest（sha-256 或 sha-512），请补上后重新签名提交。")
    for name, value in known.items():
        if not hmac.compare_digest(_ALGORITHMS[name](content).digest(), value):
            raise BadDigest("digest_wrong", "请求内容与 Content-Digest 不符，可能在途中受损，请重新提交。")


def _digests(field: str | None) -> dict[str, bytes]:
    if field is None:
        return {}
    malformed = BadDigest("digest_malformed", "Content-Digest 格式不正确，请按 RFC 9530 书写。")

    def twice(_key: str, _where: str) -> None:
        raise malformed

    try:
        members = parse(field.encode("ascii"), tltype="dictionary", on_duplicate_key=twice)
    except (StructuredFieldError, UnicodeEncodeError):
        raise malformed from None
    found: dict[str, bytes] = {}
    for name, member in members.items() if isinstance(members, dict) else ():
        value = member[0] if isinstance(member, tuple) else member
        if not isinstance(value, bytes):
            raise malformed
        found[name] = value
    return found
