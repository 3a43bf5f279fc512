"""Keeping cards: each as its watch last told it, to be listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.call import Call
from kit.store.port import Mark
from services.supervision.domain.cards import Card
from services.supervision.handlers.tower import Tower


def keep_card(*, tower: Tower, call: Call, card: Card, at: datetime, mark: Mark) -> None:
    """Writes a card down as an event told it; news older than what is known changes nothing (rules G01).

    Raises ``AlreadyApplied``, and ``Stale`` when two tell of one card at once.
    """
    known = tower.cards.find_by_id(card.id)
    if known is None:
        tower.cards.create(card, [], call, mark=mark)
    elif known.changed_at <= at:
        tower.cards.save(replace(card, version=known.version), [], call, mark=mark)
