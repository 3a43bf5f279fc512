"""Who asks: a request passes when the neighbour on its link signed it, in time, once, and not too often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.errors import Exhausted, Forbidden
from services.relay.partner.components import BadSignature
from services.relay.partner.digests import require_digest
from services.relay.partner.exchange import Asked
from services.relay.partner.port import Line, Office, Verify
from services.relay.partner.replay import Replays
from services.relay.partner.signatures import BODY_COVERS, REQUEST_COVERS, read_signature


class Rates:
    """Requests a minute of each link, counted by each replica: a bucket that fills steadily and holds a quarter of a minute's worth."""

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst = per_minute / 60, max(per_minute / 4, 1.0)
        self._monotonic = monotonic
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, link: str) -> None:
        """Counts one. Raises ``Exhausted`` (``too_many_requests``)."""
        now = self._monotonic()
        with self._lock:
            level, at = self._levels.get(link, (self._burst, now))
            level = min(self._burst, level + (now - at) * self._rate)
            enough = level >= 1
            self._levels[link] = (level - 1 if enough else level, now)
        if not enough:
            wait = int((1 - level) / self._rate) + 1
            raise Exhausted("too_many_requests", f"请求过于频繁，请 {wait} 秒后重试。", retry_after=wait)


@dataclass(frozen=True)
class Gate:
    """The gate of this process."""

    office: Office
    replays: Replays
    rates: Rates
    skew: timedelta
    #: Real time, whatever the site's business clock says.
    real: Callable[[], datetime]

    def admit(self, asked: Asked, link: str, now: datetime, verify: Verify | None = None) -> Line:
        """The link of a request that its neighbour signed; ``now`` is the time that keys are judged by.

        ``verify``: by other keys than those of the card that is known.

        Raises ``NotFound`` (``link_unknown``), ``BadSignature``, ``BadDigest``, ``Exhausted``, ``Unavailable``.
        """
        line = self.office.line(link)
        signature = read_signature(asked.message)
        has_body = bool(asked.content) or "content-type" in asked.message.fields
        signature.require([*REQUEST_COVERS, *(BODY_COVERS if has_body else ())])
        at = self.real()
        signature.require_timely(at, self.skew)
        algorithm = signature.key_id.partition(":")[0]
        if signature.algorithm not in ("", algorithm):
            raise BadSignature("signature_algorithm", "签名参数 alg 与密钥的算法不一致，请去掉 alg 或更正。")
        if has_body:
            require_digest(asked.message.fields.get("content-digest"), asked.content)
        try:
            (verify or self.office.verify)(
                line.peer, signature.key_id, signature.base(asked.message), signature.value, now
            )
        except Forbidden as error:
            # Of a letter it would be forbidden; here nobody knows who asks.
            raise BadSignature(error.code, error.message, **error.details) from None
        self.rates.take(line.id)
        until = signature.expires + self.skew.total_seconds()
        self.replays.take(line.peer, signature.nonce, until)
        return line
