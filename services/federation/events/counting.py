"""Which events of this site count for a center's day (rules AC01, AC03)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.consumer import Delivery, Handler, Subscription
from kit.events import event_type, topic_of
from services.federation.handlers import figures
from services.federation.handlers.room import Room
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as approval_messages
from tongban.complaint.v1 import events_pb2 as complaint
from tongban.evaluation.v1 import events_pb2 as evaluation
from tongban.evaluation.v1 import messages_pb2 as evaluation_messages
from tongban.intake.v1 import events_pb2 as intake
from tongban.queuing.v1 import events_pb2 as queuing
from tongban.supervision.v1 import events_pb2 as supervision

#: What an event counts as, and for which center.
_Counts = tuple[str, str]


def _decided(event: approval.CaseDecided) -> _Counts:
    approved = event.case.decision.outcome == approval_messages.OUTCOME_APPROVED
    return "approved" if approved else "denied", event.case.center_id


def _evaluated(event: evaluation.EvaluationSubmitted) -> _Counts:
    negative = event.evaluation.level >= evaluation_messages.LEVEL_DISSATISFIED
    return "evaluated_negative" if negative else "evaluated", event.evaluation.center_id


#: Service, message class, and what it counts as.
_COUNTED: Final[tuple[tuple[str, type[Message], Callable[[Any], _Counts]], ...]] = (
    ("queuing", queuing.TicketFinished, lambda event: ("visits", event.ticket.center_id)),
    ("intake", intake.ApplicationReceived, lambda event: ("received", event.application.center_id)),
    ("intake", intake.ApplicationAccepted, lambda event: ("accepted", event.application.center_id)),
    ("intake", intake.ApplicationRefused, lambda event: ("refused", event.application.center_id)),
    ("approval_routing", approval.CaseDecided, _decided),
    ("approval_routing", approval.ResultDelivered, lambda event: ("delivered", event.case.center_id)),
    ("evaluation", evaluation.EvaluationSubmitted, _evaluated),
    ("complaint", complaint.ComplaintFiled, lambda event: ("complaints", event.complaint.center_id)),
    ("supervision", supervision.YellowCardRaised, lambda event: ("yellow_cards", event.card.center_id)),
    ("supervision", supervision.RedCardRaised, lambda event: ("red_cards", event.card.center_id)),
)
#: Whose events count.
COUNTED_SERVICES: Final = tuple(dict.fromkeys(service for service, _, _ in _COUNTED))


def subscription(room: Room) -> Subscription:
    """The group that notes what counts."""
    handlers: Mapping[str, Handler] = {
        event_type(service, message.__name__): _noting(room, message, counts) for service, message, counts in _COUNTED
    }
    return Subscription("federation.figures", tuple(map(topic_of, COUNTED_SERVICES)), handlers)


def _noting(room: Room, message: type[Message], counts: Callable[[Any], _Counts]) -> Handler:
    def note(delivery: Delivery) -> None:
        name, center_id = counts(delivery.read(message))
        if center_id:
            event = delivery.event
            figures.note_event(
                room=room, call=delivery.call, event_id=event.id, center_id=center_id, name=name, at=event.at
            )

    return note
