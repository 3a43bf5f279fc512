"""Sealing: files that only the holder of one X25519 key (RFC 7748) can read.

A file is encrypted with a key of its own, piece by piece (XChaCha20-Poly1305, libsodium's secretstream), and that key is
sealed to the reader (libsodium's sealed box). A piece that is changed, left out, moved or cut off at the end is found out.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from kit.errors import Invalid
from kit.settings import SettingsError

#: Plain bytes in a piece.
PIECE: Final = 64 * 1024
_HEADER: Final = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_OVERHEAD: Final = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_LAST: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_MORE: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_SEALED: Final = PIECE + _OVERHEAD

# What stands before the 32 bytes of a private key, by RFC 8410.
_PRIVATE_DER: Final = bytes.fromhex("302e020100300506032b656e04220420")
_PEM = re.compile(r"-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END PRIVATE KEY-----\s*")


class NotSealedForUs(Invalid):
    """A sealed file can't be opened: another's, or damaged."""


def _refusal() -> NotSealedForUs:
    return NotSealedForUs("seal_broken", "附件无法解密：不是加密给本站点的，或内容已损坏，请对方重新发送。")


def generate_sealing_key() -> tuple[str, bytes]:
    """A new X25519 pair as (private PEM text, the public key's 32 bytes)."""
    key = PrivateKey.generate()
    text = b64encode(_PRIVATE_DER + bytes(key)).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n", bytes(key.public_key)


class SealingOpener:
    """Opens what was sealed to one key."""

    def __init__(self, private_pem: str) -> None:
        """Raises ``SettingsError`` when the text isn't one X25519 private key."""
        found = _PEM.fullmatch(private_pem.strip())
        der = b64decode("".join(found[1].split())) if found else b""
        if not der.startswith(_PRIVATE_DER) or len(der) != len(_PRIVATE_DER) + 32:
            raise SettingsError("wrong settings:\n  the sealing key's file must hold one X25519 key in PEM form")
        self._key = PrivateKey(der[len(_PRIVATE_DER) :])

    @property
    def public(self) -> bytes:
        """The public key: 32 bytes."""
        return bytes(self._key.public_key)

    def open_key(self, sealed_key: bytes) -> bytes:
        """A file's key. Raises ``NotSealedForUs``."""
        try:
            return SealedBox(self._key).decrypt(sealed_key)
        except (CryptoError, ValueError, TypeError) as error:
            raise _refusal() from error


def new_file_key(public: bytes) -> tuple[bytes, bytes]:
    """A file's new key: as it is, and sealed to this reader. Raises ``ValueError`` when that isn't a public key."""
    key = bindings.crypto_secretstream_xchacha20poly1305_keygen()
    try:
        return key, SealedBox(PublicKey(public)).encrypt(key)
    except (CryptoError, TypeError) as error:
        raise ValueError("not an X25519 public key") from error


def seal(key: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Encrypts a file; whatever the chunks, the result's pieces are of one size but the last."""
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    yield bindings.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    waiting = b""
    for piece in _pieces(chunks, PIECE):
        if waiting:
            yield bindings.crypto_secretstream_xchacha20poly1305_push(state, waiting, None, _MORE)
        waiting = piece
    yield bindings.crypto_secretstream_xchacha20poly1305_push(state, waiting, None, _LAST)


def unseal(key: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decrypts a file. Raises ``NotSealedForUs`` at the piece that isn't as it was, or at an end that comes too early."""
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    header, body = _split(chunks)
    ended = False
    try:
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
        for piece in _pieces(body, _SEALED):
            if ended:
                raise _refusal()
            plain, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, piece, None)
            ended = tag == _LAST
            yield plain
    except (CryptoError, RuntimeError, ValueError, TypeError) as error:
        raise _refusal() from error
    if not ended:
        raise _refusal()


def sealed_size(size: int) -> int:
    """How many bytes a file of this size has when it is sealed."""
    return _HEADER + size + _OVERHEAD * max(1, -(-size // PIECE))


def _split(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    source = iter(chunks)
    start = b""
    while len(start) < _HEADER:
        chunk = next(source, None)
        if chunk is None:
            raise _refusal()
        start += chunk

    def rest() -> Iterator[bytes]:
        yield start[_HEADER:]
        yield from source

    return start[:_HEADER], rest()


def _pieces(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of one size, but the last."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)
