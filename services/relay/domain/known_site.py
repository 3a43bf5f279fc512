"""A site that this one isn't linked with and whose letters it may get all the same: introduced by a neighbour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.relay.domain.card import CardRefused, SiteCard, require_successor


@dataclass(frozen=True, slots=True)
class CardLearned:
    """A card of a site that isn't a neighbour was taken, its first or a later one."""

    card: SiteCard
    #: The neighbour that handed it on.
    introduced_by: str
    link: str
    at: datetime
    rules: str = "P02 P03"


@dataclass(frozen=True, slots=True)
class KnownSite:
    """``id`` is the site's."""

    id: str
    card: SiteCard
    #: The neighbour that its first card came from.
    introduced_by: str
    learned_at: datetime
    version: int = 0

    def with_card(self, card: SiteCard, now: datetime) -> KnownSite:
        """With a later card. Raises ``CardRefused`` unless it continues the one that is known."""
        require_successor(self.card, card)
        return replace(self, card=card, learned_at=now)


def introduce(card: SiteCard, *, by: str, may: bool, own: str, now: datetime) -> KnownSite:
    """A site whose first card a neighbour handed on. Raises ``CardRefused`` (``own_card``, ``introduction_not_allowed``)."""
    if card.site == own:
        raise CardRefused("own_card", "这是本站点自己的名片，不能由他人登记。", site=own)
    if not may:
        raise CardRefused(
            "introduction_not_allowed",
            "该链路的对方不能引荐此站点，请与该站点直接建立链路，或调整链路的引荐范围。",
            site=card.site,
            by=by,
        )
    return KnownSite(card.site, card, by, now)
