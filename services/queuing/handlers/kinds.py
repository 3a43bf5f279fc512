"""How tickets, windows, days and appointments are kept: every query shape of queuing is declared here.

Where several fields would lead an index, one derived key stands for them: fewer values to keep up with each save. A
ticket that has ended has no ``queue``, no ``at_window`` and no ``holder_item``, so that waiting lines stay as short
as the people in them, however many tickets are stored.
"""

from __future__ import annotations

from typing import Final

from kit.alarms import ALARMS
from kit.store.port import Body, Index, Kind
from services.queuing.domain.appointment import Appointment, AppointmentState
from services.queuing.domain.ticket import ACTIVE, AT_WINDOW, Ticket, TicketState
from services.queuing.domain.window import HallWindow, WindowState

TICKETS: Final = Kind(
    "ticket",
    (
        Index("by_code", ("code",), unique=True),
        # A window has one current ticket: the store itself refuses a second.
        Index("at_window", ("at_window",), unique=True),
        # A person holds one active ticket per item, where the center says so.
        Index("by_holder_item", ("holder_item",), unique=True),
        # An appointment gives one ticket.
        Index("by_appointment", ("appointment",), unique=True),
        Index("by_queue", ("queue", "rank")),
        Index("by_state", ("day_state", "taken_at")),
        Index("by_center_calls", ("center_calls", "announced_at")),
        Index("by_window_calls", ("window_calls", "announced_at")),
    ),
)
HALL_WINDOWS: Final = Kind(
    "hall_window",
    (
        Index("by_center", ("center_id", "number")),
        # Somebody holds one window at a time.
        Index("by_holder", ("held_by",), unique=True),
        ALARMS,
    ),
)
HALL_DAYS: Final = Kind("hall_day", (ALARMS,))
APPOINTMENTS: Final = Kind(
    "appointment",
    (
        Index("by_code", ("code",), unique=True),
        # A slot has as many seats as the center gives it, a person as many appointments a day.
        Index("by_seat", ("slot_key", "seat"), unique=True),
        Index("by_person", ("person_day", "person_seat"), unique=True),
        ALARMS,
    ),
)
KINDS: Final = (TICKETS, HALL_WINDOWS, HALL_DAYS, APPOINTMENTS)


def queue_key(center_id: str, day: str, lane: str, queue_class: str) -> str:
    """The sub-queue of a lane; its tickets stand in order of rank."""
    return f"{center_id}|{day}|{lane}|{queue_class}"


def window_queue_key(center_id: str, day: str, window_id: str, lane: str) -> str:
    """The queue of tickets of a lane that were sent to one window, all classes together."""
    return f"{center_id}|{day}|{lane}|@{window_id}"


def day_key(center_id: str, day: str) -> str:
    """A center's day."""
    return f"{center_id}|{day}"


def day_state_key(center_id: str, day: str, state: TicketState) -> str:
    """A center's tickets of a day in one state."""
    return f"{center_id}|{day}|{state.value}"


def window_day_key(window_id: str, day: str) -> str:
    """What was called to a window on a day."""
    return f"{window_id}|{day}"


def queue_of(ticket: Ticket) -> str:
    """The queue that a waiting ticket stands in."""
    if ticket.target_window_id:
        return window_queue_key(ticket.center_id, ticket.day, ticket.target_window_id, ticket.lane)
    return queue_key(ticket.center_id, ticket.day, ticket.lane, ticket.priority.queue_class)


def holder_item_key(center_id: str, day: str, item_id: str, person: str) -> str:
    """Somebody's place for an item."""
    return f"{center_id}|{day}|{item_id}|{person}"


def ticket_keys(ticket: Ticket) -> Body:
    """The derived keys of a ticket; null leaves it out of a unique index."""
    held = ticket.one_per_item and bool(ticket.person) and ticket.state in ACTIVE
    # One that waits again is off the board until its next call.
    announced = ticket.announced_at is not None and ticket.state is not TicketState.WAITING
    return {
        "at_window": ticket.window_id if ticket.state in AT_WINDOW else None,
        "holder_item": holder_item_key(ticket.center_id, ticket.day, ticket.item_id, ticket.person) if held else None,
        "appointment": ticket.appointment_id or None,
        "queue": queue_of(ticket) if ticket.state is TicketState.WAITING else None,
        "day_state": day_state_key(ticket.center_id, ticket.day, ticket.state),
        "center_calls": day_key(ticket.center_id, ticket.day) if announced else None,
        "window_calls": window_day_key(ticket.last_window_id, ticket.day) if ticket.last_window_id else None,
    }


def window_keys(window: HallWindow) -> Body:
    """The derived key of a window."""
    return {"held_by": window.staff_id if window.state is not WindowState.CLOSED else None}


def slot_key(center_id: str, lane: str, day: str, slot: str) -> str:
    """A slot of a lane."""
    return f"{center_id}|{lane}|{day}|{slot}"


def person_day_key(center_id: str, day: str, person: str) -> str:
    """A person's day at a center."""
    return f"{center_id}|{day}|{person}"


def appointment_keys(appointment: Appointment) -> Body:
    """The derived keys of an appointment; a cancelled one gives its seat free."""
    kept = appointment.state is not AppointmentState.CANCELLED
    center_id, day = appointment.center_id, appointment.day
    return {
        "slot_key": slot_key(center_id, appointment.lane, day, appointment.slot) if kept else None,
        "person_day": person_day_key(center_id, day, appointment.person) if kept else None,
    }
