"""Which nonces were seen: a request that comes again under one is refused, at every replica and after a restart.

Each is a document until its signature has expired, give or take the clocks; then it is pruned. What a replayed request
could do is nothing, as every act of this API is idempotent: the window keeps a recorded request from being answered again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kit.pruning import Rule
from kit.store.port import Duplicate, Index, Kind, Store
from services.relay.partner.components import BadSignature

#: ``until`` is real time, as signatures' times are.
NONCES: Final = Kind("nonce", (Index("by_until", ("until",)),))
#: How often expired ones are taken away. Our own choice.
_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Replays:
    """The nonces of each site's signatures, until these have expired; as many as its rate of requests lets it make."""

    store: Store

    def take(self, site: str, nonce: str, until: float) -> None:
        """Notes a nonce until that time (seconds since 1970), durably.

        Raises ``BadSignature`` (``signature_replayed``) when it is there, ``Unavailable``.
        """
        id = hashlib.sha256(f"{site} {nonce}".encode()).hexdigest()
        try:
            self.store.append(NONCES.name, [(id, {"until": int(until * 1000)})])
        except Duplicate:
            raise BadSignature(
                "signature_replayed", "该签名已使用过，请为每次请求生成新的 nonce 并重新签名。"
            ) from None


def nonces_rule(real: Callable[[], datetime]) -> Rule:
    """Takes away nonces of signatures that have expired."""
    return Rule(NONCES, "by_until", timedelta(), every=_EVERY, now=lambda _call: real())
