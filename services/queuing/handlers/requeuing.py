"""Back into the queue, to another one, or out of it: return, transfer, cancel (rules A10; facts 8)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid
from kit.store.repository import check_version
from kit.text import clean
from services.queuing.domain import hall_day as days
from services.queuing.domain import ticket as tickets
from services.queuing.domain.events import TicketCancelled, TicketReturned, TicketTransferred
from services.queuing.domain.fairness import rank_behind
from services.queuing.domain.ticket import Action, Ticket, TicketState
from services.queuing.domain.window import WindowState
from services.queuing.handlers.hall import (
    Hall,
    save_ticket,
    ticket_by_code,
    ticket_in_hand,
    ticket_of_center,
)
from services.queuing.handlers.kinds import queue_of

#: Who may bring a missed ticket back for its holder.
_STAFF = ("clerk", "chief", "manager")


def return_ticket(*, hall: Hall, call: Call, ticket_id: str = "", code: str = "") -> Ticket:
    """Brings a missed number back by the center's rule: behind some others, to the front, or not at all.

    By its holder with the code, or by staff of the center. Raises ``NotFound``, ``Forbidden``, ``Conflict``
    (``ticket_not_missed``, ``retake_required``, ``return_limit_reached``, ``day_closed``,
    ``ticket_already_active``).
    """
    if code:
        ticket = ticket_by_code(hall, code)
    else:
        call.actor.require(*_STAFF)
        ticket = ticket_of_center(hall, call, ticket_id)
    tickets.require(ticket, Action.RETURN)
    day = hall.days.find_by_id(days.day_id(ticket.center_id, ticket.day))
    if day is not None:
        days.require_running(day)
    policy = hall.reference.policy(ticket.center_id)
    rule = policy.text("missed_return_rule")
    if rule == "retake":
        raise Conflict("retake_required", f"号票 {ticket.number} 已过号，本中心规定须重新取号。")
    rank = ticket.rank
    if rule == "requeue":
        places = policy.integer("missed_return_places")
        ahead = hall.tickets.find("by_queue", queue=queue_of(ticket), limit=places).items
        rank = rank_behind(ahead, places, ticket.rank)
    returned = tickets.put_back(ticket, rank, policy.integer("missed_return_limit"))
    return save_ticket(hall, returned, [TicketReturned(returned)], call)


def transfer_ticket(
    *,
    hall: Hall,
    call: Call,
    ticket_id: str,
    to_window_id: str = "",
    to_lane: str = "",
    reason: str = "",
    expected_version: int = 0,
) -> Ticket:
    """Sends a number to another window or lane, where its time of taking gives it its place (rules A10).

    By whoever has it in hand, or a manager. Raises ``NotFound``, ``Forbidden``, ``Invalid``
    (``transfer_target_required``, ``lane_unknown``, ``lane_not_at_window``), ``Conflict``
    (``ticket_not_transferable``, ``window_not_open``).
    """
    reason = clean(reason, field="reason")
    if call.actor.has("manager"):
        ticket = ticket_of_center(hall, call, ticket_id)
        check_version(ticket, expected_version)
    else:
        ticket = ticket_in_hand(hall, call, ticket_id, expected_version)
        if ticket.state is TicketState.WAITING:
            raise Forbidden("ticket_not_yours", f"号票 {ticket.number} 尚在等候，请由中心管理人员转号。")
    lane = _target(hall, ticket, to_window_id, to_lane)
    transferred = tickets.transfer(ticket, lane, to_window_id)
    return save_ticket(hall, transferred, [TicketTransferred(transferred, ticket.window_id, reason)], call)


def cancel_ticket(*, hall: Hall, call: Call, code: str) -> Ticket:
    """Its holder gives a number up. Raises ``NotFound``, ``Conflict`` (``ticket_not_cancellable``)."""
    cancelled = tickets.cancel(ticket_by_code(hall, code))
    return save_ticket(hall, cancelled, [TicketCancelled(cancelled)], call)


def _target(hall: Hall, ticket: Ticket, to_window_id: str, to_lane: str) -> str:
    """The lane that the ticket is sent to, after the checks of lane and window."""
    if not to_window_id and not to_lane:
        raise Invalid("transfer_target_required", "请选择要转到的窗口或队列。", field="to_window_id")
    center = hall.reference.center(ticket.center_id)
    lane = to_lane or ticket.lane
    if center.lane(lane) is None:
        raise Invalid("lane_unknown", "本中心没有这个队列，请重新选择。", field="to_lane")
    if to_window_id:
        window = center.window(to_window_id)
        if window is None:
            raise Invalid("window_unknown", "本中心没有这个窗口，请重新选择。", field="to_window_id")
        if lane not in window.lanes:
            raise Invalid(
                "lane_not_at_window", f"{window.number} 号窗口不办理该队列的事项，请另选窗口或队列。", field="to_lane"
            )
        seen = hall.windows.find_by_id(to_window_id)
        if seen is None or seen.state is WindowState.CLOSED:
            raise Conflict("window_not_open", f"{window.number} 号窗口未开放，请选择开放的窗口或转到队列。")
    return lane
