"""The owner's end: what the handling place's own application and case say becomes the picture that it tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kit.errors import Conflict
from kit.workdays import Calendar
from services.federation.domain import hand_back
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, CrossingState, Status, WantedMaterial
from services.federation.domain.crossing_acts import CrossingAct, may
from services.federation.domain.letters import File
from services.federation.domain.segments import Segment, SegmentKind, ended


@dataclass(frozen=True, slots=True)
class ApplicationPicture:
    """What intake says of the application."""

    application_id: str
    version: int
    number: str
    state: CrossingState
    received_at: datetime
    responsible_name: str = ""
    supplement_due_at: datetime | None = None
    wanted: tuple[WantedMaterial, ...] = ()
    accepted_at: datetime | None = None
    deemed: bool = False
    refusal_reason: str = ""
    refusal_basis: str = ""
    #: It took a supplement in.
    handed_in: bool = False
    #: Why it didn't take the last supplement.
    supplement_problem: str = ""


@dataclass(frozen=True, slots=True)
class CasePicture:
    """What approval_routing says of the case."""

    application_id: str
    version: int
    state: CrossingState
    due_at: datetime | None = None
    due_provisional: bool = False
    outcome: str = ""
    decision_number: str = ""
    decision_reason: str = ""
    decided_at: datetime | None = None
    result_name: str = ""
    result_number: str = ""
    issued_at: datetime | None = None
    tracking_number: str = ""
    delivered_at: datetime | None = None


def see_application(crossing: Crossing, seen: ApplicationPicture, calendar: Calendar, now: datetime) -> Crossing | None:
    """The crossing after the owner's intake said something; ``None``: that is known, or overtaken."""
    if seen.version <= crossing.application_version:
        return None
    was = crossing.status or Status(0, CrossingState.ARRIVED, now)
    # A case is behind the application: what intake says late doesn't bring it back.
    state = was.state if crossing.case_version >= 0 else seen.state
    status = replace(
        was,
        revision=was.revision + 1,
        state=state,
        said_at=now,
        number=seen.number,
        received_at=seen.received_at,
        responsible_name=seen.responsible_name,
        supplement_due_at=seen.supplement_due_at,
        wanted=seen.wanted,
        accepted_at=seen.accepted_at,
        deemed=seen.deemed,
        refusal_reason=seen.refusal_reason,
        refusal_basis=seen.refusal_basis,
        supplement_taken=crossing.supplement_id if seen.handed_in else was.supplement_taken,
        supplement_problem=seen.supplement_problem,
    )
    if seen.supplement_problem:
        status = replace(status, supplement_taken=crossing.supplement_id)
    after = replace(crossing, application_version=seen.version, application_id=seen.application_id)
    return _with(after, status, calendar, now)


def see_case(crossing: Crossing, seen: CasePicture, calendar: Calendar, now: datetime) -> Crossing | None:
    """The crossing after the owner's approval said something; ``None``: that is known, or overtaken."""
    if seen.version <= crossing.case_version:
        return None
    was = crossing.status or Status(0, CrossingState.ARRIVED, now)
    status = replace(
        was,
        revision=was.revision + 1,
        state=seen.state,
        said_at=now,
        due_at=seen.due_at,
        due_provisional=seen.due_provisional,
        outcome=seen.outcome,
        decision_number=seen.decision_number,
        decision_reason=seen.decision_reason,
        decided_at=seen.decided_at,
        result_name=seen.result_name,
        result_number=seen.result_number,
        issued_at=seen.issued_at,
        tracking_number=seen.tracking_number,
        delivered_at=seen.delivered_at,
    )
    after = replace(crossing, case_version=seen.version, application_id=seen.application_id)
    return _with(after, status, calendar, now)


def _with(crossing: Crossing, status: Status, calendar: Calendar, now: datetime) -> Crossing:
    segments = hand_back.followed(crossing, status, calendar)
    if status.state.closed:
        segments = ended(segments, now, *SegmentKind)
    return replace(
        crossing,
        status=with_own_segment(status, segments),
        segments=segments,
        state=status.state,
        closed_at=now if status.state.closed else None,
    )


def attach_result(crossing: Crossing, file: File, now: datetime) -> Crossing:
    """The licence or paper itself, for the other end to print or show. Raises ``Conflict`` without a result, or late."""
    status = crossing.status
    if status is None or not may(crossing, CrossingAct.ATTACH_RESULT):
        raise Conflict(
            "no_result_yet", "该件尚未作出决定，或结果已送达，不能上传结果文件。", state=crossing.state.value
        )
    said = replace(status, revision=status.revision + 1, said_at=now, result_file=file)
    return replace(crossing, status=said)


def with_own_segment(status: Status, segments: tuple[Segment, ...]) -> Status:
    """The picture with the owner's own segment, for the other end to see."""
    segment = hand_back.of(segments)
    mine = segment if segment is not None and segment.kept_by is Side.HANDLING else None
    return replace(status, hand_back=mine)
