"""What intake and approval_routing say, as federation tells it to the other place."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from kit.timestamps import from_timestamp
from services.federation.domain.crossing import CrossingState, WantedMaterial
from services.federation.domain.handling import ApplicationPicture, CasePicture
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake

_APPLICATIONS: Final = {
    intake.APPLICATION_STATE_RECEIVED: CrossingState.ARRIVED,
    intake.APPLICATION_STATE_SUPPLEMENT_REQUESTED: CrossingState.SUPPLEMENT_REQUESTED,
    intake.APPLICATION_STATE_ACCEPTED: CrossingState.ACCEPTED,
    intake.APPLICATION_STATE_REFUSED: CrossingState.REFUSED,
    intake.APPLICATION_STATE_WITHDRAWN: CrossingState.WITHDRAWN,
}
_CASES: Final = {
    approval.CASE_STATE_IN_PROGRESS: CrossingState.ACCEPTED,
    approval.CASE_STATE_PAUSED: CrossingState.ACCEPTED,
    approval.CASE_STATE_APPROVED: CrossingState.DECIDED,
    approval.CASE_STATE_DENIED: CrossingState.DECIDED,
    approval.CASE_STATE_ISSUED: CrossingState.ISSUED,
    approval.CASE_STATE_DELIVERED: CrossingState.DELIVERED,
    approval.CASE_STATE_UNDELIVERED: CrossingState.ISSUED,
}
_OUTCOMES: Final = {approval.OUTCOME_APPROVED: "approved", approval.OUTCOME_DENIED: "denied"}


def application_picture(
    application: intake.Application, *, handed_in: bool = False, problem: str = ""
) -> ApplicationPicture:
    """What intake says of an application."""
    asked = application.state == intake.APPLICATION_STATE_SUPPLEMENT_REQUESTED
    return ApplicationPicture(
        application_id=application.id,
        version=application.version,
        number=application.number,
        state=_APPLICATIONS.get(application.state, CrossingState.ARRIVED),
        received_at=from_timestamp(application.received_at),
        responsible_name=application.responsible_staff_name,
        supplement_due_at=_at(application, "supplement_due_at"),
        wanted=tuple(
            WantedMaterial(each.key, each.name, each.problem)
            for each in application.materials
            if asked and each.state != intake.MATERIAL_STATE_HANDED_IN and (each.main or each.problem)
        ),
        accepted_at=_at(application, "accepted_at"),
        deemed=application.deemed,
        refusal_reason=application.refusal_reason,
        refusal_basis=application.refusal_basis,
        handed_in=handed_in,
        supplement_problem=problem,
    )


def supplement_refused(message: intake_events.SupplementNotTaken) -> ApplicationPicture:
    """What intake says of a supplement that came too late."""
    return application_picture(message.application, problem=message.reason)


def case_picture(case: approval.Case) -> CasePicture:
    """What approval_routing says of a case."""
    decision, result = case.decision, case.result
    return CasePicture(
        application_id=case.id,
        version=case.version,
        state=_CASES.get(case.state, CrossingState.ACCEPTED),
        due_at=_at(case, "due_at"),
        due_provisional=case.due_provisional,
        outcome=_OUTCOMES.get(decision.outcome, ""),
        decision_number=decision.number,
        decision_reason=decision.reason,
        decided_at=_at(decision, "decided_at"),
        result_name=result.name,
        result_number=result.number,
        issued_at=_at(result, "issued_at"),
        tracking_number=result.tracking_number,
        delivered_at=_at(result, "delivered_at"),
    )


def _at(message: Any, name: str) -> datetime | None:
    return from_timestamp(getattr(message, name)) if message.HasField(name) else None
