"""A site's card (站点名片): who it is, by which keys it is known, where it is reached. Signed by those keys.

The first card of a site is believed because somebody compared its fingerprint with the other end over another way; each
later one because a key of the card before it signed it too, or that card's root key (根密钥), which is kept off every machine,
or one that follows it (``succession``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from kit.errors import Forbidden, Invalid
from services.relay.domain.canonical import form
from services.relay.domain.keys import SKEW, SiteKey, key_id
from services.relay.domain.letter import SITE_ID
from services.relay.domain.succession import FormerRoot, is_whole, leads_on, steps

_FORM: Final = "TONGBAN-SITE-CARD-1"
#: Of a card that names a root key, which stands behind all else.
_ROOTED: Final = "TONGBAN-SITE-CARD-2"
#: Of one whose root key followed another: the former ones stand behind it.
_FOLLOWED: Final = "TONGBAN-SITE-CARD-3"
#: Bounds of what a card may hold: our own choice.
MAX_KEYS: Final = 64
MAX_TEXT: Final = 16 * 1024

#: Says whether a key made a signature over these bytes.
Signed = Callable[[SiteKey, bytes, bytes], bool]


class CardRefused(Forbidden):
    """A card isn't what it says, or doesn't follow the one before it."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A public key that files for the site are sealed with."""

    #: E.g. ``x25519:0123456789abcdef``.
    id: str
    public: bytes
    valid_from: datetime
    #: From when on nobody seals with it any more.
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CardSignature:
    """One key's signature over a card."""

    key_id: str
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SiteCard:
    """Who a site says that it is."""

    #: Division code and label, e.g. ``610902.hanbin``.
    site: str
    name: str
    #: Grows by one with each card of the site.
    serial: int
    issued_at: datetime
    #: All that it ever had: what a former one signed stays verifiable.
    keys: tuple[SiteKey, ...]
    sealing_keys: tuple[SealingKey, ...] = ()
    #: PEM: what its certificate on a line must come from.
    certificates: tuple[str, ...] = ()
    #: E.g. ``grpcs://relay.example:7443``; none: it dials.
    endpoints: tuple[str, ...] = ()
    signatures: tuple[CardSignature, ...] = ()
    #: Signs cards and nothing else, and is never revoked by another key; ``None``: the site has none.
    root: SiteKey | None = None
    #: The root keys before it, in order, since people compared one last.
    former_roots: tuple[FormerRoot, ...] = ()

    def canonical(self) -> bytes:
        """What its keys sign: every field but the signatures."""
        return form(_FORM if self.root is None else _FOLLOWED if self.former_roots else _ROOTED, self._fields())

    def _fields(self) -> Iterator[str | int | bytes | datetime | None]:
        yield from (self.site, self.name, self.serial, self.issued_at, len(self.keys))
        for key in self.keys:
            yield from (key.id, key.public, key.valid_from, key.valid_until, key.revoked_at)
        yield len(self.sealing_keys)
        for sealing in self.sealing_keys:
            yield from (sealing.id, sealing.public, sealing.valid_from, sealing.valid_until)
        yield len(self.certificates)
        yield from self.certificates
        yield len(self.endpoints)
        yield from self.endpoints
        if self.root is not None:
            yield from (self.root.id, self.root.public, self.root.valid_from)
        if self.former_roots:
            yield len(self.former_roots)
            for former in self.former_roots:
                yield from (former.key.id, former.key.public, former.key.valid_from, former.signature, former.accepted)

    def fingerprint(self) -> str:
        """What two people compare over another way: 32 hex digits in groups of four, of the card's canonical form."""
        digits = hashlib.sha256(self.canonical()).hexdigest()[:32]
        return " ".join(digits[at : at + 4] for at in range(0, 32, 4))

    def sealing_key(self, now: datetime) -> SealingKey | None:
        """The newest key to seal with; ``None``: files for this site can't be sealed."""
        usable = [
            key
            for key in self.sealing_keys
            if key.valid_from <= now + SKEW and (key.valid_until is None or now < key.valid_until)
        ]
        return max(usable, key=lambda key: key.valid_from, default=None)

    def must_sign(self) -> tuple[SiteKey, ...]:
        """The keys that are valid when it is issued, each of which signs it."""
        return tuple(key for key in self.keys if key.signs_at(self.issued_at))

    def signed_with(self, sign: Callable[[str, bytes], bytes]) -> SiteCard:
        """The same card, signed with each key that is valid when it is issued."""
        data = self.canonical()
        made = tuple(CardSignature(key.id, sign(key.id, data)) for key in self.must_sign())
        return replace(self, signatures=made)

    def countersigned(self, sign: Callable[[bytes], bytes]) -> SiteCard:
        """With its root key's signature too. Raises ``Invalid`` (``card_without_root``)."""
        if self.root is None:
            raise Invalid("card_without_root", "本站点的名片没有根密钥，请先登记：tongban site root。", site=self.site)
        return replace(self, signatures=(*self.signatures, CardSignature(self.root.id, sign(self.canonical()))))

    @property
    def is_rooted(self) -> bool:
        """Whether its root key signed it; of a genuine card, that is verified."""
        return self.root is not None and any(each.key_id == self.root.id for each in self.signatures)


