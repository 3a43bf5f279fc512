"""Events out with their messages, and in: what citizens said at other sites."""

from __future__ import annotations

from kit.consumer import Delivery, Subscription
from kit.events import Mapped, event_type, topic_of
from kit.privacy import mask_name, mask_phone
from kit.timestamps import to_timestamp
from services.complaint.domain import (
    ComplainantShown,
    Complaint,
    ComplaintAnswered,
    ComplaintAssigned,
    ComplaintCalledBack,
    ComplaintClosed,
    ComplaintDeadlineRecomputed,
    ComplaintFiled,
    ComplaintInvestigated,
    ComplaintReopened,
    ComplaintState,
    ForwardedComplaintClosed,
    Source,
    Topic,
)
from services.complaint.handlers.forwarded import Forwarded, file_forwarded
from services.complaint.handlers.room import ComplaintRoom
from tongban.complaint.v1 import events_pb2, messages_pb2
from tongban.federation.v1 import feedback_events_pb2 as federation
from tongban.federation.v1 import urging_pb2 as urging

STATES = {
    ComplaintState.FILED: messages_pb2.COMPLAINT_STATE_FILED,
    ComplaintState.ASSIGNED: messages_pb2.COMPLAINT_STATE_ASSIGNED,
    ComplaintState.INVESTIGATING: messages_pb2.COMPLAINT_STATE_INVESTIGATING,
    ComplaintState.ANSWERED: messages_pb2.COMPLAINT_STATE_ANSWERED,
    ComplaintState.CALLED_BACK: messages_pb2.COMPLAINT_STATE_CALLED_BACK,
    ComplaintState.CLOSED: messages_pb2.COMPLAINT_STATE_CLOSED,
}
SOURCES = {
    Source.PAGE: messages_pb2.SOURCE_PAGE,
    Source.PHONE: messages_pb2.SOURCE_PHONE,
    Source.VISIT: messages_pb2.SOURCE_VISIT,
    Source.INSPECTION: messages_pb2.SOURCE_INSPECTION,
    Source.ELSEWHERE: messages_pb2.SOURCE_ELSEWHERE,
}
TOPICS = {
    Topic.ATTITUDE: messages_pb2.TOPIC_ATTITUDE,
    Topic.EFFICIENCY: messages_pb2.TOPIC_EFFICIENCY,
    Topic.LAWFULNESS: messages_pb2.TOPIC_LAWFULNESS,
    Topic.INTEGRITY: messages_pb2.TOPIC_INTEGRITY,
    Topic.FEE: messages_pb2.TOPIC_FEE,
    Topic.OTHER: messages_pb2.TOPIC_OTHER,
}


def complaint_message(complaint: Complaint) -> messages_pb2.Complaint:
    """A complaint in full but for its complainant, who is masked (convention 13)."""
    message = messages_pb2.Complaint(
        id=complaint.id,
        number=complaint.number,
        center_id=complaint.center_id,
        source=SOURCES[complaint.source],
        topic=TOPICS[complaint.topic],
        state=STATES[complaint.state],
        text=complaint.text,
        anonymous=complaint.complainant is None,
        ticket_id=complaint.subject.ticket_id,
        case_id=complaint.subject.case_id,
        journey=complaint.subject.journey,
        filed_at=to_timestamp(complaint.filed_at),
        due_at=to_timestamp(complaint.promise.due_at),
        due_provisional=complaint.promise.provisional,
        findings=complaint.findings,
        liability=complaint.liability or "",
        answer=complaint.answer,
        answered_at=to_timestamp(complaint.answered_at),
        closed_at=to_timestamp(complaint.closed_at),
        reopened=complaint.reopened,
        reopen_reason=complaint.reopen_reason,
        code=complaint.code,
        taken_by_staff_id=complaint.taken_by,
        version=complaint.version,
        feedback_id=complaint.feedback_id,
        from_site=complaint.from_site,
    )
    if complaint.complainant is not None:
        message.complainant_masked = mask_name(complaint.complainant.name)
        message.phone_masked = mask_phone(complaint.complainant.phone)
    if complaint.assignee is not None:
        message.assignee_department = complaint.assignee.department
        message.assignee_staff_id = complaint.assignee.staff_id
        message.assignee_staff_name = complaint.assignee.staff_name
    if complaint.call_back is not None:
        message.satisfied = complaint.call_back.satisfied
        message.callback_note = complaint.call_back.note
    return message


def staff_message(complaint: Complaint) -> messages_pb2.Complaint:
    """A complaint as staff see it: without the code, which speaks for the complainant."""
    message = complaint_message(complaint)
    message.ClearField("code")
    return message


