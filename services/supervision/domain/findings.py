"""Single facts that a card follows from, with what shows them: asked for twice, refused without grounds … (facts 7).

A finding is kept whether or not its rule is on, so that a changed rule can be tried on what happened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.supervision.domain.cards import (
    RAISED,
    Card,
    CardEvent,
    CardRecovered,
    CardState,
    Colour,
    Person,
    SubjectKind,
    Trigger,
)
from services.supervision.domain.rules import RuleEdition

_SHORT = {
    Trigger.FURTHER_NOTICE: "notice",
    Trigger.NO_GROUNDS: "grounds",
    Trigger.NOT_ACCEPTED: "accept",
    Trigger.FEE: "fee",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """What an event says of something that may not be."""

    trigger: Trigger
    kind: SubjectKind
    id: str
    number: str
    title: str
    center_id: str
    department_key: str
    journey: str
    at: datetime
    reason: str
    evidence: str
    #: Tells facts of one kind about one subject apart.
    round: int = 0
    person: Person | None = None

    @property
    def finding_id(self) -> str:
        """The id that its one finding must have."""
        return f"{_SHORT[self.trigger]}-{self.id}" + (f"-{self.round}" if self.round else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact, the card that it made by the rules of its day, and whether its cause is gone."""

    id: str
    center_id: str
    fact: Fact
    found_at: datetime
    rule: str
    edition: int
    #: None: the rule was off.
    colour: Colour | None = None
    points: int = 0
    cleared_at: datetime | None = None
    version: int = 0


Found = tuple[Finding, tuple[CardEvent, ...]]


def find(fact: Fact, edition: RuleEdition, now: datetime) -> Found:
    """The finding of a fact, with the card that its rule wants."""
    rule = edition.of(fact.trigger)
    finding = Finding(fact.finding_id, fact.center_id, fact, now, rule.number, edition.number)
    if not rule.on:
        return finding, ()
    finding = replace(finding, colour=rule.colour, points=rule.points(rule.colour))
    return finding, (RAISED[rule.colour](_card(finding, rule.colour)),)


def clear(finding: Finding, reason: str, now: datetime) -> Found | None:
    """The finding once its cause is gone: a yellow card recovers, a red one stays; ``None`` when it was gone before."""
    if finding.cleared_at is not None:
        return None
    cleared = replace(finding, cleared_at=now)
    if finding.colour is not Colour.YELLOW:
        return cleared, ()
    card = replace(_card(finding, finding.colour), state=CardState.RECOVERED, recovered_at=now, reason=reason)
    return cleared, (CardRecovered(card),)


def _card(finding: Finding, colour: Colour) -> Card:
    fact = finding.fact
    return Card(
        id=f"{finding.id}-{colour.name.lower()}",
        center_id=finding.center_id,
        colour=colour,
        state=CardState.ACTIVE,
        subject_kind=fact.kind,
        subject_id=fact.id,
        subject_number=fact.number,
        title=fact.title,
        department_key=fact.department_key,
        due_at=fact.at,
        raised_at=finding.found_at,
        recovered_at=None,
        reason=fact.reason,
        journey=fact.journey,
        trigger=fact.trigger,
        rule=finding.rule,
        edition=finding.edition,
        points=finding.points,
        person=fact.person,
        evidence=fact.evidence,
        source=finding.id,
    )
