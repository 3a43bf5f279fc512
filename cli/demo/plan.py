"""What will happen on the demo's day: who comes where, when, for what, and how it turns out. Seeded, so repeatable."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from cli.sample.load import Federation
from cli.sample.model import Center, Item
from cli.sample.people import Citizen, citizens

T = TypeVar("T")


class Turn(StrEnum):
    """How a visit turns out."""

    PLAIN = "plain"
    MISSED_AND_BACK = "missed_and_back"
    MISSED_FOR_GOOD = "missed_for_good"
    CANCELLED = "cancelled"
    HELD = "held"
    TRANSFERRED = "transferred"
    #: Comes when nobody calls any more; the day's end closes the ticket.
    LEFT_OVER = "left_over"
    #: Asks only, hands nothing in.
    ADVICE = "advice"


class Fate(StrEnum):
    """What becomes of the papers."""

    APPROVED = "approved"
    #: A one-time notice, a supplement, then accepted.
    SUPPLEMENTED = "supplemented"
    REFUSED = "refused"
    DENIED = "denied"
    RETURNED_ONCE = "returned_once"
    PAUSED = "paused"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's visit. ``minute`` counts from the opening of the center; ``level`` 0: doesn't evaluate."""

    number: int
    center: str
    item: str
    person: Citizen
    minute: float
    service_minutes: float
    turn: Turn
    fate: Fate
    level: int
    complains: bool
    online: bool = False


#: Visits of each center, in parts of a hundred.
_SHARES: Final = {"610900": 38, "610902": 46}
_TURNS: Final = {
    Turn.MISSED_AND_BACK: 5,
    Turn.MISSED_FOR_GOOD: 3,
    Turn.CANCELLED: 2,
    Turn.HELD: 4,
    Turn.TRANSFERRED: 3,
    Turn.LEFT_OVER: 1,
    Turn.ADVICE: 5,
}
_FATES: Final = {Fate.SUPPLEMENTED: 7, Fate.REFUSED: 4, Fate.DENIED: 4, Fate.RETURNED_ONCE: 4, Fate.WITHDRAWN: 2}
#: Levels as the demo's people give them, in parts of a hundred; not statistics of any place.
_LEVELS: Final = {1: 46, 2: 26, 3: 8, 4: 3, 5: 2, 0: 15}
#: One person a visit is the least that each of these needs, so that every script is seen in a small demo too.
_ALWAYS: Final = (
    (Turn.MISSED_AND_BACK, Fate.APPROVED, 2),
    (Turn.PLAIN, Fate.SUPPLEMENTED, 1),
    (Turn.PLAIN, Fate.REFUSED, 4),
    (Turn.PLAIN, Fate.DENIED, 5),
    (Turn.PLAIN, Fate.PAUSED, 1),
    (Turn.PLAIN, Fate.OVERDUE, 4),
    (Turn.LEFT_OVER, Fate.APPROVED, 0),
    (Turn.PLAIN, Fate.RETURNED_ONCE, 3),
    (Turn.HELD, Fate.APPROVED, 1),
)
#: The day that people arrive in, in minutes from opening: morning, then afternoon (9–12, 13–17).
_ARRIVALS: Final = ((0.0, 170.0, 60), (242.0, 450.0, 40))
_LEFT_OVER_MINUTE: Final = 477.0


def plan(federation: Federation, visits: int, seed: int, today: date) -> tuple[Visit, ...]:
    """The visits of the day, in the order of their arrival."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    people = citizens(visits, seed=seed, today=today)
    made = []
    for number, person in enumerate(people):
        center = _center(federation, rng)
        turn, fate, level = _script(number, rng)
        item = _item(federation, center, rng, turn, fate)
        minute = _LEFT_OVER_MINUTE if turn is Turn.LEFT_OVER else _arrival(rng)
        online = turn is Turn.PLAIN and fate is Fate.APPROVED and item.kind == "promised" and rng.random() < 0.08
        made.append(
            Visit(
                number,
                center.code,
                item.key,
                person,
                round(minute, 1),
                round(rng.uniform(2.5, 9.0), 1),
                turn,
                fate,
                level,
                complains=level in (4, 5) and rng.random() < 0.6,
                online=online,
            )
        )
    if not any(visit.complains for visit in made):
        made = [_complaining(visit) if visit.number == 2 else visit for visit in made]
    return tuple(sorted(made, key=lambda visit: (visit.minute, visit.number)))


def _complaining(visit: Visit) -> Visit:
    return replace(visit, complains=True)


def _script(number: int, rng: random.Random) -> tuple[Turn, Fate, int]:
    if number < len(_ALWAYS):
        return _ALWAYS[number]
    turn = _drawn(_TURNS, Turn.PLAIN, rng)
    fate = _drawn(_FATES, Fate.APPROVED, rng) if turn not in (Turn.ADVICE, Turn.LEFT_OVER) else Fate.APPROVED
    return turn, fate, rng.choices(list(_LEVELS), list(_LEVELS.values()))[0]


def _drawn(shares: Mapping[T, int], otherwise: T, rng: random.Random) -> T:
    roll = rng.uniform(0, 100)
    for choice, share in shares.items():
        roll -= share
        if roll < 0:
            return choice
    return otherwise


def _center(federation: Federation, rng: random.Random) -> Center:
    roll = rng.uniform(0, 100)
    for center in federation.centers:
        roll -= _SHARES.get(center.code, 100)
        if roll < 0:
            return center
    return federation.centers[-1]


def _item(federation: Federation, center: Center, rng: random.Random, turn: Turn, fate: Fate) -> Item:
    offered: Sequence[Item] = federation.items_of(center)
    if fate in (Fate.DENIED, Fate.RETURNED_ONCE, Fate.PAUSED, Fate.OVERDUE):
        # These need steps behind the window, and a limit short enough to be seen passing.
        behind = [item for item in offered if item.kind == "promised" and len(item.steps) > 1]
        short = [item for item in behind if item.promised_limit.amount <= 10] or behind
        if fate is Fate.PAUSED:
            short = [item for item in behind if any(one.excluded for one in item.special_procedures)]
        offered = short or offered
    elif rng.random() < 0.35:
        offered = [item for item in offered if item.kind == "immediate"] or offered
    return rng.choice(offered)


def _arrival(rng: random.Random) -> float:
    (first, second) = _ARRIVALS
    begin, end, _ = first if rng.uniform(0, 100) < first[2] else second
    return rng.uniform(begin, end)
