"""Keeping cards, each as its watch last told it, and appeals against red ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.call import Call
from kit.errors import NotFound
from kit.store.port import Mark
from kit.store.repository import check_version
from kit.text import clean
from kit.workdays import Limit, Unit, due
from services.supervision.domain import appeals
from services.supervision.domain.appeals import RedCardAppealed, RedCardOverturned, RedCardUpheld
from services.supervision.domain.cards import Card, Person
from services.supervision.handlers.tower import Tower

#: What the grounds of an appeal and of a ruling may have, in characters.
MAX_GROUNDS = 2000


def keep_card(*, tower: Tower, call: Call, card: Card, at: datetime, mark: Mark) -> None:
    """Writes a card down as an event told it; news older than what is known changes nothing (rules G01).

    An appeal is the card's own and stays. Raises ``AlreadyApplied``, and ``Stale`` when two tell of one card at once.
    """
    known = tower.cards.find_by_id(card.id)
    if known is None:
        tower.cards.create(card, [], call, mark=mark)
    elif known.appeal is None and known.changed_at <= at:
        tower.cards.save(replace(card, version=known.version), [], call, mark=mark)


def appeal_card(*, tower: Tower, call: Call, card_id: str, grounds: str, expected_version: int) -> Card:
    """A department's appeal against its red card (facts 7).

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Invalid``, ``Conflict`` (``card_not_red``, ``card_appealed``,
    ``appeal_too_late``), ``Unavailable`` (``reference_not_ready``).
    """
    card = theirs(tower, call, card_id)
    call.actor.require_department(card.center_id, card.department_key)
    check_version(card, expected_version)
    said = clean(grounds, field="grounds", max_length=MAX_GROUNDS, multiline=True)
    appealed = appeals.appeal(card, said, who(call), call.now, appeal_until(tower, card))
    return tower.cards.save(appealed, [RedCardAppealed(appealed)], call)


def rule_on_appeal(
    *, tower: Tower, call: Call, card_id: str, overturned: bool, reason: str, expected_version: int
) -> Card:
    """Supervision's decision on an appeal (facts 7).

    Raises ``NotFound``, ``Forbidden`` (``own_appeal``), ``Stale``, ``Invalid``, ``Conflict`` (``appeal_missing``,
    ``appeal_decided``).
    """
    card = theirs(tower, call, card_id)
    check_version(card, expected_version)
    said = clean(reason, field="reason", max_length=MAX_GROUNDS, multiline=True)
    ruled = appeals.rule(card, overturned=overturned, reason=said, by=who(call), now=call.now)
    event = RedCardOverturned(ruled) if overturned else RedCardUpheld(ruled)
    return tower.cards.save(ruled, [event], call)


def appeal_until(tower: Tower, card: Card) -> datetime:
    """The last instant for an appeal against a red card: working days behind the day that it was raised.

    Raises ``Unavailable`` (``reference_not_ready``).
    """
    days = tower.reference.policy(card.center_id).integer("red_card_appeal_days")
    limit = Limit(days, Unit.WORKING_DAY, "facts 7")
    return due(card.raised_at, limit, tower.reference.calendar(card.center_id)).due_at or card.raised_at


def theirs(tower: Tower, call: Call, card_id: str) -> Card:
    """A card of the actor's center, for chiefs of their department. Raises ``NotFound``, ``Forbidden``."""
    card = tower.cards.find_by_id(card_id)
    if card is None:
        raise NotFound("card_not_found", "没有找到这张红黄牌，请核对后重试。")
    if call.actor.has("supervisor", "manager"):
        call.actor.require_center(card.center_id)
    else:
        call.actor.require_department(card.center_id, card.department_key)
    return card


def who(call: Call) -> Person:
    """Who calls, as they are called now."""
    return Person(call.actor.id, call.actor.name)
