"""Entities as messages, for answers and events alike: ID numbers masked, codes not in lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kit.timestamps import to_timestamp
from services.queuing.domain.appointment import Appointment
from services.queuing.domain.estimate import Position
from services.queuing.domain.ticket import Priority, Ticket, TicketState
from services.queuing.domain.window import HallWindow, WindowState
from tongban.queuing.v1 import messages_pb2

STATES: Final[Mapping[TicketState, messages_pb2.TicketState.ValueType]] = {
    state: messages_pb2.TicketState.Value(f"TICKET_STATE_{state.name}") for state in TicketState
}
_PRIORITIES: Final[Mapping[Priority, messages_pb2.Priority.ValueType]] = {
    priority: messages_pb2.Priority.Value(f"PRIORITY_{priority.name}") for priority in Priority
}
_WINDOW_STATES: Final[Mapping[WindowState, messages_pb2.WindowState.ValueType]] = {
    state: messages_pb2.WindowState.Value(f"WINDOW_STATE_{state.name}") for state in WindowState
}


def ticket_message(ticket: Ticket, *, with_code: bool = False) -> messages_pb2.Ticket:
    """A ticket; with the code that opens its page for its holder and for the site's own events, not for lists."""
    return messages_pb2.Ticket(
        id=ticket.id,
        center_id=ticket.center_id,
        number=ticket.number,
        day=ticket.day,
        lane=ticket.lane,
        item_id=ticket.item_id,
        item_version=ticket.item_version,
        item_name=ticket.item_name,
        department_key=ticket.department_key,
        state=STATES[ticket.state],
        priority=_PRIORITIES[ticket.priority],
        holder_masked=ticket.holder_masked,
        id_number_masked=ticket.id_number_masked,
        taken_at=to_timestamp(ticket.taken_at),
        called_at=to_timestamp(ticket.called_at),
        serving_at=to_timestamp(ticket.serving_at),
        finished_at=to_timestamp(ticket.finished_at),
        window_id=ticket.window_id,
        window_number=ticket.window_number,
        calls=ticket.calls,
        miss_reason=ticket.miss_reason,
        code=ticket.code if with_code else "",
        journey=ticket.journey,
        staff_id=ticket.staff_id,
        staff_name=ticket.staff_name,
        version=ticket.version,
        target_window_id=ticket.target_window_id,
        appointment_id=ticket.appointment_id,
    )


def position_message(position: Position | None) -> messages_pb2.Position | None:
    """A position; ``None`` leaves the field unset."""
    if position is None:
        return None
    return messages_pb2.Position(
        ahead=position.ahead,
        ahead_capped=position.ahead_capped,
        expected_wait_seconds=position.expected_wait_seconds,
        windows_open=position.windows_open,
        expected_at=to_timestamp(position.expected_at),
        closing_warning=position.closing_warning,
    )


def window_message(window: HallWindow, ticket: Ticket | None = None) -> messages_pb2.HallWindow:
    """A window, with the ticket that is being called or served there."""
    return messages_pb2.HallWindow(
        id=window.id,
        center_id=window.center_id,
        number=window.number,
        name=window.name,
        state=_WINDOW_STATES[window.state],
        staff_id=window.staff_id,
        staff_name=window.staff_name,
        ticket_id=ticket.id if ticket is not None else "",
        ticket_number=ticket.number if ticket is not None else "",
        pause_reason=window.pause_reason,
        paused_at=to_timestamp(window.paused_at),
        lanes=window.lanes,
        version=window.version,
        pause_overlong=window.pause_overlong,
    )


def appointment_message(appointment: Appointment, *, with_code: bool = False) -> messages_pb2.Appointment:
    """An appointment; with the code that takes its ticket for its holder and for the site's own events, not for lists."""
    return messages_pb2.Appointment(
        id=appointment.id,
        center_id=appointment.center_id,
        item_id=appointment.item_id,
        item_name=appointment.item_name,
        day=appointment.day,
        slot=appointment.slot,
        state=appointment.state.value,
        holder_masked=appointment.holder_masked,
        code=appointment.code if with_code else "",
        journey=appointment.journey,
        version=appointment.version,
    )
