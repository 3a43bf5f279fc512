"""Points per department and person over a period (rules G05): what stands counts, what an appeal overturned doesn't."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kit.workdays import local_date, local_instant
from services.supervision.domain.cards import Card, CardState, Colour
from services.supervision.domain.rules import Period, RuleEdition, Rung


@dataclass(frozen=True, slots=True)
class Span:
    """A period with its name, e.g. 2026Q4; ``until`` isn't part of it."""

    name: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Points:
    """What one department, or one person of it, has."""

    yellow: int = 0
    red: int = 0
    points: int = 0
    taken_back: int = 0
    #: The cards that count, in the order of their raising.
    cards: tuple[str, ...] = ()


def span(period: Period, at: datetime) -> Span:
    """The period that an instant is in, by the center's days."""
    on = local_date(at)
    if period is Period.YEAR:
        return Span(f"{on.year}", _first(on.year, 1), _first(on.year + 1, 1))
    if period is Period.MONTH:
        return Span(f"{on.year}-{on.month:02d}", _first(on.year, on.month), _first(on.year, on.month + 1))
    quarter = (on.month - 1) // 3
    return Span(f"{on.year}Q{quarter + 1}", _first(on.year, 3 * quarter + 1), _first(on.year, 3 * quarter + 4))


def counts(card: Card, edition: RuleEdition) -> bool:
    """Whether a card's points count: it stands, or it recovered where that doesn't take them back (our own choice)."""
    if card.state is CardState.RECOVERED:
        return edition.recovered_counts
    return card.state is CardState.ACTIVE


def add_up(cards: Iterable[Card], edition: RuleEdition) -> Points:
    """What cards come to."""
    every = sorted(cards, key=lambda card: (card.raised_at, card.id))
    counted = [card for card in every if card.points and counts(card, edition)]
    return Points(
        yellow=sum(card.colour is Colour.YELLOW for card in counted),
        red=sum(card.colour is Colour.RED for card in counted),
        points=sum(card.points for card in counted),
        taken_back=sum(card.points for card in every if card.state is CardState.OVERTURNED),
        cards=tuple(card.id for card in counted),
    )


def reached(points: int, edition: RuleEdition, *, person: bool) -> Rung | None:
    """The highest rung that so many points reach; a threshold of 0 is never reached."""
    taken = [rung for rung in edition.ladder if 0 < threshold(rung, person=person) <= points]
    return taken[-1] if taken else None


def threshold(rung: Rung, *, person: bool) -> int:
    """From how many points a rung is proposed."""
    return rung.person_points if person else rung.department_points


def _first(year: int, month: int) -> datetime:
    return local_instant(date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1))
