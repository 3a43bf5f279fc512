"""A tower on the real embedded store, fed with events as they come from the other services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from google.protobuf.message import Message

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.call import Call, enter_call, leave_call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.events import Event, EventEncoder, event_type
from kit.store.port import AlreadyApplied
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, seeded_ids, store
from reference import REFERENCE_KINDS
from reference.testing import filled
from services.supervision.domain.beginnings import Beginning
from services.supervision.domain.cards import Card
from services.supervision.domain.findings import Finding
from services.supervision.domain.lines import JourneyLine
from services.supervision.domain.measures import Measure
from services.supervision.domain.orders import Order
from services.supervision.domain.rules import RuleEdition
from services.supervision.domain.watches import Watch
from services.supervision.events import TABLE, subscriptions
from services.supervision.handlers import (
    BEGINNINGS,
    CARDS,
    FINDINGS,
    KINDS,
    LINES,
    MEASURES,
    ORDERS,
    RULES,
    WATCHES,
    Backlog,
    Beginnings,
    Editions,
    Tower,
    alarms,
    card_keys,
    finding_keys,
    measure_keys,
    order_keys,
    rules_keys,
    watch_keys,
)


@dataclass
class Bench:
    """The tower, what feeds it, and what it has told."""

    tower: Tower
    store: SqliteStore
    clock: FixedClock
    #: How many events the group has before it.
    lag: int = 0
    told: list[Event] = field(default_factory=list)
    _count: int = 0

    def call(self) -> Call:
        return Call(service_actor("supervision"), self.clock.now())

    @contextmanager
    def by(self, who: Actor) -> Iterator[None]:
        """What somebody asks for meanwhile."""
        token = enter_call(Call(who, self.clock.now()))
        try:
            yield
        finally:
            leave_call(token)

    def deliver(
        self,
        service: str,
        message: Message,
        *,
        journey: str = "j-1",
        id: str = "",
        type: str = "",
        at: datetime | None = None,
    ) -> Event:
        """Hands an event, of now or of some time ago, to every group that listens to it."""
        self._count += 1
        event = Event(
            id=id or f"event-{self._count:04d}",
            type=type or event_type(service, message.DESCRIPTOR.name),
            source=f"local/{service}",
            subject="subject-1",
            journey=journey,
            at=at or self.clock.now(),
            data=message.SerializeToString(),
            actor_id="staff-9",
            actor_name="王工",
            rules="rules A01",
        )
        self.receive(event)
        return event

    def receive(self, event: Event) -> None:
        """As the consumer does: what was applied before is passed over."""
        for subscription in subscriptions(self.tower):
            handler = subscription.any_event or subscription.handlers.get(event.type)
            if handler is not None and event.type.split(".")[1] in {
                topic.split(".")[1] for topic in subscription.topics
            }:
                try:
                    handler(Delivery(event, subscription.group, self.call()))
                except AlreadyApplied:
                    continue

    def begin(self) -> None:
        """The process starts."""
        for each in subscriptions(self.tower):
            self.tower.beginnings.note(each.group, each.topics, self.call())

    def sweep(self) -> int:
        """Fires what is due and hears what supervision tells itself, until nothing is left."""
        sweeper = Sweeper(
            alarms(self.tower, Backlog(lambda: self.lag, now=lambda: float("inf"))),
            self.clock,
            service_actor("supervision"),
        )
        fired = 0
        while True:
            again = sweeper.sweep()
            self.listen()
            fired += again
            if not again:
                return fired

    def listen(self) -> None:
        """What supervision has told comes back to it, as over the bus."""
        pending = self.store.pending(1000)
        self.store.published(pending)
        for one in pending:
            self.told.append(one.event)
            self.receive(one.event)

    def told_types(self) -> list[str]:
        return [event.type.split(".")[2] for event in self.told]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    kept = store(tmp_path, [*KINDS, *REFERENCE_KINDS])
    ids, encoder = seeded_ids(), EventEncoder("local", "supervision", TABLE)
    rules = Repository(kept, RULES, RuleEdition, encoder, ids, keys=rules_keys)
    tower = Tower(
        lines=Repository(kept, LINES, JourneyLine, encoder, ids),
        watches=Repository(kept, WATCHES, Watch, encoder, ids, keys=watch_keys),
        cards=Repository(kept, CARDS, Card, encoder, ids, keys=card_keys),
        orders=Repository(kept, ORDERS, Order, encoder, ids, keys=order_keys),
        findings=Repository(kept, FINDINGS, Finding, encoder, ids, keys=finding_keys),
        measures=Repository(kept, MEASURES, Measure, encoder, ids, keys=measure_keys),
        rules=rules,
        editions=Editions(rules),
        beginnings=Beginnings(Repository(kept, BEGINNINGS, Beginning, encoder, ids)),
        reference=filled(kept),
        ids=ids,
    )
    return Bench(tower, kept, FixedClock(MONDAY))
