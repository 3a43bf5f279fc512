"""Events out, and how staff and assignments look on the wire. Workforce listens to catalog's reference data only."""

from __future__ import annotations

from typing import Any

from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.workforce.domain.covers import Cover, CoverConfirmed, CoverEnded, CoverFiled, CoverKind, DayPart
from services.workforce.domain.sign_in import AccountLocked, SignedIn
from services.workforce.domain.staff import Employment, Role, Staff, StaffChanged, StaffJoined, StaffState
from services.workforce.domain.standing_in import BadgeIssued, BadgeReturned, StandInFeedbackGiven
from services.workforce.domain.windows import WindowAssigned, WindowAssignment
from tongban.access.v1 import access_pb2
from tongban.workforce.v1 import covers_pb2, events_pb2, messages_pb2

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

COVER_KINDS = {
    CoverKind.LEAVE: covers_pb2.COVER_KIND_LEAVE,
    CoverKind.DELEGATION: covers_pb2.COVER_KIND_DELEGATION,
}
DAY_PARTS = {
    DayPart.WHOLE: covers_pb2.DAY_PART_WHOLE,
    DayPart.MORNING: covers_pb2.DAY_PART_MORNING,
    DayPart.AFTERNOON: covers_pb2.DAY_PART_AFTERNOON,
}


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


def cover_message(cover: Cover) -> covers_pb2.Cover:
    """Who stands in for whom on which days."""
    message = covers_pb2.Cover(
        id=cover.id,
        kind=COVER_KINDS[cover.kind],
        center_id=cover.center_id,
        department_key=cover.department_key,
        staff_id=cover.staff_id,
        staff_name=cover.staff_name,
        substitute_id=cover.substitute_id,
        substitute_name=cover.substitute_name,
        first_day=cover.first_day,
        last_day=cover.last_day,
        day_part=DAY_PARTS[cover.day_part],
        reason=cover.reason,
        filed_by_name=cover.filed_by_name,
        filed_at=to_timestamp(cover.filed_at),
        arrived_at=to_timestamp(cover.arrived_at),
        ended_at=to_timestamp(cover.ended_at),
        ended_by_name=cover.ended_by_name,
        version=cover.version,
        feedback=[
            covers_pb2.StandInFeedback(text=said.text, by_name=said.by_name, at=to_timestamp(said.at))
            for said in cover.feedback
        ],
    )
    if cover.badge is not None:
        message.badge.CopyFrom(
            covers_pb2.TemporaryBadge(
                number=cover.badge.number,
                issued_by_name=cover.badge.issued_by_name,
                issued_at=to_timestamp(cover.badge.issued_at),
                returned_to_name=cover.badge.returned_to_name,
                returned_at=to_timestamp(cover.badge.returned_at),
            )
        )
    return message


def _told_cover(cover: Cover) -> covers_pb2.Cover:
    """A cover as other services are told of it: without what the center says of people."""
    message = cover_message(cover)
    message.ClearField("feedback")
    return message


def _of_cover(make: Any) -> Mapped:
    return Mapped(
        subject=lambda event: event.cover.id,
        journey=_no_journey,
        message=lambda event: make(cover=_told_cover(event.cover)),
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
    CoverFiled: _of_cover(events_pb2.CoverFiled),
    CoverConfirmed: _of_cover(events_pb2.CoverConfirmed),
    CoverEnded: _of_cover(events_pb2.CoverEnded),
    BadgeIssued: _of_cover(events_pb2.BadgeIssued),
    BadgeReturned: _of_cover(events_pb2.BadgeReturned),
    StandInFeedbackGiven: _of_cover(events_pb2.StandInFeedbackGiven),
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
