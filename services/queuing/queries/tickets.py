"""Tickets by id, by code and by day."""

from __future__ import annotations

from datetime import date

from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.store.repository import Found
from kit.workdays import local_date
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.handlers.hall import Hall, ticket_by_code, ticket_of_center
from services.queuing.handlers.kinds import day_state_key

#: Who may read a ticket by its id: staff of its center, and the site's other services.
_STAFF = ("clerk", "chief", "supervisor", "manager")


def get_ticket(*, hall: Hall, call: Call, ticket_id: str = "", code: str = "") -> Ticket:
    """A ticket, to its holder by the code, to staff of its center by the id.

    Raises ``NotFound`` (``ticket_not_found``), ``Forbidden`` (``code_required``, ``center_not_allowed``).
    """
    if code:
        return ticket_by_code(hall, code)
    if call.actor.has("service"):
        return hall.tickets.get(ticket_id)
    if not call.actor.has(*_STAFF):
        raise Forbidden("code_required", "请扫描号票上的二维码查询。")
    return ticket_of_center(hall, call, ticket_id)


def list_tickets(
    *,
    hall: Hall,
    call: Call,
    center_id: str,
    day: str = "",
    state: TicketState | None = None,
    limit: int = 50,
    cursor: str = "",
) -> Found[Ticket]:
    """A page of a center's tickets of a day in the order of taking; of all states unless one is given.

    Raises ``Forbidden`` (``center_not_allowed``), ``Invalid`` (``day_invalid``, ``cursor_invalid``).
    """
    call.actor.require_center(center_id)
    try:
        on = date.fromisoformat(day) if day else local_date(call.now)
    except ValueError:
        raise Invalid("day_invalid", "日期格式有误，请写成 2026-11-23 的形式。", field="day") from None
    states = TicketState if state is None else (state,)
    keys = tuple(day_state_key(center_id, on.isoformat(), each) for each in states)
    return hall.tickets.find("by_state", day_state=keys, limit=limit, cursor=cursor)
