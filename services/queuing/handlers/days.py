"""A day's end (日终): what is left is closed and said so (rules A09, O01).

Goes ticket by ticket and marks the day last, so that after a crash the next sweep, or a second call, goes on with
what is left. Each ticket is closed by compare-and-set: two that close the same day don't close a ticket twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from kit.call import Call
from kit.errors import Invalid, Stale
from kit.store.port import Duplicate
from kit.workdays import local_date
from services.queuing.domain import hall_day as days
from services.queuing.domain import hours
from services.queuing.domain import ticket as tickets
from services.queuing.domain import window as windows
from services.queuing.domain.events import TicketExpired, WindowClosed
from services.queuing.domain.hall_day import DayState, HallDay
from services.queuing.domain.ticket import ALLOWED, Action, Ticket, TicketState
from services.queuing.domain.window import WindowState
from services.queuing.handlers.hall import Hall, save_ticket, save_window, ticket_at_window
from services.queuing.handlers.kinds import day_state_key

_PAGE: Final = 100
#: Counts beyond this are not told exactly.
_COUNTED: Final = 100_000
_REASON: Final = "当日服务结束"


def running_day(hall: Hall, call: Call, center_id: str, today: date) -> HallDay:
    """Today, begun if this is its first ticket or window. Raises ``Conflict`` (``day_closed``) once it is closed.

    It stands before the ticket does, so that no ticket is without an alarm that ends its day.
    """
    id = days.day_id(center_id, today.isoformat())
    day = hall.days.find_by_id(id) or _begin(hall, call, center_id, today)
    days.require_running(day)
    return day


def close_day(*, hall: Hall, call: Call, center_id: str, day: str = "") -> HallDay:
    """Ends a center's day before its alarm does; a day that is closed is told as it was closed.

    Raises ``Forbidden``, ``Invalid`` (``day_invalid``), ``NotFound`` (``center_unknown``).
    """
    hall.reference.center(center_id)
    call.actor.require_center(center_id)
    today = local_date(call.now)
    on = _parse(day, today)
    found = hall.days.find_by_id(days.day_id(center_id, on.isoformat()))
    if found is None and on < today:
        return days.nothing_there(center_id, on.isoformat())
    if found is None:
        found = _begin(hall, call, center_id, on)
    return _close(hall, call, found)


def end_due_day(hall: Hall, call: Call, day: HallDay) -> None:
    """What the alarm of a day does: closes it, and sweeps it when overtime has ended."""
    if day.state in (DayState.OPEN, DayState.CLOSING):
        _close(hall, call, day)
    else:
        _sweep(hall, call, day)


def _begin(hall: Hall, call: Call, center_id: str, on: date) -> HallDay:
    policy, calendar = hall.reference.policy(center_id), hall.reference.calendar(center_id)
    closes_at = hours.day_end(calendar, on, policy.integer("day_end_grace_min"))
    day = days.begin(center_id, on.isoformat(), closes_at)
    try:
        # Its own write: the caller's idempotency key belongs to the ticket.
        return hall.days.create(day, [], replace(call, idempotency=None))
    except Duplicate:
        return hall.days.get(day.id)


def _parse(day: str, today: date) -> date:
    try:
        on = date.fromisoformat(day) if day else today
    except ValueError:
        raise Invalid("day_invalid", "日期格式有误，请写成 2026-11-23 的形式。", field="day") from None
    if on > today:
        raise Invalid("day_invalid", "不能结束尚未到来的日期，请核对。", field="day")
    return on


def _close(hall: Hall, call: Call, day: HallDay) -> HallDay:
    while day.state in (DayState.OPEN, DayState.CLOSING):
        try:
            if day.state is DayState.OPEN:
                day = hall.days.save(days.begin_closing(day, call.now), [], call)
            _end_tickets(hall, call, day, Action.EXPIRE, tickets.expire)
            _close_windows(hall, call, day, sweeping=False)
            closed = days.close(
                day,
                expired=_expired(hall, day),
                windows_closed=_ended_windows(hall, day),
                sweep_at=_sweep_at(hall, call, day),
            )
            return hall.days.save(closed, [], call)
        except Stale:
            day = hall.days.get(day.id)
    return day


def _sweep(hall: Hall, call: Call, day: HallDay) -> None:
    _end_tickets(hall, call, day, Action.SWEEP, tickets.sweep)
    _close_windows(hall, call, day, sweeping=True)
    hall.days.save(days.sweep(day, expired=_expired(hall, day), windows_closed=_ended_windows(hall, day)), [], call)


def _end_tickets(hall: Hall, call: Call, day: HallDay, action: Action, end: Callable[[Ticket], Ticket]) -> None:
    """Ends every ticket that the action may end; goes round until a whole round finds none.

    A ticket that changes meanwhile is met again in its new state or is no longer to be ended.
    """
    found = True
    while found:
        found = False
        for state in TicketState:
            if state not in ALLOWED[action]:
                continue
            while page := _in_state(hall, day, state):
                found = True
                for ticket in page:
                    _end(hall, call, end(ticket))


def _in_state(hall: Hall, day: HallDay, state: TicketState) -> tuple[Ticket, ...]:
    return hall.tickets.find("by_state", day_state=day_state_key(day.center_id, day.day, state), limit=_PAGE).items


def _end(hall: Hall, call: Call, ended: Ticket) -> None:
    try:
        save_ticket(hall, ended, [TicketExpired(ended)], call)
    except Stale:
        return


def _close_windows(hall: Hall, call: Call, day: HallDay, *, sweeping: bool) -> None:
    """Closes the windows that were opened on this day or before; one that serves goes on until the sweep."""
    for window in list(hall.windows.each("by_center", center_id=day.center_id)):
        if window.state is WindowState.CLOSED or window.day > day.day:
            continue
        if not sweeping and ticket_at_window(hall, window.id) is not None:
            continue
        closed = windows.close(window, reason=_REASON, ended_day=day.day)
        save_window(hall, closed, [WindowClosed(closed)], call)


def _expired(hall: Hall, day: HallDay) -> int:
    key = day_state_key(day.center_id, day.day, TicketState.EXPIRED)
    return hall.tickets.count("by_state", day_state=key, limit=_COUNTED)


def _ended_windows(hall: Hall, day: HallDay) -> int:
    return sum(window.ended_day == day.day for window in hall.windows.each("by_center", center_id=day.center_id))


def _sweep_at(hall: Hall, call: Call, day: HallDay) -> datetime:
    policy, calendar = hall.reference.policy(day.center_id), hall.reference.calendar(day.center_id)
    regular_end = hours.day_end(calendar, date.fromisoformat(day.day), policy.integer("day_end_grace_min"))
    return max(call.now, regular_end) + timedelta(minutes=policy.integer("serving_grace_min"))
