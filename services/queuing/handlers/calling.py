"""Calling (叫号): the next number to a window, and the same number again (rules A01, A05).

Looks only at the head of each sub-queue that the window serves, and takes by compare-and-set. A ticket that another
caller has taken meanwhile fails that comparison, and the next head is tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kit import telemetry
from kit.call import Call
from kit.errors import Conflict, Stale, Unavailable
from kit.workdays import local_date
from reference import Window
from services.queuing.domain import ticket as tickets
from services.queuing.domain import window as windows
from services.queuing.domain.events import TicketCalled, TicketRecalled
from services.queuing.domain.fairness import Head, Precedence, choose, streak_of
from services.queuing.domain.ticket import QUEUE_CLASSES, Counter, Ticket
from services.queuing.domain.window import WindowState
from services.queuing.handlers.hall import Hall, save_ticket, ticket_at_window, ticket_in_hand
from services.queuing.handlers.kinds import queue_key, window_day_key, window_queue_key
from services.queuing.handlers.policies import precedence_of

#: How many tickets of a sub-queue are looked at, page by page, while others are claiming those before them.
LOOKED_AT: Final = (1, 8, 55)
#: How often another head is tried when another process was faster.
_ATTEMPTS: Final = 50
#: How long, in seconds of real time, an attempt that may leave a ticket over is waited for.
_OUTCOME_SECONDS: Final = 2.0
#: Waiting tickets are counted up to this.
WAITING_CAP: Final = 200


@dataclass(frozen=True, slots=True)
class Called:
    """The called ticket (``None``: nobody waits) and how many wait in the window's lanes, capped."""

    ticket: Ticket | None
    waiting: int


def call_next(*, hall: Hall, call: Call, window_id: str) -> Called:
    """Calls the next number to a window; that nobody waits is an answer.

    Raises ``NotFound`` (``window_unknown``), ``Forbidden`` (``window_not_yours``, ``center_not_allowed``,
    ``staff_on_leave``), ``Conflict`` (``window_not_open``, ``window_has_ticket``) and ``Unavailable`` (``queue_busy``).
    """
    call.actor.require_present()
    center, window = hall.reference.window(window_id)
    call.actor.require_center(center.id)
    held = windows.require_serving(hall.windows.find_by_id(window_id), call.actor.id)
    today = local_date(call.now).isoformat()
    precedence = precedence_of(hall.reference.policy(center.id))
    counter = Counter(window_id, window.number, call.actor.id, held.staff_name)
    for _ in range(_ATTEMPTS):
        _require_free(hall, window_id)
        outcomes = hall.claims.outcomes
        with hall.claims.choosing(center.id):
            chosen, passed_over = _choose(hall, center.id, today, window, precedence)
            if chosen is not None:
                hall.claims.add(chosen.id, chosen.version)
        if chosen is None and not passed_over:
            return Called(None, 0)
        if chosen is None:
            # Whoever is calling what was passed over may be refused, and then somebody waits after all.
            if not hall.claims.wait_for_outcome(outcomes, _OUTCOME_SECONDS):
                break
            continue
        called = tickets.call(chosen, counter, call.now)
        try:
            saved = save_ticket(hall, called, [TicketCalled(called)], call)
        except Stale:
            hall.claims.spent()
            continue
        except BaseException:
            hall.claims.release(chosen.id, chosen.version)
            raise
        hall.claims.spent()
        if (
            not chosen.last_window_id
        ):  # who was at a window before, or wasn't there when called, waits for other reasons
            wait = (call.now - chosen.taken_at).total_seconds()
            telemetry.queue_wait.record(max(0.0, wait), {"center": center.id, "lane": chosen.lane})
        return Called(saved, waiting_for(hall, center.id, today, window))
    raise Unavailable("queue_busy", "叫号的窗口较多，请稍后重试。")


def recall_ticket(*, hall: Hall, call: Call, ticket_id: str, expected_version: int = 0) -> Ticket:
    """Calls the number at the window again.

    Raises ``Conflict`` (``ticket_not_called``, ``recall_limit_reached``), ``Forbidden`` (``staff_on_leave``).
    """
    call.actor.require_present()
    ticket = ticket_in_hand(hall, call, ticket_id, expected_version)
    limit = hall.reference.policy(ticket.center_id).integer("recall_limit")
    recalled = tickets.recall(ticket, call.now, limit)
    return save_ticket(hall, recalled, [TicketRecalled(recalled)], call)


def waiting_for(hall: Hall, center_id: str, day: str, window: Window) -> int:
    """How many tickets wait that a window may call, counted to ``WAITING_CAP``."""
    keys = [queue_key(center_id, day, lane, each) for lane in window.lanes for each in QUEUE_CLASSES]
    keys += [window_queue_key(center_id, day, window.id, lane) for lane in window.lanes]
    return hall.tickets.count("by_queue", queue=tuple(keys), limit=WAITING_CAP)


def _require_free(hall: Hall, window_id: str) -> None:
    current = ticket_at_window(hall, window_id)
    if current is not None:
        raise Conflict(
            "window_has_ticket",
            f"窗口还有未完成的号票 {current.number}，请先办结、转号或标记过号。",
            ticket_id=current.id,
            number=current.number,
        )


def _choose(hall: Hall, center_id: str, day: str, window: Window, precedence: Precedence) -> tuple[Ticket | None, bool]:
    """The ticket to call, and whether any was passed over because somebody is calling it."""
    heads, passed_over = _heads(hall, center_id, day, window)

    def streak() -> int:
        key = window_day_key(window.id, day)
        return streak_of(
            hall.tickets.find("by_window_calls", window_calls=key, descending=True, limit=precedence.in_row).items
        )

    head = choose(heads, precedence, streak)
    return None if head is None else head.ticket, passed_over


def _heads(hall: Hall, center_id: str, day: str, window: Window) -> tuple[list[Head], bool]:
    heads: list[Head] = []
    passed_over = False
    for place, lane in enumerate(window.lanes):
        senders = (window.id, *_closed_windows(hall, center_id, window.id, lane))
        sent_here = tuple(window_queue_key(center_id, day, each, lane) for each in senders)
        for keys in (*((queue_key(center_id, day, lane, each),) for each in QUEUE_CLASSES), sent_here):
            ticket, passed = _first_free(hall, keys)
            passed_over = passed_over or passed
            if ticket is not None:
                heads.append(Head(ticket, place, sent_here=keys is sent_here))
    return heads, passed_over


def _closed_windows(hall: Hall, center_id: str, own: str, lane: str) -> Iterable[str]:
    """Windows of a lane that have closed: what was sent to them may go to any window of the lane."""
    for other in hall.floor(center_id):
        if other.state is WindowState.CLOSED and lane in other.lanes and other.id != own:
            yield other.id


def _first_free(hall: Hall, keys: tuple[str, ...]) -> tuple[Ticket | None, bool]:
    """The first ticket of these queues that nobody is calling, and whether others stand before it.

    Raises ``Unavailable`` (``queue_busy``) when all within the bound of what is looked at are being called and there
    are more.
    """
    cursor, passed = "", False
    for limit in LOOKED_AT:
        found = hall.tickets.find("by_queue", queue=keys, limit=limit, cursor=cursor)
        for ticket in found.items:
            if not hall.claims.holds(ticket.id, ticket.version):
                return ticket, passed
            passed = True
        cursor = found.cursor
        if not cursor:
            return None, passed
    raise Unavailable("queue_busy", "叫号的窗口较多，请稍后重试。")
