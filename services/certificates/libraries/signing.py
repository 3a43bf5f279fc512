"""How questions and answers are signed: an HMAC that binds the answer to its question."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KEY: Final = "X-Library-Key"
TIME: Final = "X-Library-Time"
NONCE: Final = "X-Library-Nonce"
SIGNATURE: Final = "X-Library-Signature"
#: How far the clocks of both sides may be apart, in seconds (our own choice).
SKEW_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Key:
    """What both sides know: the name under which this site is registered there, and the secret that belongs to it."""

    id: str
    secret: bytes


def question_headers(key: Key, path: str, body: bytes, *, at: int, nonce: str) -> dict[str, str]:
    """The headers of a question; ``at`` in seconds since 1970."""
    signature = _question(key.secret, path, body, at=str(at), nonce=nonce)
    return {KEY: key.id, TIME: str(at), NONCE: nonce, SIGNATURE: signature}


def is_question(key: Key, path: str, body: bytes, headers: Mapping[str, str], *, now: int) -> bool:
    """Whether a question comes from whoever has the key, and just now."""
    at = headers.get(TIME, "")
    if headers.get(KEY) != key.id or not (at.isascii() and at.isdigit() and abs(int(at) - now) <= SKEW_SECONDS):
        return False
    wanted = _question(key.secret, path, body, at=at, nonce=headers.get(NONCE, ""))
    return hmac.compare_digest(wanted.encode(), headers.get(SIGNATURE, "").encode())


def answer_signature(key: Key, nonce: str, body: bytes) -> str:
    """The signature of the answer to the question with this nonce."""
    return _signed(key.secret, "answer", nonce, hashlib.sha256(body).hexdigest())


def is_answer(key: Key, nonce: str, body: bytes, signature: str) -> bool:
    """Whether it is the answer of whoever has the key, and to this question."""
    return hmac.compare_digest(answer_signature(key, nonce, body).encode(), signature.encode())


def _question(secret: bytes, path: str, body: bytes, *, at: str, nonce: str) -> str:
    return _signed(secret, "question", path, at, nonce, hashlib.sha256(body).hexdigest())


def _signed(secret: bytes, *parts: str) -> str:
    return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()
