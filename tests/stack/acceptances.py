"""Acceptances as they stand on the bus, and others like them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from kit.bus.port import Bus
from kit.events import Event, event_type, topic_of
from kit.ids import Ids
from tests.integration.people import Json
from tests.integration.site import until
from tests.integration.visits import Visit
from tongban.intake.v1 import events_pb2

INTAKE: Final = topic_of("intake")
ACCEPTED: Final = event_type("intake", "ApplicationAccepted")
#: Field 2000 with a text in it: no message of this release has it.
UNKNOWN_FIELD: Final = b"\x82\x7d\x05newer"
NOT_PROTOBUF: Final = b"\xff\xff\xff"


def all_events(bus: Bus, topic: str) -> Iterator[Event]:
    """Everything that is on a topic now."""
    position = 0
    while page := bus.read(topic, position):
        yield from (received.event for received in page if received.event is not None)
        position = page[-1].offset


def acceptance(bus: Bus, visit: Visit) -> Event:
    """The event that opened the case of a visit."""
    return next(
        each for each in all_events(bus, INTAKE) if (each.type, each.subject) == (ACCEPTED, visit.application["id"])
    )


def of_another(event: Event) -> Event:
    """The same for an application of its own, with what a newer release may add: fields inside and out."""
    ids, message = Ids(), events_pb2.ApplicationAccepted.FromString(event.data)
    message.application.id = ids.new_id(datetime.now(UTC))
    message.application.journey = ids.new_id(datetime.now(UTC))
    message.application.code = ids.new_code()
    message.application.number = f"X{uuid4().hex[:12]}"
    message.application.MergeFromString(UNKNOWN_FIELD)
    return replace(
        event,
        id=ids.new_id(datetime.now(UTC)),
        subject=message.application.id,
        journey=message.application.journey,
        data=message.SerializeToString() + UNKNOWN_FIELD,
    )


def case_of(visit: Visit, event: Event) -> Json:
    """The case that an acceptance opened."""
    return until(lambda: visit.clerk.find(f"cases/{event.subject}"), "the case of an acceptance")
