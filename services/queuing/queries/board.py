"""What the hall's board shows: the latest calls, who waits, the windows (rules A11).

Many boards ask at once after each event. One of them reads, the others take what it read (``Hall.boards``).
"""

from __future__ import annotations

from datetime import datetime

from kit.workdays import local_date
from reference import Center
from services.queuing.domain.board import Board, LaneNow, WindowNow
from services.queuing.domain.ticket import AT_WINDOW, QUEUE_CLASSES
from services.queuing.domain.window import HallWindow
from services.queuing.handlers.calling import WAITING_CAP
from services.queuing.handlers.hall import Hall
from services.queuing.handlers.kinds import day_key, day_state_key, queue_key


def board_of(*, hall: Hall, center_id: str, now: datetime) -> Board:
    """A center's board. Raises ``NotFound`` (``center_unknown``)."""
    center = hall.reference.center(center_id)
    return hall.boards.get(center_id, lambda: _read(hall, center, now))


def windows_of(*, hall: Hall, center_id: str, now: datetime) -> tuple[WindowNow, ...]:
    """All windows of a center with who is at them. Raises ``NotFound`` (``center_unknown``)."""
    return _windows(hall, hall.reference.center(center_id), local_date(now).isoformat())


def window_now(*, hall: Hall, window: HallWindow) -> WindowNow:
    """A window as it was just written."""
    return WindowNow(window, hall.tickets.find_unique("at_window", window.id))


def _read(hall: Hall, center: Center, now: datetime) -> Board:
    day = local_date(now).isoformat()
    shown = hall.reference.policy(center.id).integer("board_calls")
    calls = hall.tickets.find(
        "by_center_calls", center_calls=day_key(center.id, day), descending=True, limit=shown
    ).items
    lanes = tuple(LaneNow(lane.key, lane.name, _waiting(hall, center.id, day, lane.key)) for lane in center.lanes)
    return Board(center.id, center.name, calls, lanes, _windows(hall, center, day), now)


def _waiting(hall: Hall, center_id: str, day: str, lane: str) -> int:
    keys = tuple(queue_key(center_id, day, lane, each) for each in QUEUE_CLASSES)
    return hall.tickets.count("by_queue", queue=keys, limit=WAITING_CAP)


def _windows(hall: Hall, center: Center, day: str) -> tuple[WindowNow, ...]:
    seen = {window.id: window for window in hall.floor(center.id)}
    keys = tuple(day_state_key(center.id, day, state) for state in sorted(AT_WINDOW))
    # A window has one ticket at the most, so there are no more of these than windows.
    current = hall.tickets.find("by_state", day_state=keys, limit=max(len(seen), 1)).items
    at = {ticket.window_id: ticket for ticket in current}
    return tuple(
        WindowNow(
            seen.get(window.id) or HallWindow(window.id, center.id, window.number, window.name, window.lanes),
            at.get(window.id),
        )
        for window in center.windows
    )
