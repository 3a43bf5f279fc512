"""What the use cases work with: documents and their indexes, and the rules that a center sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.alarms import ALARMS
from kit.clock import to_ms
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from reference import Reference
from services.supervision.domain import rules
from services.supervision.domain.cards import Card
from services.supervision.domain.findings import Finding
from services.supervision.domain.lines import JourneyLine
from services.supervision.domain.measures import Measure
from services.supervision.domain.orders import Order
from services.supervision.domain.plan import CardRules
from services.supervision.domain.rules import RuleEdition
from services.supervision.domain.watches import Watch
from services.supervision.handlers.beginnings import Beginnings
from services.supervision.handlers.editions import Editions

LINES = Kind(
    "journey_line",
    (
        Index("by_journey", ("journey", "at")),
        Index("by_journey_center", ("journey", "center_id", "at")),
        Index("by_journey_public", ("journey", "public", "at")),
        Index("by_code", ("code", "at")),
        Index("by_center_type", ("center_id", "type")),
        Index("by_type", ("type",)),
    ),
)
WATCHES = Kind("watch", (Index("by_center", ("seen.center_id", "seen.state", "due_order")), ALARMS))
CARDS = Kind(
    "card",
    (
        Index("by_center", ("center_id", "face", "raised_at")),
        Index("by_department", ("center_id", "department_key", "face", "raised_at")),
    ),
)
ORDERS = Kind(
    "supervision_order",
    (
        Index("by_center", ("center_id", "state", "issued_at")),
        Index("by_department", ("center_id", "department_key", "state", "issued_at")),
        ALARMS,
    ),
)
RULES = Kind("supervision_rules", (Index("by_center", ("center_id", "number")), ALARMS))
FINDINGS = Kind(
    "supervision_finding",
    (Index("by_center", ("center_id", "found_at")), Index("by_subject", ("subject_id", "trigger"))),
)
MEASURES = Kind(
    "supervision_measure",
    (
        Index("by_center", ("center_id", "state", "proposed_at")),
        Index("by_department", ("center_id", "department_key", "state", "proposed_at")),
        Index("by_person", ("center_id", "person_id", "state", "proposed_at")),
        ALARMS,
    ),
)
BEGINNINGS = Kind("supervision_beginning")
KINDS = (LINES, WATCHES, CARDS, ORDERS, RULES, FINDINGS, MEASURES, BEGINNINGS)

#: Settings of a center that has set no rules: how many working days ahead it is reminded, and shown yellow.
LEADS = ("reminder_lead_days", "yellow_card_lead_days")
#: Behind every due date: the end of the year 9999.
_NO_DUE_DATE = 253_402_300_799_999


@dataclass(frozen=True)
class Tower:
    """Plain wiring, built in main.py."""

    lines: Repository[JourneyLine]
    watches: Repository[Watch]
    cards: Repository[Card]
    orders: Repository[Order]
    findings: Repository[Finding]
    measures: Repository[Measure]
    rules: Repository[RuleEdition]
    #: What ``rules`` holds, at hand.
    editions: Editions
    #: Which events are older than the group that reads them.
    beginnings: Beginnings
    reference: Reference
    ids: Ids

    def edition(self, center_id: str, at: datetime) -> RuleEdition:
        """A center's rules as they are in force. Raises ``Unavailable`` (``reference_not_ready``)."""
        found = rules.in_force(self.editions.of(center_id), at)
        return found if found is not None else self.standard(center_id, at)

    def standard(self, center_id: str, at: datetime) -> RuleEdition:
        """The rules of a center that has set none. Raises ``Unavailable`` (``reference_not_ready``)."""
        policy = self.reference.policy(center_id)
        reminder, yellow = (policy.integer(key) for key in LEADS)
        return rules.standard(center_id, reminder, yellow, at)

    def card_rules(self, center_id: str, at: datetime) -> CardRules:
        """What warnings of a center's clocks follow. Raises ``Unavailable`` (``reference_not_ready``)."""
        return self.by(self.edition(center_id, at))

    def by(self, edition: RuleEdition) -> CardRules:
        """What warnings follow by an edition. Raises ``Unavailable`` (``reference_not_ready``)."""
        center_id = edition.center_id
        return CardRules(
            calendar=self.reference.calendar(center_id),
            edition=edition,
            confirm=timedelta(seconds=self.reference.policy(center_id).integer("red_card_confirm_seconds")),
        )


def watch_keys(watch: Watch) -> Body:
    """When to look at it next, and its place in a list by due date: what has none comes last."""
    due_at = watch.seen.due_at
    return {
        "due_at": None if watch.wake_at is None else to_ms(watch.wake_at),
        "due_order": _NO_DUE_DATE if due_at is None else to_ms(due_at),
    }


def card_keys(card: Card) -> Body:
    """Colour and state in one, so that lists by either, both or none use one index."""
    return {"face": card.face}


def order_keys(order: Order) -> Body:
    """When it goes up to its next level: the moment behind the last one for its answer."""
    return {"due_at": to_ms(order.answer_due_at) + 1 if order.next_level else None}


def rules_keys(edition: RuleEdition) -> Body:
    """When clocks that run are to be looked at under it."""
    return {"due_at": None if edition.apply_at is None else to_ms(edition.apply_at)}


def finding_keys(finding: Finding) -> Body:
    """What it is about, to be found when that is mended."""
    return {"subject_id": finding.fact.id, "trigger": finding.fact.trigger.value}


def measure_keys(measure: Measure) -> Body:
    """Whom it is about (null: a department), and when it goes up to its next level: the moment behind its limit."""
    until = measure.answer_due_at if measure.next_level else None
    return {
        "person_id": None if measure.person is None else measure.person.id,
        "due_at": None if until is None else to_ms(until) + 1,
    }
