"""Events out, and how staff and assignments look on the wire. Workforce listens to catalog's reference data only."""

from __future__ import annotations

from typing import Any

from kit.events import Mapped
from services.workforce.domain.sign_in import AccountLocked, SignedIn
from services.workforce.domain.staff import Employment, Role, Staff, StaffChanged, StaffJoined, StaffState
from services.workforce.domain.windows import WindowAssigned, WindowAssignment
from tongban.access.v1 import access_pb2
from tongban.workforce.v1 import events_pb2, messages_pb2

STATES = {
    StaffState.ACTIVE: messages_pb2.STAFF_STATE_ACTIVE,
    StaffState.SUSPENDED: messages_pb2.STAFF_STATE_SUSPENDED,
    StaffState.LEFT: messages_pb2.STAFF_STATE_LEFT,
}
EMPLOYMENTS = {
    Employment.ESTABLISHED: messages_pb2.EMPLOYMENT_ESTABLISHED,
    Employment.CONTRACTED: messages_pb2.EMPLOYMENT_CONTRACTED,
}
ROLES = {role: access_pb2.Role.Value(f"ROLE_{role.name}") for role in Role}


def staff_message(staff: Staff, window_id: str = "") -> messages_pb2.Staff:
    """A member of staff without anything that proves them; in an event without today's window."""
    return messages_pb2.Staff(
        id=staff.id,
        username=staff.username,
        name=staff.name,
        badge_number=staff.badge_number or "",
        center_id=staff.center_id,
        department_key=staff.department_key,
        posts=staff.posts,
        roles=[ROLES[role] for role in staff.roles],
        employment=EMPLOYMENTS[staff.employment],
        state=STATES[staff.state],
        window_id=window_id,
        version=staff.version,
    )


def assignment_message(assignment: WindowAssignment) -> messages_pb2.WindowAssignment:
    """Who sits where on a day."""
    return messages_pb2.WindowAssignment(
        id=assignment.id,
        center_id=assignment.center_id,
        window_id=assignment.window_id,
        day=assignment.day,
        staff_id=assignment.staff_id or "",
        staff_name=assignment.staff_name,
        version=assignment.version,
    )


def _no_journey(_event: Any) -> str:
    return ""


#: Staff belong to no visit, so that none of these carries a journey.
TABLE = {
    StaffJoined: Mapped(
        subject=lambda event: event.staff.id,
        journey=_no_journey,
        message=lambda event: events_pb2.StaffJoined(staff=staff_message(event.staff)),
    ),
    StaffChanged: Mapped(
        subject=lambda event: event.staff.id,
        journey=_no_journey,
        message=lambda event: events_pb2.StaffChanged(staff=staff_message(event.staff)),
    ),
    WindowAssigned: Mapped(
        subject=lambda event: event.assignment.id,
        journey=_no_journey,
        message=lambda event: events_pb2.WindowAssigned(assignment=assignment_message(event.assignment)),
    ),
    SignedIn: Mapped(
        subject=lambda event: event.staff_id,
        journey=_no_journey,
        message=lambda event: events_pb2.SignedIn(staff_id=event.staff_id, center_id=event.center_id),
    ),
    AccountLocked: Mapped(
        subject=lambda event: event.staff_id,
        journey=_no_journey,
        message=lambda event: events_pb2.AccountLocked(staff_id=event.staff_id, center_id=event.center_id),
    ),
}
