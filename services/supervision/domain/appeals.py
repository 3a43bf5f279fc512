"""Appeals against red cards: a red card is never deleted, only appealed and re-judged, with both texts kept (facts 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kit.errors import Conflict, Forbidden
from services.supervision.domain.cards import Appeal, Card, CardState, Colour, Person, Ruling


@dataclass(frozen=True, slots=True)
class RedCardAppealed:
    """A department appeals against a red card."""

    card: Card
    rules: str = "rules G01"


@dataclass(frozen=True, slots=True)
class RedCardUpheld:
    """An appeal was not right; the red card stands."""

    card: Card
    rules: str = "rules G01"


@dataclass(frozen=True, slots=True)
class RedCardOverturned:
    """An appeal was right; the red card no longer counts."""

    card: Card
    rules: str = "rules G01"


AppealEvent = RedCardAppealed | RedCardUpheld | RedCardOverturned


def appeal(card: Card, grounds: str, by: Person, now: datetime, until: datetime) -> Card:
    """The card with its department's appeal, which is filed once and in time; ``until`` is the last instant.

    That a ruling is final, and that there is one appeal, is our own choice: the sources only say that it may be.
    Raises ``Conflict`` (``card_not_red``, ``card_appealed``, ``appeal_too_late``).
    """
    if card.colour is not Colour.RED:
        raise Conflict(
            "card_not_red", "只有红牌可以申诉；提醒和黄牌在原因消除后自动恢复。", colour=card.colour.name.lower()
        )
    if card.appeal is not None:
        raise Conflict("card_appealed", "该红牌已经申诉过，请查看申诉结果。", ruling=card.appeal.ruling)
    if now > until:
        raise Conflict("appeal_too_late", "申诉期限已过，不能再申诉。")
    return replace(card, appeal=Appeal(grounds, by, now))


def rule(card: Card, *, overturned: bool, reason: str, by: Person, now: datetime) -> Card:
    """The card with what was decided on its appeal, by another person than who appealed.

    Raises ``Conflict`` (``appeal_missing``, ``appeal_decided``), ``Forbidden`` (``own_appeal``).
    """
    if card.appeal is None:
        raise Conflict("appeal_missing", "该红牌没有申诉，无需裁定。")
    if card.appeal.ruling is not Ruling.PENDING:
        raise Conflict("appeal_decided", "该申诉已经裁定，不能更改。", ruling=card.appeal.ruling)
    if card.appeal.filed_by.id == by.id:
        raise Forbidden("own_appeal", "不能裁定本人提出的申诉，请由其他监察人员处理。")
    ruled = replace(
        card.appeal,
        ruling=Ruling.OVERTURNED if overturned else Ruling.UPHELD,
        ruling_reason=reason,
        ruled_by=by,
        ruled_at=now,
    )
    return replace(card, appeal=ruled, state=CardState.OVERTURNED if overturned else card.state)
