"""The key ring: this site's keys to sign with, and every known site's to verify by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from kit.errors import Forbidden, Unavailable
from kit.signing import BadSignature, verify_raw
from services.relay.domain.card import SiteCard
from services.relay.domain.keys import KeyRefused, SiteKey, find_key, signing_key
from services.relay.handlers.identity import Identity

#: What verifies a signature, by the algorithm that a key's id names: (public key, data, signature). Another algorithm,
#: SM2 (GB/T 32918) first of all, is another line here, with its signer in ``load_identity``.
ALGORITHMS: Final[Mapping[str, Callable[[bytes, bytes, bytes], None]]] = {"ed25519": verify_raw}


class SignatureRefused(Forbidden):
    """A signature isn't of what it comes with."""


class Keyring(Protocol):
    """Signs for this site, and verifies for every site that it knows."""

    def signing_key_id(self, now: datetime) -> str:
        """The key to sign with now. Raises ``Unavailable`` (``site_has_no_identity``), ``KeyRefused``."""
        ...

    def sign(self, key_id: str, data: bytes) -> bytes:
        """The signature of one of this site's keys. Raises ``KeyRefused`` (``key_not_here``)."""
        ...

    def verify(
        self, site: str, key_id: str, data: bytes, signature: bytes, at: datetime, signed_at: datetime | None = None
    ) -> None:
        """Raises unless this key of this site signed the data, and its signature may be taken.

        ``at`` is when it arrived: from a key's revocation on nothing is taken. ``signed_at``, where the data say it,
        has to be in the key's time. Raises ``KeyRefused`` (``site_unknown``, ``key_unknown``, ``key_revoked``,
        ``key_out_of_time``, ``algorithm_unknown``), ``SignatureRefused`` (``signature_wrong``).
        """
        ...


@dataclass(frozen=True)
class SiteKeyring:
    """The key ring of a site with an identity, or of one that has none and can only verify."""

    identity: Callable[[], Identity | None]
    #: The present card of another site; ``None``: it isn't known.
    card: Callable[[str], SiteCard | None]

    def signing_key_id(self, now: datetime) -> str:
        """The key to sign with now."""
        return signing_key(self._own().card.keys, now).id

    def sign(self, key_id: str, data: bytes) -> bytes:
        """The signature of one of this site's keys."""
        return self._own().sign(key_id, data)

    def verify(
        self, site: str, key_id: str, data: bytes, signature: bytes, at: datetime, signed_at: datetime | None = None
    ) -> None:
        """Raises unless this key of this site signed the data, and its signature may be taken."""
        own = self.identity()
        card = own.card if own is not None and own.site == site else self.card(site)
        if card is None:
            raise KeyRefused("site_unknown", "没有该站点的名片，请先登记或由上级转来。", site=site)
        key = find_key(card.keys, key_id)
        key.require_valid(at, signed_at)
        if not signed_with(key, data, signature):
            raise SignatureRefused("signature_wrong", "签名与内容不符，内容可能被改动。", site=site, key=key_id)

    def _own(self) -> Identity:
        own = self.identity()
        if own is None:
            raise Unavailable("site_has_no_identity", "本站点尚未建立身份，无法收发函件，请先运行 tongban site init。")
        return own


def signed_with(key: SiteKey, data: bytes, signature: bytes) -> bool:
    """Whether this key made the signature. Raises ``KeyRefused`` (``algorithm_unknown``)."""
    verify = ALGORITHMS.get(key.algorithm)
    if verify is None:
        raise KeyRefused("algorithm_unknown", "不支持该签名算法，请升级后重试或与对方站点协商。", key=key.id)
    try:
        verify(key.public, data, signature)
    except BadSignature:
        return False
    return True
