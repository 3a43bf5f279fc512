"""What cases, rectifications and complaints say of their clocks."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from kit.timestamps import from_timestamp
from services.supervision.domain.cards import SubjectKind
from services.supervision.domain.watches import Sighting, WatchState
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.evaluation.v1 import messages_pb2 as evaluation


def case_sighting(case: approval.Case) -> Sighting:
    """A case's clock runs from acceptance to the decision (许可法 42).

    A special procedure stops it (许可法 45), and the site above while it decides (rules F01; 许可法 43).
    """
    running = {
        approval.CASE_STATE_IN_PROGRESS: WatchState.RUNNING,
        approval.CASE_STATE_PAUSED: WatchState.PAUSED,
    }
    state = running.get(case.state, WatchState.ENDED)
    if state is WatchState.RUNNING and not case.HasField("due_at"):
        state = WatchState.PAUSED
    decided_at = case.decision.decided_at if case.HasField("decision") else None
    return Sighting(
        kind=SubjectKind.CASE,
        id=case.id,
        number=case.number,
        title=case.item_name,
        center_id=case.center_id,
        department_key=case.department_key,
        journey=case.journey,
        state=state,
        started_at=from_timestamp(case.accepted_at),
        due_at=None if state is WatchState.PAUSED else _at(case.due_at, case.HasField("due_at")),
        done_at=_at(decided_at, decided_at is not None and bool(decided_at.seconds)),
        version=case.version,
    )


def rectification_sighting(rectification: evaluation.Rectification) -> Sighting:
    """A rectification's clock is its owner's, to answer; it stands while the review has it (rules Q06)."""
    states = {
        evaluation.RECTIFICATION_STATE_OPEN: WatchState.RUNNING,
        evaluation.RECTIFICATION_STATE_ANSWERED: WatchState.PAUSED,
    }
    state = states.get(rectification.state, WatchState.ENDED)
    return Sighting(
        kind=SubjectKind.RECTIFICATION,
        id=rectification.id,
        number="",
        title=f"差评整改：{rectification.item_name}",
        center_id=rectification.center_id,
        department_key=rectification.owner_department,
        journey=rectification.journey,
        state=state,
        started_at=from_timestamp(rectification.opened_at),
        due_at=_at(rectification.due_at, rectification.HasField("due_at")),
        done_at=_done(state, rectification.answered_at, rectification.HasField("answered_at")),
        version=rectification.version,
    )


_RUNNING_COMPLAINTS = (
    complaint.COMPLAINT_STATE_FILED,
    complaint.COMPLAINT_STATE_ASSIGNED,
    complaint.COMPLAINT_STATE_INVESTIGATING,
)
_TOPICS = {
    complaint.TOPIC_ATTITUDE: "服务态度",
    complaint.TOPIC_EFFICIENCY: "办事效率",
    complaint.TOPIC_LAWFULNESS: "依法行政",
    complaint.TOPIC_INTEGRITY: "廉政",
    complaint.TOPIC_FEE: "收费",
}


def complaint_sighting(it: complaint.Complaint) -> Sighting:
    """A complaint's clock is for its answer; it stands while the complainant is called back (rules R03, S01)."""
    ended = it.state == complaint.COMPLAINT_STATE_CLOSED
    state = WatchState.RUNNING if it.state in _RUNNING_COMPLAINTS else WatchState.PAUSED
    state = WatchState.ENDED if ended else state
    return Sighting(
        kind=SubjectKind.COMPLAINT,
        id=it.id,
        number=it.number,
        title=f"投诉：{_TOPICS.get(it.topic, '其他')}",
        center_id=it.center_id,
        department_key=it.assignee_department,
        journey=it.journey,
        state=state,
        started_at=from_timestamp(it.filed_at),
        due_at=_at(it.due_at, it.HasField("due_at")),
        done_at=_done(state, it.answered_at, it.HasField("answered_at")),
        version=it.version,
    )


def _done(state: WatchState, answered_at: Timestamp, answered: bool) -> datetime | None:
    """When it was answered; an answer that was sent back or didn't satisfy doesn't count while the clock runs."""
    return None if state is WatchState.RUNNING else _at(answered_at, answered)


def _at(timestamp: Timestamp | None, is_set: bool) -> datetime | None:
    return from_timestamp(timestamp) if timestamp is not None and is_set else None
