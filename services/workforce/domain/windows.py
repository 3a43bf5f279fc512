"""Who sits at which window on a day."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.errors import Conflict
from services.workforce.domain.staff import Staff, StaffState


@dataclass(frozen=True, slots=True)
class WindowAssignment:
    """The one who sits at a window on a day (ISO date, the center's local one); nobody when it was vacated."""

    id: str
    center_id: str
    window_id: str
    day: str
    #: ``None``: nobody.
    staff_id: str | None
    staff_name: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class WindowAssigned:
    """Somebody was assigned to a window for a day, or it was vacated."""

    assignment: WindowAssignment
    rules: str = "rules AH02, B10"


def assignment_id(window_id: str, day: str) -> str:
    """A window has one assignment a day."""
    return f"{window_id}:{day}"


def vacant(*, center_id: str, window_id: str, day: str) -> WindowAssignment:
    """A window where nobody sits yet."""
    return WindowAssignment(assignment_id(window_id, day), center_id, window_id, day, None, "")


def assign(assignment: WindowAssignment, staff: Staff) -> WindowAssignment:
    """Seats somebody in place of whoever sat there. Raises ``Conflict`` unless they work, and for this center."""
    if staff.state is not StaffState.ACTIVE:
        raise Conflict("staff_not_active", "该人员已停用或离岗，不能安排窗口。", staff_id=staff.id)
    if staff.center_id != assignment.center_id:
        raise Conflict("staff_of_other_center", "该人员不属于本中心，不能安排到本中心窗口。", staff_id=staff.id)
    return replace(assignment, staff_id=staff.id, staff_name=staff.name)


def vacate(assignment: WindowAssignment) -> WindowAssignment:
    """Leaves the window to nobody."""
    return replace(assignment, staff_id=None, staff_name="")
