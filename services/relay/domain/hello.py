"""Who is on the line: both ends say hello, and each signs both hellos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.relay.domain.canonical import form
from services.relay.domain.envelope import Head

_FORM: Final = "TONGBAN-PROOF-1"
#: Of the frames.
PROTOCOL: Final = 1
NONCE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Hello:
    """What an end says first."""

    site: str
    link: str
    received: Head
    now: datetime
    nonce: bytes
    protocol: int = PROTOCOL

    def fields(self) -> tuple[str | int | bytes | datetime, ...]:
        """Its part of a canonical form."""
        received = self.received
        return (self.protocol, self.site, self.link, received.sequence, received.digest, self.now, self.nonce)


def proof(dialling: Hello, listening: Hello, signer: str, key_id: str) -> bytes:
    """What an end signs: both hellos, the dialling end's first, who signs, and with which key."""
    return form(_FORM, (*dialling.fields(), *listening.fields(), signer, key_id))
