"""How each domain event becomes a message of events.proto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.events import Mapped, topic_of
from services.queuing.domain import events
from services.queuing.events.protos import appointment_message, ticket_message, window_message
from tongban.queuing.v1 import events_pb2

TOPIC: Final = topic_of("queuing")


def _of_ticket(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(lambda event: str(event.ticket.id), lambda event: str(event.ticket.journey), message)


def _of_window(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(lambda event: str(event.window.id), lambda _: "", message)


def _of_appointment(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(lambda event: str(event.appointment.id), lambda event: str(event.appointment.journey), message)


TABLE: Final[Mapping[type, Mapped]] = {
    events.TicketTaken: _of_ticket(lambda e: events_pb2.TicketTaken(ticket=ticket_message(e.ticket, with_code=True))),
    events.TicketCalled: _of_ticket(lambda e: events_pb2.TicketCalled(ticket=ticket_message(e.ticket, with_code=True))),
    events.TicketRecalled: _of_ticket(
        lambda e: events_pb2.TicketRecalled(ticket=ticket_message(e.ticket, with_code=True))
    ),
    events.TicketMissed: _of_ticket(lambda e: events_pb2.TicketMissed(ticket=ticket_message(e.ticket, with_code=True))),
    events.TicketReturned: _of_ticket(
        lambda e: events_pb2.TicketReturned(ticket=ticket_message(e.ticket, with_code=True))
    ),
    events.TicketTransferred: _of_ticket(
        lambda e: events_pb2.TicketTransferred(
            ticket=ticket_message(e.ticket, with_code=True), from_window_id=e.from_window_id, reason=e.reason
        )
    ),
    events.ServingStarted: _of_ticket(
        lambda e: events_pb2.ServingStarted(ticket=ticket_message(e.ticket, with_code=True))
    ),
    events.TicketHeld: _of_ticket(
        lambda e: events_pb2.TicketHeld(ticket=ticket_message(e.ticket, with_code=True), reason=e.reason)
    ),
    events.TicketResumed: _of_ticket(
        lambda e: events_pb2.TicketResumed(ticket=ticket_message(e.ticket, with_code=True))
    ),
    events.TicketFinished: _of_ticket(
        lambda e: events_pb2.TicketFinished(ticket=ticket_message(e.ticket, with_code=True))
    ),
    events.TicketCancelled: _of_ticket(
        lambda e: events_pb2.TicketCancelled(ticket=ticket_message(e.ticket, with_code=True))
    ),
    events.TicketExpired: _of_ticket(
        lambda e: events_pb2.TicketExpired(ticket=ticket_message(e.ticket, with_code=True))
    ),
    events.WindowOpened: _of_window(lambda e: events_pb2.WindowOpened(window=window_message(e.window))),
    events.WindowPaused: _of_window(lambda e: events_pb2.WindowPaused(window=window_message(e.window))),
    events.WindowClosed: _of_window(lambda e: events_pb2.WindowClosed(window=window_message(e.window))),
    events.AppointmentBooked: _of_appointment(
        lambda e: events_pb2.AppointmentBooked(appointment=appointment_message(e.appointment, with_code=True))
    ),
    events.AppointmentEnded: _of_appointment(
        lambda e: events_pb2.AppointmentEnded(appointment=appointment_message(e.appointment, with_code=True))
    ),
}
