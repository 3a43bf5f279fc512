"""How much is taken from whom: token buckets in memory, by address and by session (real time)."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress

from gateway.settings import GatewaySettings
from kit.errors import Exhausted

_REMEMBERED = 20_000

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class RateLimited(Exhausted):
    """Asked too often; ``retry_after`` seconds later there is room again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("rate_limited", f"操作过于频繁，请 {retry_after} 秒后再试。", retry_after=retry_after)
        self.retry_after = retry_after


class TokenBuckets:
    """A bucket for each key that fills steadily and holds a quarter of a minute's worth."""

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._burst = max(per_minute / 4, 1.0)
        self._monotonic = monotonic
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, cost: float = 1.0) -> None:
        """Takes from a key's bucket. Raises ``RateLimited`` when it has less; a cost of 0 only asks."""
        if self._rate == 0:
            return
        now = self._monotonic()
        with self._lock:
            level, at = self._levels.get(key, (self._burst, now))
            level = min(self._burst, level + (now - at) * self._rate)
            enough = level >= max(cost, 1.0)
            self._levels[key] = (level - cost if enough else level, now)
            self._levels.move_to_end(key)
            if len(self._levels) > _REMEMBERED:
                self._levels.popitem(last=False)
        if not enough:
            raise RateLimited(max(1, math.ceil((max(cost, 1.0) - level) / self._rate)))


class Limits:
    """All the limits of the gateway."""

    def __init__(self, settings: GatewaySettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._exempt = _networks(settings.rate_exempt)
        self._address = TokenBuckets(settings.rate_address, monotonic)
        self._session = TokenBuckets(settings.rate_session, monotonic)
        self._tickets = TokenBuckets(settings.rate_tickets, monotonic)
        self._sign_in = TokenBuckets(settings.rate_sign_in, monotonic)
        self._misses = TokenBuckets(settings.rate_misses, monotonic)
        self._metrics = _networks(settings.metrics_networks)
        self._boards_per_address = settings.boards_per_address

    def request(self, address: str, session_id: str) -> None:
        """Any request: somebody's by their session, so that an office behind one address isn't one; others' by
        address. Raises ``RateLimited``."""
        if session_id:
            self._session.take(session_id)
        elif not self._is_exempt(address):
            self._address.take(address)

    def ticket(self, address: str) -> None:
        """Taking a number or booking a time. Raises ``RateLimited``."""
        if not self._is_exempt(address):
            self._tickets.take(address)

    def sign_in(self, address: str) -> None:
        """Trying a password or a code. Raises ``RateLimited``."""
        self._sign_in.take(address)

    def may_guess(self, address: str) -> None:
        """Asking without a session for what one must know the code of. Raises ``RateLimited``."""
        self._misses.take(address, 0)

    def boards_of(self, address: str) -> int:
        """How many boards an address may listen to at once; 0: as many as there is room for."""
        return 0 if self._is_exempt(address) else self._boards_per_address

    def may_fetch_metrics(self, address: str) -> bool:
        """Whether an address is an operator's."""
        return _is_within(address, self._metrics)

    def missed(self, address: str) -> None:
        """There was no such thing."""
        with suppress(RateLimited):
            self._misses.take(address)

    def _is_exempt(self, address: str) -> bool:
        return _is_within(address, self._exempt)


def _networks(given: Sequence[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in given)


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    if not networks:
        return False
    try:
        at = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(at in network for network in networks)
