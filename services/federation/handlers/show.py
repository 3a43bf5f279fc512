"""Showing an applicant's full data to staff, on the record (rules AG01; convention 13)."""

from __future__ import annotations

from kit.call import Call
from kit.events import DomainEvent
from kit.text import clean
from services.federation.domain import parts
from services.federation.domain.crossing import Applicant
from services.federation.domain.events import CrossingApplicantShown
from services.federation.domain.part_events import FeedbackContactShown, PartApplicantShown
from services.federation.domain.showing import Showing
from services.federation.handlers.access import WINDOW_ROLES
from services.federation.handlers.desk import Desk
from services.federation.handlers.room import Room


def show_part_applicant(*, room: Room, call: Call, part_id: str, purpose: str) -> parts.Applicant:
    """The same of a part, for the department that has to do with it here. Raises like ``show_applicant``."""
    call.actor.require(*WINDOW_ROLES, "reviewer", "approver")
    purpose = _stated(purpose)
    part = room.parts.get(part_id)
    place = part.asked_by if part.asked_by.site == room.here else part.handled_at
    center_id = part.center_at(room.here)
    if place is not None and place.department_key and not call.actor.has("clerk"):
        call.actor.require_department(center_id, place.department_key)
    call.actor.require_center(center_id)
    shown = PartApplicantShown(part.id, center_id, part.journey, purpose)
    record(room.desk, call, part.id, center_id, purpose, shown)
    return part.applicant


def show_contact(*, room: Room, call: Call, feedback_id: str, purpose: str) -> str:
    """Whom to call back about what a citizen said, at either end. Raises ``Invalid``, ``NotFound``, ``Forbidden``."""
    call.actor.require("chief", "supervisor")
    purpose = _stated(purpose)
    held = room.feedbacks.get(feedback_id)
    center_id = (held.given_at if held.given_at.site == room.here else held.concerns).center_id
    call.actor.require_center(center_id)
    shown = FeedbackContactShown(held.id, center_id, held.journey, purpose)
    record(room.desk, call, held.id, center_id, purpose, shown)
    return held.contact


def show_applicant(*, desk: Desk, call: Call, crossing_id: str, purpose: str) -> Applicant:
    """Full data for a stated purpose; the record is written first. Raises ``Invalid``, ``NotFound``, ``Forbidden``."""
    call.actor.require(*WINDOW_ROLES)
    purpose = _stated(purpose)
    crossing = desk.crossings.get(crossing_id)
    call.actor.require_center(crossing.center_id)
    shown = CrossingApplicantShown(crossing.id, crossing.journey, crossing.center_id, purpose)
    record(desk, call, crossing.id, crossing.center_id, purpose, shown)
    return crossing.applicant


def _stated(purpose: str) -> str:
    """What it is looked at for. Raises ``Invalid`` where nothing is said."""
    return clean(purpose, field="purpose", max_length=200)


def record(desk: Desk, call: Call, shown_id: str, center_id: str, purpose: str, event: DomainEvent) -> None:
    """Writes down who looks at what and what for; only then it is answered."""
    showing = Showing(
        id=desk.ids.new_id(call.now),
        crossing_id=shown_id,
        center_id=center_id,
        shown_to_id=call.actor.id,
        shown_to_name=call.actor.name,
        purpose=purpose,
        shown_at=call.now,
    )
    desk.showings.create(showing, [event], call)
