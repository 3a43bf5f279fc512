"""Who sits at which window today."""

from __future__ import annotations

from datetime import date

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.store.port import Duplicate
from kit.workdays import CENTER_ZONE
from services.workforce.domain import windows
from services.workforce.domain.windows import WindowAssigned, WindowAssignment
from services.workforce.handlers.workforce import Workforce


def today(call: Call) -> str:
    """The center's local date, ISO."""
    return call.now.astimezone(CENTER_ZONE).date().isoformat()


def iso_day(text: str) -> str:
    """A date in the one ISO form that is kept. Raises ``Invalid`` (``day_invalid``)."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Invalid("day_invalid", "日期应为“2026-11-23”的形式，请更正。", field="day") from error


def assign_window(*, workforce: Workforce, call: Call, window_id: str, staff_id: str, day: str) -> WindowAssignment:
    """Seats somebody at a window for a day, in place of whoever sat there; an empty ``staff_id`` vacates it.

    Nobody sits at two windows on one day. ``day`` is ISO; empty: today. Raises ``NotFound``, ``Forbidden``,
    ``Invalid`` (``day_invalid``, ``day_past``), ``Conflict`` (``staff_sits_elsewhere``).
    """
    center, window = workforce.reference.window(window_id)
    call.actor.require_center(center.id)
    day = _usable(day, call)
    seat = workforce.assignments.find_by_id(windows.assignment_id(window.id, day)) or windows.vacant(
        center_id=center.id, window_id=window.id, day=day
    )
    staff = workforce.staff.get(staff_id) if staff_id else None
    seated = windows.assign(seat, staff) if staff else windows.vacate(seat)
    if seat.version and seated == seat:
        return seat
    try:
        return _write(workforce, seated, call)
    except Duplicate as duplicate:
        if duplicate.index != "by_staff_day":
            raise Conflict("overtaken", "该窗口刚刚被他人安排，请刷新后重试。") from duplicate
        raise _elsewhere(workforce, staff_id, day) from duplicate


def _write(workforce: Workforce, seated: WindowAssignment, call: Call) -> WindowAssignment:
    if seated.version:
        return workforce.assignments.save(seated, [WindowAssigned(seated)], call)
    return workforce.assignments.create(seated, [WindowAssigned(seated)], call)


def _elsewhere(workforce: Workforce, staff_id: str, day: str) -> Conflict:
    other = workforce.assignments.find_unique("by_staff_day", staff_id, day)
    where = other.window_id if other else ""
    return Conflict(
        "staff_sits_elsewhere", "该人员当日已安排在其他窗口，请先腾空原窗口或改派他人。", window_id=where, day=day
    )


def _usable(day: str, call: Call) -> str:
    if not day:
        return today(call)
    wanted = iso_day(day)
    if wanted < today(call):
        raise Invalid("day_past", "不能安排已过去的日期，请选择今天或以后。", field="day")
    return wanted