def progress_message(complaint: Complaint) -> messages_pb2.Complaint:
    """A complaint as its complainant sees it: who handles it and by when, without what staff wrote for themselves."""
    message = complaint_message(complaint)
    message.ClearField("findings")
    message.ClearField("liability")
    message.ClearField("callback_note")
    message.ClearField("assignee_staff_id")
    message.ClearField("taken_by_staff_id")
    return message


def told_message(complaint: Complaint) -> messages_pb2.Complaint:
    """A complaint as other services are told of it: without what people wrote, which may hold anything of anybody.

    The code is told only with a journey of the complaint's own, as supervision lets it open that journey.
    """
    message = complaint_message(complaint)
    if complaint.subject.joined:
        message.ClearField("code")
    message.ClearField("text")
    message.ClearField("findings")
    message.ClearField("answer")
    message.ClearField("callback_note")
    message.ClearField("reopen_reason")
    return message


def _of_complaint(
    message: type[
        events_pb2.ComplaintFiled
        | events_pb2.ComplaintAssigned
        | events_pb2.ComplaintInvestigated
        | events_pb2.ComplaintAnswered
        | events_pb2.ComplaintCalledBack
        | events_pb2.ComplaintClosed
        | events_pb2.ComplaintReopened
    ],
) -> Mapped:
    return Mapped(
        subject=lambda event: event.complaint.id,
        journey=lambda event: event.complaint.subject.journey,
        message=lambda event: message(complaint=told_message(event.complaint)),
    )


def _forwarded_closed(event: ForwardedComplaintClosed) -> events_pb2.ForwardedComplaintClosed:
    complaint = event.complaint
    said = complaint.call_back
    return events_pb2.ForwardedComplaintClosed(
        feedback_id=complaint.feedback_id,
        center_id=complaint.center_id,
        findings=complaint.findings,
        measures=complaint.answer,
        callback_note="" if said is None else f"{'满意' if said.satisfied else '不满意'}。{said.note}",
        concluded_by=event.concluded_by,
    )


def _recomputed(event: ComplaintDeadlineRecomputed) -> events_pb2.ComplaintDeadlineRecomputed:
    return events_pb2.ComplaintDeadlineRecomputed(
        complaint=told_message(event.complaint), old_due_at=to_timestamp(event.old_due_at), reason=event.reason
    )


TABLE = {
    ComplaintDeadlineRecomputed: Mapped(
        subject=lambda event: event.complaint.id,
        journey=lambda event: event.complaint.subject.journey,
        message=_recomputed,
    ),
    ComplaintFiled: _of_complaint(events_pb2.ComplaintFiled),
    ComplaintAssigned: _of_complaint(events_pb2.ComplaintAssigned),
    ComplaintInvestigated: _of_complaint(events_pb2.ComplaintInvestigated),
    ComplaintAnswered: _of_complaint(events_pb2.ComplaintAnswered),
    ComplaintCalledBack: _of_complaint(events_pb2.ComplaintCalledBack),
    ComplaintClosed: _of_complaint(events_pb2.ComplaintClosed),
    ForwardedComplaintClosed: Mapped(
        subject=lambda event: event.complaint.id,
        journey=lambda event: event.complaint.subject.journey,
        message=_forwarded_closed,
    ),
    ComplaintReopened: _of_complaint(events_pb2.ComplaintReopened),
    ComplainantShown: Mapped(
        subject=lambda event: event.showing.complaint_id,
        journey=lambda event: event.showing.journey,
        message=lambda event: events_pb2.ComplainantShown(
            complaint_id=event.showing.complaint_id,
            center_id=event.showing.center_id,
            purpose=event.showing.purpose,
        ),
    ),
}


def subscription(room: ComplaintRoom) -> Subscription:
    """Complaints that other sites forward, as they concern this one (rules R05)."""

    def handed_on(delivery: Delivery) -> None:
        said = delivery.read(federation.FeedbackHandedOn).feedback
        if said.kind == urging.FEEDBACK_KIND_COMPLAINT:
            forwarded = Forwarded(
                feedback_id=said.id,
                center_id=said.concerns.center_id,
                from_site=said.given_at.site,
                journey=said.journey,
                case_id=said.about,
                text=said.text,
                contact=said.contact if said.named else "",
            )
            file_forwarded(room=room, call=delivery.call, forwarded=forwarded, mark=delivery.mark())

    return Subscription(
        "complaint.elsewhere", [topic_of("federation")], {event_type("federation", "FeedbackHandedOn"): handed_on}
    )
