"""What cases, rectifications and complaints say of their clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from kit.timestamps import from_timestamp
from kit.workdays import Pause, local_instant
from services.supervision.domain.cards import Person, SubjectKind, Trigger
from services.supervision.domain.plan import Clock
from services.supervision.domain.watches import Sighting, WatchState
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.evaluation.v1 import messages_pb2 as evaluation
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import messages_pb2 as intake

_UNDER_WAY = (approval.STEP_STATE_OPEN, approval.STEP_STATE_CLAIMED)
_DONE = (approval.STEP_STATE_PASSED, approval.STEP_STATE_REJECTED)


def case_sighting(case: approval.Case) -> Sighting:
    """A case's clocks run from acceptance to the decision: the promise's, the law's (许可法 42), those of its steps.

    A special procedure stops them (许可法 45), and the site above while it decides (rules F01; 许可法 43).
    """
    running = {
        approval.CASE_STATE_IN_PROGRESS: WatchState.RUNNING,
        approval.CASE_STATE_PAUSED: WatchState.PAUSED,
    }
    state = running.get(case.state, WatchState.ENDED)
    if state is WatchState.RUNNING and not case.HasField("due_at"):
        state = WatchState.PAUSED
    decided_at = case.decision.decided_at if case.HasField("decision") else None
    done_at = _at(decided_at, decided_at is not None and bool(decided_at.seconds))
    held = _holder(case)
    more = [*_law(case, done_at, held), *_steps(case), *_hearings(case)]
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
        done_at=done_at,
        version=case.version,
        more=tuple(clock for clock in more if state is not WatchState.PAUSED or clock.unstopped or not clock.runs),
        moved_at=_moved_at(case) if state is WatchState.RUNNING else None,
        person=held,
        window=case.window_number,
    )


def _holder(case: approval.Case) -> Person | None:
    """Who has the step that is under way; nobody while it waits to be taken."""
    step = next((each for each in case.steps if each.state in _UNDER_WAY and each.assignee_id), None)
    return None if step is None else Person(step.assignee_id, step.assignee_name)


def _law(case: approval.Case, done_at: datetime | None, held: Person | None) -> Iterator[Clock]:
    if case.HasField("statutory_due_at"):
        accepted_at, due_at = from_timestamp(case.accepted_at), from_timestamp(case.statutory_due_at)
        yield Clock(Trigger.LAW, accepted_at, due_at, done_at, person=held)
    if case.renewal.in_time:  # decided before the end of what it renews, or it counts as granted (许可法 50)
        accepted_at, due_at = from_timestamp(case.accepted_at), from_timestamp(case.renewal.decide_by)
        yield Clock(
            Trigger.LAW, accepted_at, due_at, done_at, key="renewal", title="延续决定", person=held, unstopped=True
        )


def _steps(case: approval.Case) -> Iterator[Clock]:
    """The clocks of steps that have days of their own, each time that a step is done anew."""
    stood = tuple(
        Pause(from_timestamp(getattr(each, "from")), _at(each.to, each.HasField("to")), each.kind or "特别程序")
        for each in case.pauses
    )
    for position, step in enumerate(case.steps, 1):
        if not step.days or not step.HasField("opened_at") or step.state not in (*_UNDER_WAY, *_DONE):
            continue
        yield Clock(
            Trigger.STEP,
            from_timestamp(step.opened_at),
            done_at=from_timestamp(step.done_at) if step.state in _DONE else None,
            key=f"{position}" if not step.returns else f"{position}.{step.returns}",
            title=step.name,
            person=Person(step.assignee_id, step.assignee_name) if step.assignee_id else None,
            days=step.days,
            pauses=stood,
        )


def _hearings(case: approval.Case) -> Iterator[Clock]:
    """To call those whom a hearing concerns, and to hold it: nothing stops that (许可法 47, 48).

    To ask for it is the applicant's, who is warned of nothing here.
    """
    for position, step in enumerate(case.steps, 1):
        course = step.hearing
        if not course.told_on or step.state not in (*_UNDER_WAY, *_DONE):
            continue
        person = Person(step.assignee_id, step.assignee_name) if step.assignee_id else None
        done = _end_of(step.record.held_on) or _at(step.record.recorded_at, step.HasField("record"))
        for key, what, since, until, at in (
            ("notice", "听证通知", course.told_on, course.notify_by, _end_of(course.notified_on) or done),
            ("hearing", "组织听证", course.asked_on, course.hold_by, done),
        ):
            if since and until:
                yield Clock(
                    Trigger.STEP,
                    local_instant(date.fromisoformat(since)),
                    _end_of(until),
                    at,
                    key=f"{position}.{key}",
                    title=f"{step.name}（{what}）",
                    person=person,
                    unstopped=True,
                )


def _end_of(day: str) -> datetime | None:
    """The last instant of an ISO day; ``None`` where there is none."""
    return local_instant(date.fromisoformat(day), 1440) - timedelta(milliseconds=1) if day else None


def _moved_at(case: approval.Case) -> datetime:
    """When anything was last done in a case."""
    moments = [case.accepted_at]
    for step in case.steps:
        told = (step.opened_at, step.claimed_at, step.done_at, step.record.recorded_at)
        moments += [*told, *(signature.at for signature in step.signatures), step.answer.answered_at]
    moments += [pause.to for pause in case.pauses]
    return max(from_timestamp(moment) for moment in moments if moment.seconds)


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


def commitment_sighting(event: Any) -> Sighting | None:
    """A commitment's clock is its department's, to verify it; it stands while the person puts something right (rules D04).

    ``None`` where an application wasn't accepted on one.
    """
    it: intake.Application = event.application
    made = it.undertaking
    if not made.HasField("verify_by"):
        return None
    states = {
        commitments.UNDERTAKING_STATE_VERIFYING: WatchState.RUNNING,
        commitments.UNDERTAKING_STATE_CORRECTING: WatchState.PAUSED,
    }
    return Sighting(
        kind=SubjectKind.COMMITMENT,
        id=it.id,
        number=it.number,
        title=f"告知承诺核查：{it.item_name}",
        center_id=it.center_id,
        department_key=it.department_key,
        journey=it.journey,
        state=states.get(made.state, WatchState.ENDED),
        started_at=from_timestamp(it.accepted_at),
        due_at=from_timestamp(made.verify_by),
        done_at=from_timestamp(made.findings[0].found_at) if made.findings else None,
        version=it.version,
    )


def _done(state: WatchState, answered_at: Timestamp, answered: bool) -> datetime | None:
    """When it was answered; an answer that was sent back or didn't satisfy doesn't count while the clock runs."""
    return None if state is WatchState.RUNNING else _at(answered_at, answered)


def _at(timestamp: Timestamp | None, is_set: bool) -> datetime | None:
    return from_timestamp(timestamp) if timestamp is not None and is_set else None
