"""Windows: open, pause, close (rules B02–B04, B07, B08)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict, Forbidden
from kit.text import clean
from kit.workdays import local_date
from services.queuing.domain import window as windows
from services.queuing.domain.events import WindowClosed, WindowOpened, WindowPaused
from services.queuing.domain.window import HallWindow, WindowState
from services.queuing.handlers.days import running_day
from services.queuing.handlers.hall import Hall, save_window, ticket_at_window


def open_window(*, hall: Hall, call: Call, window_id: str) -> HallWindow:
    """Opens a window for the actor, or ends their pause; one that they have open stays as it is.

    Raises ``NotFound`` (``window_unknown``), ``Forbidden`` (``center_not_allowed``, ``staff_on_leave``), ``Conflict``
    (``window_taken``, ``staff_holds_window``, ``day_closed``).
    """
    call.actor.require_present()
    center, window = hall.reference.window(window_id)
    call.actor.require_center(center.id)
    today = running_day(hall, call, center.id, local_date(call.now)).day
    seen = hall.windows.find_by_id(window_id)
    if seen is None:
        seen = HallWindow(window_id, center.id, window.number, window.name, window.lanes)
    opened = windows.open_window(
        seen,
        number=window.number,
        name=window.name,
        lanes=window.lanes,
        day=today,
        staff_id=call.actor.id,
        staff_name=call.actor.name,
    )
    if opened == seen:
        return seen
    return save_window(hall, opened, [WindowOpened(opened)], call)


def pause_window(*, hall: Hall, call: Call, window_id: str, reason: str) -> HallWindow:
    """Pauses a window with a reason; its holder or a manager. Raises ``Conflict`` (``window_not_open``)."""
    reason = clean(reason, field="reason")
    window = _held(hall, call, window_id)
    longest = hall.reference.policy(window.center_id).integer("pause_max_min")
    paused = windows.pause(window, reason=reason, now=call.now, longest_min=longest)
    return save_window(hall, paused, [WindowPaused(paused)], call)


def close_window(*, hall: Hall, call: Call, window_id: str, reason: str) -> HallWindow:
    """Closes a window that has no current ticket; its holder or a manager.

    What was sent to it goes to any window of the lane. Raises ``Conflict`` (``window_has_ticket``,
    ``window_closed``), ``Forbidden``.
    """
    reason = clean(reason, field="reason", required=False)
    window = _held(hall, call, window_id)
    closed = windows.close(window, reason=reason)
    current = ticket_at_window(hall, window_id)
    if current is not None:
        raise Conflict(
            "window_has_ticket",
            f"窗口还有未完成的号票 {current.number}，请先办结、转号或标记过号，再关闭窗口。",
            ticket_id=current.id,
            number=current.number,
        )
    return save_window(hall, closed, [WindowClosed(closed)], call)


def mark_overlong_pause(hall: Hall, call: Call, window: HallWindow) -> None:
    """What the alarm of a pause does: says that it lasts longer than allowed (rules B02)."""
    overlong = windows.mark_overlong(window)
    save_window(hall, overlong, [WindowPaused(overlong)], call)


def _held(hall: Hall, call: Call, window_id: str) -> HallWindow:
    """A window that the actor holds, or that stands in the center that the actor manages."""
    center, declared = hall.reference.window(window_id)
    call.actor.require_center(center.id)
    window = hall.windows.find_by_id(window_id)
    if window is None:
        window = HallWindow(window_id, center.id, declared.number, declared.name, declared.lanes)
    yours = window.staff_id == call.actor.id or window.state is WindowState.CLOSED
    if not yours and not call.actor.has("manager"):
        raise Forbidden("window_not_yours", "该窗口由其他人员使用，请在自己的窗口操作。")
    return window
