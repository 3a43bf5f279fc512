"""An envelope (封): a letter on one link, numbered, chained to the one before it and signed by the neighbour."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from services.relay.domain.canonical import form
from services.relay.domain.letter import Letter

_FORM: Final = "TONGBAN-ENVELOPE-1"
#: What stands for the envelope before the first.
NOTHING: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """How far one direction of a link has come: the last envelope's number and digest."""

    sequence: int = 0
    digest: bytes = NOTHING


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter's place in one direction of a link."""

    letter: Letter
    link: str
    from_site: str
    to_site: str
    #: From 1, without gaps.
    sequence: int
    #: SHA-256 of the canonical form of the envelope before it; ``NOTHING`` before the first.
    previous: bytes
    #: The neighbour's key.
    key_id: str = ""
    signature: bytes = field(default=b"", repr=False)

    def canonical(self) -> bytes:
        """What the neighbour signs: the letter with its signature, and every field of the envelope but its own."""
        letter = self.letter
        return form(
            _FORM,
            (
                letter.canonical(),
                letter.signature,
                self.link,
                self.from_site,
                self.to_site,
                self.sequence,
                self.previous,
                self.key_id,
            ),
        )

    def head(self, canonical: bytes | None = None) -> Head:
        """Where the chain stands with this envelope; ``canonical``: its form, where it is at hand."""
        return Head(self.sequence, hashlib.sha256(self.canonical() if canonical is None else canonical).digest())
