"""Keys of a site: which of them may have signed what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.errors import Forbidden


class KeyRefused(Forbidden):
    """A signature's key isn't one of its site's, or wasn't at that time."""


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

    def require_valid(self, at: datetime) -> None:
        """Raises ``KeyRefused`` when nothing signed at that time may bear its signature."""
        if self.revoked_at is not None and at >= self.revoked_at:
            raise KeyRefused("key_revoked", "签名密钥已被吊销，请与对方站点核实。", key=self.id)
        if at < self.valid_from or (self.valid_until is not None and at >= self.valid_until):
            raise KeyRefused("key_out_of_time", "签名时间不在密钥的有效期内，请与对方站点核实。", key=self.id)


def find_key(keys: Sequence[SiteKey], id: str) -> SiteKey:
    """The key of this id. Raises ``KeyRefused`` (``key_unknown``)."""
    for key in keys:
        if key.id == id:
            return key
    raise KeyRefused("key_unknown", "签名密钥未登记，请与对方站点核实。", key=id)
