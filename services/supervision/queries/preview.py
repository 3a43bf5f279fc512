"""Trying rules on what happened: which cards would they have made in the last days?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Final

from kit.call import Call
from kit.clock import to_ms
from kit.errors import Invalid
from kit.store.port import Range
from services.supervision.domain.cards import CardState, Colour, Trigger, face
from services.supervision.domain.plan import CardRules, plan
from services.supervision.domain.rules import MOST_DAYS, Rule, require_sound
from services.supervision.domain.watches import Raised, Watch, WatchState, card_id
from services.supervision.handlers import Tower

#: How far back rules may be tried, in days, and on how many clocks.
MOST_BACK: Final = 366
MAX_TRIED: Final = 20_000
#: Between a limit and its warnings lie so many working days at the most; the law's comes behind the promise.
_AROUND: Final = timedelta(days=3 * MOST_DAYS)


@dataclass(frozen=True, slots=True)
class Tried:
    """A card that rules would have made, or that was made."""

    id: str
    trigger: Trigger
    colour: Colour
    kind: str
    subject_id: str
    number: str
    title: str
    department_key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What rules would have made since an instant, the latest first, and what was made."""

    since: datetime
    would: tuple[Tried, ...]
    made: tuple[Tried, ...]
    truncated: bool


def preview_rules(*, tower: Tower, call: Call, center_id: str, wanted: tuple[Rule, ...], days: int) -> Preview:
    """Which cards rules would have made in the last days; nothing is changed.

    Clocks are tried as they are known now: what stopped or moved one before isn't played again. Raises ``Forbidden``,
    ``Invalid`` (``days_out_of_range``, ``rules_incomplete``, ``rules_out_of_range``), ``Unavailable``.
    """
    call.actor.require_center(center_id)
    if not 1 <= days <= MOST_BACK:
        raise Invalid("days_out_of_range", f"试算的天数应在 1 至 {MOST_BACK} 之间。", field="days")
    edition = replace(tower.edition(center_id, call.now), rules=wanted)
    require_sound(edition)
    rules, since = tower.by(edition), call.now - timedelta(days=days)
    watches = list(islice(_watches(tower, center_id, since, call.now), MAX_TRIED + 1))
    clocks = (_of_clocks(watch, rules, since, call.now) for watch in watches[:MAX_TRIED])
    would = [*chain.from_iterable(clocks), *_of_findings(tower, rules, since)]
    would.sort(key=lambda card: (card.at, card.id), reverse=True)
    return Preview(since, tuple(would), tuple(_made(tower, center_id, since)), len(watches) > MAX_TRIED)


def _watches(tower: Tower, center_id: str, since: datetime, now: datetime) -> Iterator[Watch]:
    near = Range(least=to_ms(since - _AROUND), below=to_ms(now + _AROUND))
    for state in (WatchState.RUNNING, WatchState.ENDED):
        yield from tower.watches.each("by_center", range=near, seen__center_id=center_id, seen__state=state.value)


def _of_clocks(watch: Watch, rules: CardRules, since: datetime, now: datetime) -> Iterator[Tried]:
    seen = watch.seen
    for clock in watch.clocks(rules):
        due_at = clock.last_instant(rules.calendar)
        if due_at is None:
            continue
        until = min(at for at in (now, clock.done_at, watch.ended_at) if at is not None)
        for instant in plan(clock.started_at, due_at, rules.of(clock.trigger), rules.calendar).instants:
            if since <= instant.at <= until:
                raised = Raised(instant.colour, instant.at, due_at, clock.trigger, clock.key)
                yield Tried(
                    id=card_id(watch, raised),
                    trigger=clock.trigger,
                    colour=instant.colour,
                    kind=seen.kind,
                    subject_id=seen.id,
                    number=seen.number,
                    title=seen.title,
                    department_key=seen.department_key,
                    at=instant.at,
                )


def _of_findings(tower: Tower, rules: CardRules, since: datetime) -> Iterator[Tried]:
    center_id = rules.edition.center_id
    for finding in tower.findings.each("by_center", range=Range(least=to_ms(since)), center_id=center_id):
        fact, rule = finding.fact, rules.of(finding.fact.trigger)
        if rule.on:
            yield Tried(
                id=f"{finding.id}-{rule.colour.name.lower()}",
                trigger=fact.trigger,
                colour=rule.colour,
                kind=fact.kind,
                subject_id=fact.id,
                number=fact.number,
                title=fact.title,
                department_key=fact.department_key,
                at=finding.found_at,
            )


def _made(tower: Tower, center_id: str, since: datetime) -> Iterator[Tried]:
    faces = tuple(face(colour, state) for colour in Colour for state in CardState)
    for card in tower.cards.each("by_center", range=Range(least=to_ms(since)), center_id=center_id, face=faces):
        yield Tried(
            id=card.id,
            trigger=card.trigger,
            colour=card.colour,
            kind=card.subject_kind,
            subject_id=card.subject_id,
            number=card.subject_number,
            title=card.title,
            department_key=card.department_key,
            at=card.raised_at,
        )
