"""Keys of a site: which of them may have signed what, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kit.errors import Forbidden

#: How far ahead of ours another site's clock may be: our own choice.
SKEW: Final = timedelta(minutes=10)


class KeyRefused(Forbidden):
    """A signature's key isn't one of its site's, or wasn't at that time."""


def key_id(algorithm: str, public: bytes) -> str:
    """What a public key is called everywhere: its algorithm and the beginning of its SHA-256."""
    return f"{algorithm}:{hashlib.sha256(public).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class SiteKey:
    """A site's public key for signing. ``id`` names the algorithm before the colon, so that others can follow."""

    #: E.g. ``ed25519:0123456789abcdef``.
    id: str
    public: bytes
    valid_from: datetime
    #: When the site stops signing with it; ``None``: not planned. What was signed before stays verifiable.
    valid_until: datetime | None = None
    #: From when on it is refused, whatever it signs.
    revoked_at: datetime | None = None

    @property
    def algorithm(self) -> str:
        """What it signs with, e.g. ``ed25519``."""
        return self.id.partition(":")[0]

    def signs_at(self, at: datetime) -> bool:
        """Whether its site signs with it at that time."""
        ended = self.valid_until is not None and at >= self.valid_until
        return at >= self.valid_from and not ended and self.revoked_at is None

    def require_valid(self, arrived: datetime, signed: datetime | None = None) -> None:
        """Raises ``KeyRefused`` unless its signature may be taken that arrived, and by its own account was made, then.

        A letter may be long on its way, so a key that its site no longer uses still vouches for what says that it was
        signed before; but nobody's word for when it was signed helps against a revocation: that counts by arrival.
        """
        if self.revoked_at is not None and arrived >= self.revoked_at:
            raise KeyRefused("key_revoked", "签名密钥已被吊销，请与对方站点核实。", key=self.id)
        if (signed or arrived) + SKEW < self.valid_from or arrived + SKEW < self.valid_from:
            raise KeyRefused("key_out_of_time", "签名时间早于密钥的启用时间，请与对方站点核实。", key=self.id)
        if signed is not None and self.valid_until is not None and signed >= self.valid_until + SKEW:
            raise KeyRefused("key_out_of_time", "签名时间晚于密钥的停用时间，请与对方站点核实。", key=self.id)


def find_key(keys: Sequence[SiteKey], id: str) -> SiteKey:
    """The key of this id. Raises ``KeyRefused`` (``key_unknown``)."""
    for key in keys:
        if key.id == id:
            return key
    raise KeyRefused("key_unknown", "签名密钥未登记，请与对方站点核实。", key=id)


def signing_key(keys: Iterable[SiteKey], now: datetime) -> SiteKey:
    """The key to sign with: while a new one overlaps with the old, the old, until everybody had time to learn the new.

    Raises ``KeyRefused`` (``no_signing_key``) when none is valid.
    """
    usable = [key for key in keys if key.signs_at(now)]
    if not usable:
        raise KeyRefused("no_signing_key", "本站点没有有效的签名密钥，请先更换密钥：tongban site rotate。")
    ending = [(key.valid_until, key.id, key) for key in usable if key.valid_until is not None]
    return min(ending)[2] if ending else max(usable, key=lambda key: key.valid_from)
