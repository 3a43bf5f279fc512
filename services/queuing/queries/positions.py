"""Where a waiting ticket stands and how long it will wait (rules A08, O02)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from kit.store.port import Range
from services.queuing.domain import estimate, hours
from services.queuing.domain.estimate import Position
from services.queuing.domain.fairness import ranks_ahead
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.domain.window import HallWindow, WindowState
from services.queuing.handlers.hall import Hall
from services.queuing.handlers.kinds import day_state_key, queue_key, queue_of
from services.queuing.handlers.policies import precedence_of

#: Tickets ahead are counted up to this.
AHEAD_CAP: Final = 200
#: How many of the latest services the estimate is made from.
_SERVICES: Final = 100


def position_of(*, hall: Hall, ticket: Ticket, now: datetime) -> Position | None:
    """The position of a waiting ticket; ``None`` for one that doesn't wait.

    Counts who is ahead by the rules of the moment; whoever comes later with a stronger claim may still be called
    before.
    """
    if ticket.state is not TicketState.WAITING:
        return None
    policy = hall.reference.policy(ticket.center_id)
    means = hall.means.get(ticket.center_id, lambda: _means(hall, ticket))
    assumed = policy.integer("service_estimate_seconds")
    return estimate.position(
        ahead=_ahead(hall, ticket),
        cap=AHEAD_CAP,
        windows_open=sum(_serves(window, ticket) for window in hall.floor(ticket.center_id)),
        mean=means.get(ticket.lane, float(assumed)),
        now=now,
        closes_at=hours.closing_time(hall.reference.calendar(ticket.center_id), date.fromisoformat(ticket.day)),
        warn_min=policy.integer("closing_warning_min"),
    )


def _ahead(hall: Hall, ticket: Ticket) -> int:
    bounds = ranks_ahead(ticket, precedence_of(hall.reference.policy(ticket.center_id)))
    queues = {queue_key(ticket.center_id, ticket.day, ticket.lane, each): below for each, below in bounds.items()}
    if ticket.target_window_id:
        queues[queue_of(ticket)] = ticket.rank
    ahead = 0
    for key, below in queues.items():
        ahead += hall.tickets.count("by_queue", queue=key, range=Range(below=below), limit=AHEAD_CAP)
        if ahead >= AHEAD_CAP:
            return AHEAD_CAP
    return ahead


def _serves(window: HallWindow, ticket: Ticket) -> bool:
    if ticket.target_window_id:
        return window.id == ticket.target_window_id and window.state is WindowState.OPEN
    return window.state is WindowState.OPEN and ticket.lane in window.lanes


def _means(hall: Hall, ticket: Ticket) -> dict[str, float]:
    """Mean service time by lane of the latest of the day's services: derived anew, so a restart loses nothing."""
    finished = day_state_key(ticket.center_id, ticket.day, TicketState.FINISHED)
    latest = hall.tickets.find("by_state", day_state=finished, descending=True, limit=_SERVICES).items
    assumed = hall.reference.policy(ticket.center_id).integer("service_estimate_seconds")
    return estimate.mean_seconds(latest, assumed)
