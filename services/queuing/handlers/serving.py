"""At the window: begin, put aside, go on, end, miss (rules A21, Q04)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Forbidden
from kit.store.repository import check_version
from kit.text import clean
from services.queuing.domain import ticket as tickets
from services.queuing.domain import window as windows
from services.queuing.domain.events import ServingStarted, TicketFinished, TicketHeld, TicketMissed, TicketResumed
from services.queuing.domain.ticket import Counter, Ticket
from services.queuing.handlers.hall import Hall, save_ticket, ticket_in_hand, ticket_of_center


def start_serving(*, hall: Hall, call: Call, ticket_id: str, expected_version: int = 0) -> Ticket:
    """Begins the service of a called number. Raises ``Conflict`` (``ticket_not_called``), ``Forbidden`` (``staff_on_leave``)."""
    call.actor.require_present()
    ticket = ticket_in_hand(hall, call, ticket_id, expected_version)
    serving = tickets.start(ticket, call.now)
    return save_ticket(hall, serving, [ServingStarted(serving)], call)


def hold_ticket(*, hall: Hall, call: Call, ticket_id: str, reason: str, expected_version: int = 0) -> Ticket:
    """Puts a service aside with a reason; the window may call the next. Raises ``Conflict`` (``ticket_not_serving``)."""
    reason = clean(reason, field="reason")
    ticket = ticket_in_hand(hall, call, ticket_id, expected_version)
    held = tickets.hold(ticket)
    return save_ticket(hall, held, [TicketHeld(held, reason)], call)


def resume_ticket(*, hall: Hall, call: Call, ticket_id: str, window_id: str, expected_version: int = 0) -> Ticket:
    """Goes on with a held service at a free window that the actor holds.

    Raises ``Conflict`` (``ticket_not_held``, ``window_has_ticket``, ``window_not_open``), ``Forbidden``
    (``window_not_yours``, ``window_of_other_center``, ``staff_on_leave``).
    """
    call.actor.require_present()
    center, window = hall.reference.window(window_id)
    ticket = ticket_of_center(hall, call, ticket_id)
    if ticket.center_id != center.id:
        raise Forbidden("window_of_other_center", "该窗口不属于号票所在的中心，请核对。")
    check_version(ticket, expected_version)
    held = windows.require_serving(hall.windows.find_by_id(window_id), call.actor.id)
    serving = tickets.resume(ticket, Counter(window_id, window.number, call.actor.id, held.staff_name))
    return save_ticket(hall, serving, [TicketResumed(serving)], call)


def finish_ticket(*, hall: Hall, call: Call, ticket_id: str, expected_version: int = 0) -> Ticket:
    """Ends a service; the visit may be evaluated (rules Q04). Raises ``Conflict`` (``ticket_not_serving``)."""
    ticket = ticket_in_hand(hall, call, ticket_id, expected_version)
    finished = tickets.finish(ticket, call.now)
    return save_ticket(hall, finished, [TicketFinished(finished)], call)


def miss_ticket(*, hall: Hall, call: Call, ticket_id: str, reason: str, expected_version: int = 0) -> Ticket:
    """Marks a called number as missed, with a reason (facts 8). Raises ``Conflict`` (``ticket_not_called``)."""
    reason = clean(reason, field="reason")
    ticket = ticket_in_hand(hall, call, ticket_id, expected_version)
    missed = tickets.miss(ticket, reason)
    return save_ticket(hall, missed, [TicketMissed(missed)], call)
