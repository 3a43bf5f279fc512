"""A window as the hall sees it (rules B02–B04). Which ticket is there stands in the ticket, not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict, Forbidden


class WindowState(StrEnum):
    """Whether a window serves."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"


class WindowAct(StrEnum):
    """What is done with a window by whoever holds it, and by the alarm of its pause."""

    OPEN = "open"
    PAUSE = "pause"
    MARK_OVERLONG = "mark_overlong"
    CLOSE = "close"
    SERVE = "serve"


#: In which states it may be done; in any other it raises and changes nothing. Another's window is opened only when closed.
ALLOWED: Final[Mapping[WindowAct, frozenset[WindowState]]] = MappingProxyType(
    {
        WindowAct.OPEN: frozenset(WindowState),
        WindowAct.PAUSE: frozenset({WindowState.OPEN}),
        WindowAct.MARK_OVERLONG: frozenset({WindowState.PAUSED}),
        WindowAct.CLOSE: frozenset({WindowState.OPEN, WindowState.PAUSED}),
        WindowAct.SERVE: frozenset({WindowState.OPEN}),
    }
)


@dataclass(frozen=True, slots=True)
class HallWindow:
    """A window and who holds it; ``id`` is the window's own. ``due_at``: when its pause has become too long."""

    id: str
    center_id: str
    number: str
    name: str
    lanes: tuple[str, ...]
    #: The day on which it was last opened (ISO date).
    day: str = ""
    state: WindowState = WindowState.CLOSED
    staff_id: str = ""
    staff_name: str = ""
    pause_reason: str = ""
    paused_at: datetime | None = None
    pause_overlong: bool = False
    close_reason: str = ""
    #: The day whose end closed it (ISO date); empty when somebody did.
    ended_day: str = ""
    due_at: datetime | None = None
    version: int = 0


def open_window(
    window: HallWindow,
    *,
    number: str,
    name: str,
    lanes: tuple[str, ...],
    day: str,
    staff_id: str,
    staff_name: str,
) -> HallWindow:
    """Opens it for somebody, or ends their pause. Raises ``Conflict`` (``window_taken``) when another holds it."""
    if window.state is not WindowState.CLOSED and window.staff_id != staff_id:
        raise Conflict("window_taken", f"{window.number} 号窗口正由 {window.staff_name} 使用，请选择其他窗口。")
    return replace(
        window,
        number=number,
        name=name,
        lanes=lanes,
        day=day,
        state=WindowState.OPEN,
        staff_id=staff_id,
        staff_name=staff_name,
        pause_reason="",
        paused_at=None,
        pause_overlong=False,
        close_reason="",
        ended_day="",
        due_at=None,
    )


def pause(window: HallWindow, *, reason: str, now: datetime, longest_min: int) -> HallWindow:
    """Pauses it with a reason; after ``longest_min`` minutes the pause is overlong (rules B02, B04)."""
    if window.state not in ALLOWED[WindowAct.PAUSE]:
        raise Conflict("window_not_open", f"{window.number} 号窗口未开放，不能暂停，请刷新后核对。")
    return replace(
        window,
        state=WindowState.PAUSED,
        pause_reason=reason,
        paused_at=now,
        due_at=now + timedelta(minutes=longest_min),
    )


def mark_overlong(window: HallWindow) -> HallWindow:
    """Says that the pause lasts longer than the center allows (rules B02)."""
    if window.state not in ALLOWED[WindowAct.MARK_OVERLONG] or window.pause_overlong:
        raise Conflict("window_not_paused", f"{window.number} 号窗口不在暂停中。")
    return replace(window, pause_overlong=True, due_at=None)


def close(window: HallWindow, *, reason: str, ended_day: str = "") -> HallWindow:
    """Closes it (rules B03). Raises ``Conflict`` (``window_closed``) when it is closed."""
    if window.state not in ALLOWED[WindowAct.CLOSE]:
        raise Conflict("window_closed", f"{window.number} 号窗口已关闭。")
    return replace(
        window,
        state=WindowState.CLOSED,
        staff_id="",
        staff_name="",
        pause_reason="",
        paused_at=None,
        pause_overlong=False,
        close_reason=reason,
        ended_day=ended_day,
        due_at=None,
    )


def require_serving(window: HallWindow | None, staff_id: str) -> HallWindow:
    """The window, open and held by this member of staff.

    Raises ``Forbidden`` (``window_not_yours``) or ``Conflict`` (``window_not_open``).
    """
    if window is None or window.state is WindowState.CLOSED:
        raise Conflict("window_not_open", "窗口尚未开放，请先开放窗口。")
    if window.staff_id != staff_id:
        raise Forbidden("window_not_yours", "该窗口由其他人员使用，请在自己的窗口操作。")
    if window.state not in ALLOWED[WindowAct.SERVE]:
        raise Conflict("window_not_open", "窗口暂停服务中，请先恢复窗口。")
    return window
