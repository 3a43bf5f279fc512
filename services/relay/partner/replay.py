"""Which nonces were seen: a request that comes again under one is refused.

Kept in memory and by process. What a replayed request could do at another replica, or after a restart, is nothing:
every act of this API is idempotent. The window only keeps a recorded request from being answered again.
"""

from __future__ import annotations

import heapq
import threading
from typing import Final

from kit.errors import Exhausted
from services.relay.partner.components import BadSignature

#: Nonces kept of one site at the most; its rate of requests is below what fills this. Our own choice.
_MOST: Final = 20_000


class Replays:
    """The nonces of each site's signatures, until these have expired."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._seen: dict[str, set[str]] = {}
        self._ends: dict[str, list[tuple[float, str]]] = {}

    def take(self, site: str, nonce: str, until: float, now: float) -> None:
        """Notes a nonce until that time (seconds since 1970).

        Raises ``BadSignature`` (``signature_replayed``) when it is there, ``Exhausted`` when too many are.
        """
        with self._lock:
            seen, ends = self._seen.setdefault(site, set()), self._ends.setdefault(site, [])
            while ends and ends[0][0] <= now:
                seen.discard(heapq.heappop(ends)[1])
            if nonce in seen:
                raise BadSignature("signature_replayed", "该签名已使用过，请为每次请求生成新的 nonce 并重新签名。")
            if len(seen) >= self._most:
                raise Exhausted("too_many_requests", "请求过于频繁，请稍后重试。")
            seen.add(nonce)
            heapq.heappush(ends, (until, nonce))
