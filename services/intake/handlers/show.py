"""Showing an applicant's full data, on the record (rules AG01; convention 13)."""

from __future__ import annotations

from kit.call import Call
from kit.text import clean
from services.intake.domain.application import Applicant
from services.intake.domain.events import ApplicantShown
from services.intake.domain.showing import Showing
from services.intake.handlers.access import require_case_worker
from services.intake.handlers.desk import Desk


def show_applicant(*, desk: Desk, call: Call, application_id: str, purpose: str) -> Applicant:
    """Full data for a stated purpose; that they were shown is written before they are answered.

    Raises ``Invalid`` without a purpose, ``NotFound``, ``Forbidden``.
    """
    purpose = clean(purpose, field="purpose", max_length=200)
    application = desk.applications.get(application_id)
    require_case_worker(desk, call, application)
    showing = Showing(
        id=desk.ids.new_id(call.now),
        application_id=application.id,
        center_id=application.center_id,
        shown_to_id=call.actor.id,
        shown_to_name=call.actor.name,
        purpose=purpose,
        shown_at=call.now,
    )
    desk.showings.create(
        showing, [ApplicantShown(application.id, application.journey, application.center_id, purpose)], call
    )
    return application.applicant
