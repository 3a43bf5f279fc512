"""What comes before an application, or beside it, as messages and back."""

from __future__ import annotations

from typing import Final

from kit.timestamps import to_timestamp
from services.intake.domain.denial import DenialReport, DenialState
from tongban.intake.v1 import denials_pb2

DENIAL_STATES: Final = {
    DenialState.OPEN: denials_pb2.DENIAL_STATE_OPEN,
    DenialState.CONFIRMED: denials_pb2.DENIAL_STATE_CONFIRMED,
    DenialState.OVERTURNED: denials_pb2.DENIAL_STATE_OVERTURNED,
}

_DENIAL_STATE_OF: Final = {value: key for key, value in DENIAL_STATES.items()}


def denial_state_of(value: denials_pb2.DenialState.ValueType) -> DenialState | None:
    """The state asked for; ``None`` for any."""
    return _DENIAL_STATE_OF.get(value)


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
