"""What archive listens to: every service that makes papers, decisions or messages of a case."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from google.protobuf.message import Message

from kit.consumer import Delivery, Handler, Subscription
from kit.events import event_type, topic_of
from kit.store.port import AlreadyApplied
from services.archive import handlers
from services.archive.events import cases, intake, others
from services.archive.events.rule import Rule
from services.archive.handlers import ArchiveRoom
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.complaint.v1 import events_pb2 as complaint_events
from tongban.evaluation.v1 import events_pb2 as evaluation_events
from tongban.federation.v1 import events_pb2 as federation_events
from tongban.fees.v1 import events_pb2 as fees_events
from tongban.intake.v1 import events_pb2 as intake_events

GROUP: Final = "archive.files"
_OTHERS: Final = {
    "intake": intake_events,
    "approval_routing": approval_events,
    "evaluation": evaluation_events,
    "complaint": complaint_events,
    "federation": federation_events,
    "fees": fees_events,
}


def subscription(room: ArchiveRoom) -> Subscription:
    """Files follow their cases."""
    table: dict[str, Handler] = {}
    for name in intake.FOLLOWED:
        table[event_type("intake", name)] = _of_application(room, name, getattr(intake_events, name))
    for name in cases.FOLLOWED:
        table[event_type("approval_routing", name)] = _of_case(room, name, getattr(approval_events, name))
    for service, rules in others.FOLLOWED.items():
        for name, rule in rules.items():
            table[event_type(service, name)] = _of_other(room, rule, getattr(_OTHERS[service], name))
    return Subscription(GROUP, tuple(map(topic_of, others.FOLLOWED)), table)


def _of_application(room: ArchiveRoom, name: str, kind: type[Message]) -> Handler:
    def follow(delivery: Delivery) -> None:
        message: Any = delivery.read(kind)
        handlers.follow_case(
            room=room,
            call=delivery.call,
            event=delivery.event,
            head=intake.head_of(message.application),
            told=intake.told(delivery.event, name, message),
            mark=delivery.mark(),
        )

    return follow


def _of_case(room: ArchiveRoom, name: str, kind: type[Message]) -> Handler:
    def follow(delivery: Delivery) -> None:
        message: Any = delivery.read(kind)
        if name in cases.INTERNAL:
            policy = room.reference.policy(message.case.center_id)
            if not policy.flag("archive_internal_notes"):
                return
        handlers.follow_case(
            room=room,
            call=delivery.call,
            event=delivery.event,
            head=cases.head_of(message.case),
            told=cases.told(delivery.event, name, message),
            mark=delivery.mark(),
        )

    return follow


def _of_other(room: ArchiveRoom, rule: Rule, kind: type[Message]) -> Handler:
    def follow(delivery: Delivery) -> None:
        message: Any = delivery.read(kind)
        concerns = rule.concerns(delivery.event, message)
        found = [concerns.case_id] if concerns.case_id else []
        found += [file.id for file in handlers.files_of_visit(room=room, journey=concerns.journey)]
        told = rule.told(delivery.event, message)
        for case_id in found:
            with contextlib.suppress(AlreadyApplied):
                handlers.follow_known(
                    room=room,
                    call=delivery.call,
                    event=delivery.event,
                    case_id=case_id,
                    told=told,
                    mark=delivery.mark(case_id),
                )

    return follow