def require_site_id(site: str) -> str:
    """The id, if it is one. Raises ``Invalid`` (``site_id_malformed``)."""
    if not SITE_ID.fullmatch(site):
        raise Invalid(
            "site_id_malformed",
            "站点编号应为“行政区划代码.名称”，如 610902.hanbin（名称为小写字母、数字和连字符，最多40个字符）。",
            site=site[:80],
        )
    return site


def same_fingerprint(given: str, card: SiteCard) -> bool:
    """Whether somebody read out this card's fingerprint, however grouped."""
    return re.sub(r"[\s:-]", "", given).lower() == card.fingerprint().replace(" ", "")


def require_genuine(card: SiteCard, now: datetime, signed: Signed) -> None:
    """Raises ``CardRefused`` unless a card is whole, of its time, and signed by each of its keys that is in use.

    Says nothing about whose it is: that is for a person's comparison, or for the card before it, to say.
    """
    _require_whole(card)
    if card.issued_at > now + SKEW:
        raise CardRefused("card_from_future", "站点名片的签发时间在将来，请核对双方时钟。", site=card.site)
    if not any(key.signs_at(now) or key.signs_at(card.issued_at) for key in card.keys):
        raise CardRefused("card_without_key", "站点名片中没有有效的签名密钥，请向对方索取新的名片。", site=card.site)
    if not any(_in_use(key, now) for key in card.keys):
        raise CardRefused("card_expired", "站点名片中的密钥均已停用，请向对方索取新的名片。", site=card.site)
    keys = {key.id: key for key in (*card.keys, *((card.root,) if card.root else ()))}
    data = card.canonical()
    for each in card.signatures:
        key = keys.get(each.key_id)
        if key is None or not signed(key, data, each.signature):
            raise CardRefused(
                "card_signature_wrong", "站点名片的签名不符，名片可能被改动，请向对方索取原件。", site=card.site
            )
    _require_succession(card, signed)
    missing = {key.id for key in card.must_sign()} - {each.key_id for each in card.signatures}
    if missing:
        raise CardRefused(
            "card_not_signed",
            "站点名片缺少其密钥的签名，请向对方索取原件。",
            site=card.site,
            keys=",".join(sorted(missing)),
        )


def _require_succession(card: SiteCard, signed: Signed) -> None:
    if card.root is None:
        return
    for former, successor, data in steps(card.site, card.former_roots, card.root):
        if not (signed(former.key, data, former.signature) and signed(successor, data, former.accepted)):
            raise CardRefused(
                "card_root_forged", "站点名片中根密钥更替的签名不符，请向对方核实。", site=card.site, key=successor.id
            )


def _in_use(key: SiteKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.valid_until is None or now < key.valid_until)


