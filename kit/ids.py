"""Identifiers: time-ordered for documents, unguessable for what opens a page."""

from __future__ import annotations

import os
import secrets
import threading
import uuid
from collections.abc import Callable
from datetime import datetime

from kit.clock import to_ms


def uuid7(at: datetime, random: Callable[[int], bytes] = os.urandom) -> str:
    """A UUIDv7 (RFC 9562) as 36 characters: sorts by time, then at random."""
    tail = int.from_bytes(random(10), "big")
    value = (to_ms(at) & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (tail >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | tail & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))


class Ids:
    """Gives new identifiers; tests pass a seeded one."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._random = random
        self._lock = threading.Lock()

    def new_id(self, now: datetime) -> str:
        """A time-ordered id for a document or an event."""
        with self._lock:
            return uuid7(now, self._random)

    def new_code(self) -> str:
        """128 unguessable bits as 26 characters that a person can read out: what opens a citizen's page."""
        with self._lock:
            number = int.from_bytes(self._random(16), "big")
        return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


#: Crockford's base 32 in small letters: no i, l, o, u.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_secret() -> str:
    """256 unguessable bits for a session or a key."""
    return secrets.token_urlsafe(32)
