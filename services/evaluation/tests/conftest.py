"""A desk on the real embedded store, and events as they come from the other services."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from google.protobuf.message import Message

from kit.actor import PUBLIC, Actor, service_actor
from kit.alarms import Sweeper
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.events import Event, EventEncoder, event_type
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, seeded_ids, store
from reference import REFERENCE_KINDS
from reference.testing import DEPARTMENT, filled
from services.evaluation import handlers
from services.evaluation.domain.evaluation import Channel, Evaluation, Level
from services.evaluation.domain.rectification import Rectification
from services.evaluation.events import TABLE, subscriptions
from services.evaluation.handlers import EVALUATIONS, KINDS, RECTIFICATIONS, Desk, alarms, evaluation_keys
from tongban.queuing.v1 import events_pb2 as queuing_events
from tongban.queuing.v1 import messages_pb2 as queuing


@dataclass
class Bench:
    """The desk, what feeds it, and what it has told."""

    desk: Desk
    store: SqliteStore
    clock: FixedClock

    @property
    def now(self) -> Call:
        return Call(service_actor("evaluation"), self.clock.now())

    def deliver(self, service: str, message: Message, *, journey: str = "j-1", id: str = "", subject: str = "") -> None:
        """Hands an event to every group that listens to it."""
        name = type(message).__name__
        event = Event(
            id=id or f"{name}-1",
            type=event_type(service, name),
            source=f"local/{service}",
            subject=subject or "s-1",
            journey=journey,
            at=self.clock.now(),
            data=message.SerializeToString(),
        )
        self.receive(event)

    def receive(self, event: Event) -> None:
        for subscription in subscriptions(self.desk):
            handler = subscription.handlers.get(event.type)
            if handler is not None:
                handler(Delivery(event, subscription.group, self.now))

    def finish_visit(self, *, event: str = "finished-1", **changes: str) -> None:
        """A ticket was served to its end at window 01 by staff-9; its holder is known."""
        fields = {
            "id": "t-1",
            "center_id": "610902",
            "item_name": "食品经营许可",
            "department_key": DEPARTMENT,
            "window_number": "01",
            "code": "code-1",
            "staff_id": "staff-9",
            "staff_name": "王工",
            "holder_masked": "张*",
        } | changes
        message = queuing_events.TicketFinished(ticket=queuing.Ticket(**fields))  # type: ignore[arg-type]
        self.deliver("queuing", message, id=event)

    def judge(self, level: Level, *, code: str = "code-1", who: Actor = PUBLIC, comment: str = "") -> Evaluation:
        """The holder of a code judges the service."""
        return handlers.submit_evaluation(
            desk=self.desk,
            call=Call(who, self.clock.now()),
            code=code,
            level=level,
            tags=(),
            comment=comment,
            channel=Channel.QR,
        )

    def told(self) -> list[Event]:
        """The events out, in order."""
        return [pending.event for pending in self.store.pending(1000)]

    def told_types(self) -> list[str]:
        return [event.type.split(".")[2] for event in self.told()]

    def sweep(self) -> int:
        return Sweeper(alarms(self.desk), self.clock, service_actor("evaluation")).sweep()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    kept = store(tmp_path, [*KINDS, *REFERENCE_KINDS])
    ids, encoder = seeded_ids(), EventEncoder("local", "evaluation", TABLE)
    desk = Desk(
        evaluations=Repository(kept, EVALUATIONS, Evaluation, encoder, ids, keys=evaluation_keys),
        rectifications=Repository(kept, RECTIFICATIONS, Rectification, encoder, ids),
        reference=filled(kept),
    )
    return Bench(desk, kept, FixedClock(MONDAY))