def _require_whole(card: SiteCard) -> None:
    require_site_id(card.site)
    ids = [each.id for each in card.keys]
    sealing = [each.id for each in card.sealing_keys]
    texts = (card.name, *card.certificates, *card.endpoints)
    whole = (
        card.serial >= 1
        and 1 <= len(ids) <= MAX_KEYS
        and len(sealing) <= MAX_KEYS
        and len(set(ids)) == len(ids)
        and len(set(sealing)) == len(sealing)
        and all(each.id == key_id(each.algorithm, each.public) for each in card.keys)
        and all(each.id == key_id(each.id.partition(":")[0], each.public) for each in card.sealing_keys)
        and len(card.certificates) <= 8
        and len(card.endpoints) <= 8
        and len(card.signatures) <= MAX_KEYS + 1
        and is_whole(card.former_roots, card.root, ids)
        and (not card.former_roots or card.root is None or card.root.valid_from <= card.issued_at)
        and all(len(text) <= MAX_TEXT for text in texts)
        and bool(card.name.strip())
    )
    if not whole:
        raise CardRefused("card_malformed", "站点名片内容不完整或不合规，请向对方索取原件。", site=card.site)


def require_successor(known: SiteCard, card: SiteCard) -> None:
    """Raises ``CardRefused`` unless a genuine card may take the place of the one that is known, without anybody's word.

    The root key's signature is enough, whatever became of the others; what a thief has put into the card before it, such a
    card needn't keep. So is that of a root key which the known one, or one after it, signed as its successor.
    ``card_not_continued``: no key that is still trusted signed it; ``card_root_former``: it names a root key that another
    took the place of; ``card_root_changed``: another root key, which none that is known led to. Then a person has to compare
    fingerprints again.
    """
    if card.root is not None and card.root in (each.key for each in known.former_roots):
        raise CardRefused(
            "card_root_former",
            "新名片使用的是已经更替的旧根密钥，不予采信，请用其他方式与对方核实。",
            site=card.site,
            key=card.root.id,
        )
    if not leads_on(known.former_roots, known.root, card.former_roots, card.root):
        raise CardRefused(
            "card_root_changed",
            "新名片的根密钥与原来的不同，请用其他方式与对方核对指纹后，人工登记：tongban link learn。",
            site=card.site,
        )
    if card.is_rooted:
        _require_later(known, card)
        return
    require_continuing(known, card)
    trusted = {key.id for key in known.keys if key.revoked_at is None}
    revoked = {key.id for key in card.keys if key.revoked_at is not None}
    if not {each.key_id for each in card.signatures} & (trusted - revoked):
        raise CardRefused(
            "card_not_continued",
            "新名片没有原有密钥的签名，请用其他方式与对方核对指纹后，人工登记：tongban link learn。",
            site=card.site,
        )


def require_continuing(known: SiteCard, card: SiteCard) -> None:
    """Raises ``CardRefused`` unless a card is a later one of the same site, with the same past."""
    _require_later(known, card)
    later = {key.id: key for key in card.keys}
    for key in known.keys:
        now = later.get(key.id)
        if now is None or now.valid_from != key.valid_from:
            raise CardRefused("card_forgets_key", "新名片缺少原有的密钥，请向对方核实。", site=card.site, key=key.id)
        revived = key.revoked_at is not None and (now.revoked_at is None or now.revoked_at > key.revoked_at)
        if revived:
            raise CardRefused(
                "card_revives_key", "新名片恢复了已吊销的密钥，请向对方核实。", site=card.site, key=key.id
            )


def _require_later(known: SiteCard, card: SiteCard) -> None:
    if card.site != known.site:
        raise CardRefused(
            "card_of_another_site", "这是另一站点的名片，请核对文件。", expected=known.site, site=card.site
        )
    if card.serial <= known.serial:
        raise CardRefused(
            "card_not_newer",
            "已登记的名片同样新或更新，无需替换。",
            site=card.site,
            known=known.serial,
            serial=card.serial,
        )
