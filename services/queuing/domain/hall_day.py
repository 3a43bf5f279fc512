"""A center's day in the hall: it ends what is left, and says so (rules A09, O01)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict

#: When the alarm takes over a closing that nobody has brought to its end.
RESUME_AFTER: Final = timedelta(minutes=1)


class DayState(StrEnum):
    """Open; closing and closed (services at hand go on); swept (nothing is left)."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    SWEPT = "swept"


class DayAct(StrEnum):
    """What happens on a day; and its end, step by step."""

    #: A number is given, or a window opened.
    RUN = "run"
    BEGIN_CLOSING = "begin_closing"
    CLOSE = "close"
    SWEEP = "sweep"


#: In which states it may be done; in any other it raises and changes nothing.
ALLOWED: Final[Mapping[DayAct, frozenset[DayState]]] = MappingProxyType(
    {
        DayAct.RUN: frozenset({DayState.OPEN}),
        DayAct.BEGIN_CLOSING: frozenset({DayState.OPEN}),
        DayAct.CLOSE: frozenset({DayState.CLOSING}),
        DayAct.SWEEP: frozenset({DayState.CLOSED}),
    }
)


@dataclass(frozen=True, slots=True)
class HallDay:
    """One center's one day. ``due_at``: when it closes, then when it is swept."""

    id: str
    center_id: str
    day: str
    state: DayState = DayState.OPEN
    due_at: datetime | None = None
    #: Tickets and windows that the day's end closed.
    expired: int = 0
    windows_closed: int = 0
    version: int = 0


def day_id(center_id: str, day: str) -> str:
    """A center has one of each day."""
    return f"{center_id}:{day}"


def begin(center_id: str, day: str, closes_at: datetime) -> HallDay:
    """The day, before its first ticket or window."""
    return HallDay(day_id(center_id, day), center_id, day, due_at=closes_at)


def require_running(day: HallDay) -> None:
    """Raises ``Conflict`` (``day_closed``) once the day is being closed."""
    _require(day, DayAct.RUN, "day_closed", "中心当日排队已结束，请于下一工作日再来或预约。")


def begin_closing(day: HallDay, now: datetime) -> HallDay:
    """No number is given from now on. After a crash the alarm goes on with the rest. Raises ``Conflict`` (``day_closed``)."""
    _require(day, DayAct.BEGIN_CLOSING, "day_closed", "当日已经开始结束，请刷新后核对。")
    resume_at = now + RESUME_AFTER
    return replace(day, state=DayState.CLOSING, due_at=min(day.due_at or resume_at, resume_at))


def nothing_there(center_id: str, day: str) -> HallDay:
    """A past day on which nothing happened; it isn't kept."""
    return HallDay(day_id(center_id, day), center_id, day, state=DayState.SWEPT)


def close(day: HallDay, *, expired: int, windows_closed: int, sweep_at: datetime) -> HallDay:
    """What was left is closed, services at hand excepted; the sweep comes later. Raises ``Conflict`` (``day_not_closing``)."""
    _require(day, DayAct.CLOSE, "day_not_closing", "当日尚未开始结束，或者已经结束，请刷新后核对。")
    return replace(day, state=DayState.CLOSED, due_at=sweep_at, expired=expired, windows_closed=windows_closed)


def sweep(day: HallDay, *, expired: int, windows_closed: int) -> HallDay:
    """Nothing is left. Raises ``Conflict`` (``day_not_closed``)."""
    _require(day, DayAct.SWEEP, "day_not_closed", "当日尚未结束，或者已经清理，请刷新后核对。")
    return replace(day, state=DayState.SWEPT, due_at=None, expired=expired, windows_closed=windows_closed)


def _require(day: HallDay, act: DayAct, code: str, message: str) -> None:
    if day.state not in ALLOWED[act]:
        raise Conflict(code, message, day=day.day, state=day.state.value)
