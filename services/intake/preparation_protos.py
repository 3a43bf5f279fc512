"""What comes before an application, or beside it, as messages and back."""

from __future__ import annotations

from typing import Final

from kit.timestamps import to_timestamp
from services.intake.commitment_protos import CHOICES
from services.intake.domain.denial import DenialReport, DenialState
from services.intake.domain.draft import Draft
from services.intake.protos import DELIVERIES, applicant_message
from tongban.intake.v1 import denials_pb2, drafts_pb2, messages_pb2

DENIAL_STATES: Final = {
    DenialState.OPEN: denials_pb2.DENIAL_STATE_OPEN,
    DenialState.CONFIRMED: denials_pb2.DENIAL_STATE_CONFIRMED,
    DenialState.OVERTURNED: denials_pb2.DENIAL_STATE_OVERTURNED,
}

_DENIAL_STATE_OF: Final = {value: key for key, value in DENIAL_STATES.items()}


def denial_state_of(value: denials_pb2.DenialState.ValueType) -> DenialState | None:
    """The state asked for; ``None`` for any."""
    return _DENIAL_STATE_OF.get(value)


def draft_message(draft: Draft) -> drafts_pb2.Draft:
    """A draft in full: for its holder, or the window that was given its code."""
    return drafts_pb2.Draft(
        id=draft.id,
        code=draft.code,
        center_id=draft.center_id,
        item_id=draft.item_id,
        item_version=draft.item_version,
        item_name=draft.item_name,
        applicant=applicant_message(draft.applicant),
        situation=[
            messages_pb2.SituationAnswer(question=each.question, option=each.option) for each in draft.situation
        ],
        form_json=draft.form_json,
        delivery=DELIVERIES[draft.delivery],
        commitment=CHOICES[draft.commitment],
        saved_at=to_timestamp(draft.saved_at),
        expires_at=to_timestamp(draft.expires_at),
        version=draft.version,
    )


def report_message(report: DenialReport) -> denials_pb2.DenialReport:
    """A report that something can't be done."""
    return denials_pb2.DenialReport(
        id=report.id,
        center_id=report.center_id,
        department_key=report.department_key,
        asked_for=report.asked_for,
        reason=report.reason,
        basis=report.basis,
        filed_by=report.filed_by.name,
        filed_at=to_timestamp(report.filed_at),
        levels=report.levels,
        level=report.level,
        item_id=report.item_id,
        item_name=report.item_name,
        application_id=report.application_id or "",
        application_number=report.application_number,
        opinions=[
            denials_pb2.DenialOpinion(
                level=each.level,
                given_by=each.given_by.name,
                agrees=each.agrees,
                said=each.said,
                basis=each.basis,
                given_at=to_timestamp(each.given_at),
            )
            for each in report.opinions
        ],
        state=DENIAL_STATES[report.state],
        decided_at=to_timestamp(report.decided_at),
        journey=report.journey,
        version=report.version,
    )
