"""Issuing a site's own cards: the first, and each that follows when its keys, certificates or addresses change.

Keys overlap: the old one goes on signing until the overlap's end, and the new one follows it then. So every site that
hears of the new card within the overlap verifies everything, whichever order it hears things in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from kit.errors import Conflict, Invalid
from services.relay.domain.card import SealingKey, SiteCard, require_site_id
from services.relay.domain.keys import SiteKey, find_key
from services.relay.domain.succession import MAX_FORMER, Sign, succeeded

#: How long an old key overlaps with its successor: our own choice.
OVERLAP: Final = timedelta(days=30)


class RotationRefused(Conflict):
    """The keys' state doesn't allow it."""


def first_card(
    *,
    site: str,
    name: str,
    key: SiteKey,
    sealing_key: SealingKey,
    certificates: Sequence[str],
    endpoints: Sequence[str],
    now: datetime,
    root: SiteKey | None = None,
) -> SiteCard:
    """A new site's card, not signed yet. Raises ``Invalid`` (``site_id_malformed``, ``site_name_missing``)."""
    require_site_id(site)
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("site_name_missing", "请填写站点名称（1至100个字）。", field="name")
    return SiteCard(
        site, name.strip(), 1, now, (key,), (sealing_key,), tuple(certificates), tuple(endpoints), root=root
    )


def rotated(card: SiteCard, key: SiteKey, sealing_key: SealingKey, now: datetime, overlap: timedelta) -> SiteCard:
    """With a new key that follows the present one at the overlap's end; files are sealed with the new one at once.

    Raises ``RotationRefused`` (``rotation_under_way``), ``Invalid`` (``overlap_wrong``).
    """
    if not timedelta(hours=1) <= overlap <= timedelta(days=366):
        raise Invalid("overlap_wrong", "新旧密钥的重叠期应为1小时至366天。", field="overlap")
    for each in card.keys:
        if each.revoked_at is None and each.valid_until is not None and each.valid_until > now:
            raise RotationRefused(
                "rotation_under_way",
                "上一次更换密钥的重叠期尚未结束；如需立即停用旧密钥，请吊销：tongban site revoke。",
                key=each.id,
                until=each.valid_until.isoformat(),
            )
    end = now + overlap
    keys = tuple(
        replace(each, valid_until=end) if each.revoked_at is None and each.valid_until is None else each
        for each in card.keys
    )
    return _next(replace(card, keys=(*keys, key), sealing_keys=_sealing_after(card, sealing_key, end)), now)


def _sealing_after(card: SiteCard, key: SealingKey, end: datetime) -> tuple[SealingKey, ...]:
    former = (replace(each, valid_until=end) if each.valid_until is None else each for each in card.sealing_keys)
    return (*former, key)


def needs_replacement(card: SiteCard, key_id: str) -> bool:
    """Whether revoking this key would leave the site without one that goes on."""
    return not any(each.revoked_at is None and each.valid_until is None and each.id != key_id for each in card.keys)


def with_revoked(card: SiteCard, key_id: str, since: datetime, now: datetime, replacement: SiteKey | None) -> SiteCard:
    """With a key that is refused from ``since`` on, and the one that takes its place where none else goes on.

    Raises ``KeyRefused`` (``key_unknown``), ``RotationRefused`` (``key_revoked_already``, ``last_key``), ``Invalid``.
    """
    key = find_key(card.keys, key_id)
    if key.revoked_at is not None:
        raise RotationRefused("key_revoked_already", "该密钥已经吊销。", key=key_id, at=key.revoked_at.isoformat())
    if not key.valid_from <= since <= now:
        raise Invalid("revocation_time_wrong", "吊销时间应在密钥启用之后、现在之前。", field="since")
    if replacement is None and needs_replacement(card, key_id):
        raise RotationRefused("last_key", "吊销后本站点没有可用的密钥，需同时启用新密钥。", key=key_id)
    keys = tuple(replace(each, revoked_at=since) if each.id == key_id else each for each in card.keys)
    return _next(replace(card, keys=(*keys, replacement) if replacement else keys), now)


def with_addresses(card: SiteCard, certificates: Sequence[str], endpoints: Sequence[str], now: datetime) -> SiteCard:
    """With other certificates and addresses."""
    return _next(replace(card, certificates=tuple(certificates), endpoints=tuple(endpoints)), now)


def with_root(card: SiteCard, root: SiteKey | None, now: datetime) -> SiteCard:
    """With a root key, another one, or none: every neighbour's operator compares the fingerprint again."""
    return _next(replace(card, root=root, former_roots=()), now)


def with_next_root(card: SiteCard, successor: SiteKey, now: datetime, sign: Sign, accept: Sign) -> SiteCard:
    """With a root key that the present one (``sign``) gives its place to: neighbours believe that.

    Raises ``RotationRefused`` (``root_missing``, ``root_same``, ``root_too_often``).
    """
    former = card.root
    if former is None:
        raise RotationRefused("root_missing", "本站点的名片没有根密钥，请先登记：tongban site root。")
    if successor.id in (former.id, *(each.key.id for each in card.former_roots), *(each.id for each in card.keys)):
        raise RotationRefused("root_same", "该密钥已经是或曾经是本站点的密钥，请使用新的根密钥文件。", key=successor.id)
    if len(card.former_roots) >= MAX_FORMER:
        raise RotationRefused(
            "root_too_often",
            "根密钥更替次数已达上限，请用 tongban site root 重新登记，并由对方人工核对指纹。",
            max=MAX_FORMER,
        )
    following = succeeded(card.site, card.former_roots, former, successor, sign, accept)
    return _next(replace(card, root=successor, former_roots=following), now)


def behind(card: SiteCard, serial: int) -> SiteCard:
    """With a number above one that a thief gave to a card of this site."""
    return replace(card, serial=max(card.serial, serial + 1))


def _next(card: SiteCard, now: datetime) -> SiteCard:
    return replace(card, serial=card.serial + 1, issued_at=max(now, card.issued_at), signatures=())
