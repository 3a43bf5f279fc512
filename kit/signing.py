"""Ed25519 keys (RFC 8032) in PEM files (RFC 8410), and claims signed with them: compact JWTs (RFC 7519, 9864).

On libsodium. The usual library for such tokens brings 15 MB into every process of a site; see docs/decisions, "Tokens
are signed on libsodium".
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

from nacl.exceptions import BadSignatureError, CryptoError
from nacl.signing import SigningKey, VerifyKey

from kit.settings import SettingsError

# What stands before the 32 bytes of a key, by RFC 8410.
_PRIVATE_DER: Final = bytes.fromhex("302e020100300506032b657004220420")
_PUBLIC_DER: Final = bytes.fromhex("302a300506032b6570032100")
_PEM = re.compile(r"-----BEGIN (PRIVATE|PUBLIC) KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END \1 KEY-----")
_PART = re.compile(r"[A-Za-z0-9_-]+")


class BadToken(ValueError):
    """A token is none, or isn't signed with one of the keys."""


class BadSignature(ValueError):
    """Bytes aren't signed with that key."""


def generate_key() -> tuple[str, str]:
    """A new Ed25519 pair as (private, public) PEM texts."""
    key = SigningKey.generate()
    return _pem("PRIVATE", _PRIVATE_DER + bytes(key)), _pem("PUBLIC", _PUBLIC_DER + bytes(key.verify_key))


def public_of(private_pem: str) -> str:
    """The public key (PEM) of a private one. Raises ``SettingsError`` when the text isn't one Ed25519 private key."""
    return _pem("PUBLIC", _PUBLIC_DER + bytes(SigningKey(_one_private(private_pem)).verify_key))


class Signer:
    """Signs claims with one private key."""

    def __init__(self, private_pem: str) -> None:
        """Raises ``SettingsError`` when the text isn't one Ed25519 private key."""
        self._key = SigningKey(_one_private(private_pem))
        self._header = _header(self._key.verify_key)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The token."""
        text = json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
        signed = f"{self._header}.{_encoded(text.encode())}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode()).signature)}"


class Verifier:
    """Verifies claims with any of several public keys, so that a key can be followed by the next without a gap."""

    def __init__(self, public_pem: str) -> None:
        """Raises ``SettingsError`` when the text holds no Ed25519 public key."""
        found = _keys(public_pem, "PUBLIC", _PUBLIC_DER)
        if not found:
            raise SettingsError("wrong settings:\n  the public key's file must hold Ed25519 keys in PEM form")
        # The header tells the key. It is compared whole and never interpreted: nobody can choose how we verify.
        self._by_header = {_header(key): key for key in map(VerifyKey, found)}

    def verify(self, token: str) -> dict[str, Any]:
        """The claims. Raises ``BadToken``."""
        parts = token.split(".")
        if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
            raise BadToken("no token")
        header, claims, signature = parts
        key = self._by_header.get(header)
        if key is None:
            raise BadToken("signed with another key")
        try:
            key.verify(f"{header}.{claims}".encode(), _decoded(signature))
            value = json.loads(_decoded(claims))
        except (BadSignatureError, binascii.Error, ValueError) as error:
            raise BadToken("bad signature") from error
        if not isinstance(value, dict):
            raise BadToken("no claims")
        return value


class RawSigner:
    """Signs bytes with one private key."""

    def __init__(self, private_pem: str) -> None:
        """Raises ``SettingsError`` when the text isn't one Ed25519 private key."""
        self._key = SigningKey(_one_private(private_pem))

    @property
    def public(self) -> bytes:
        """The public key: 32 bytes."""
        return bytes(self._key.verify_key)

    def sign(self, data: bytes) -> bytes:
        """The signature: 64 bytes."""
        return self._key.sign(data).signature


def verify_raw(public: bytes, data: bytes, signature: bytes) -> None:
    """Raises ``BadSignature`` unless this Ed25519 key (32 bytes) made the signature over the data."""
    try:
        VerifyKey(public).verify(data, signature)
    except CryptoError as error:
        raise BadSignature("bad signature") from error


def _one_private(text: str) -> bytes:
    found = _keys(text, "PRIVATE", _PRIVATE_DER)
    if len(found) != 1:
        raise SettingsError("wrong settings:\n  the private key's file must hold one Ed25519 key in PEM form")
    return found[0]


def _keys(text: str, sort: str, prefix: bytes) -> list[bytes]:
    """The 32 bytes of each key of this sort; nothing at all when one of them isn't Ed25519."""
    keys = []
    for found in _PEM.finditer(text):
        der = b64decode("".join(found[2].split()))
        if found[1] != sort or not der.startswith(prefix) or len(der) != len(prefix) + 32:
            return []
        keys.append(der[len(prefix) :])
    return keys


def _header(key: VerifyKey) -> str:
    header = {"alg": "Ed25519", "kid": hashlib.sha256(bytes(key)).hexdigest()[:16], "typ": "JWT"}
    return _encoded(json.dumps(header, separators=(",", ":")).encode())


def _pem(sort: str, der: bytes) -> str:
    return f"-----BEGIN {sort} KEY-----\n{b64encode(der).decode()}\n-----END {sort} KEY-----\n"


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
