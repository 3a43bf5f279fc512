"""Events out with their messages, and what evaluation listens to."""

from __future__ import annotations

from kit.consumer import Delivery, Subscription
from kit.events import Mapped, event_type, topic_of
from kit.timestamps import to_timestamp
from services.evaluation import handlers
from services.evaluation.domain.evaluation import (
    Channel,
    Evaluation,
    EvaluationExpired,
    EvaluationInvited,
    EvaluationState,
    EvaluationSubmitted,
    ForwardedEvaluationConcluded,
    Judgement,
    Level,
    Subject,
    SubjectKind,
)
from services.evaluation.domain.rectification import (
    Rectification,
    RectificationAnswered,
    RectificationAssigned,
    RectificationClosed,
    RectificationDeadlineRecomputed,
    RectificationOpened,
    RectificationSentBack,
    RectificationState,
)
from services.evaluation.handlers import Desk
from services.evaluation.handlers.calendar import recounting
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.evaluation.v1 import events_pb2, messages_pb2
from tongban.federation.v1 import feedback_events_pb2 as federation
from tongban.federation.v1 import urging_pb2 as urging
from tongban.queuing.v1 import events_pb2 as queuing_events

TOPIC = topic_of("evaluation")

STATES = {
    EvaluationState.INVITED: messages_pb2.EVALUATION_STATE_INVITED,
    EvaluationState.SUBMITTED: messages_pb2.EVALUATION_STATE_SUBMITTED,
    EvaluationState.EXPIRED: messages_pb2.EVALUATION_STATE_EXPIRED,
}
SUBJECT_KINDS = {
    SubjectKind.VISIT: messages_pb2.SUBJECT_KIND_VISIT,
    SubjectKind.CASE: messages_pb2.SUBJECT_KIND_CASE,
    SubjectKind.ELSEWHERE: messages_pb2.SUBJECT_KIND_ELSEWHERE,
}
LEVELS = {
    Level.VERY_SATISFIED: messages_pb2.LEVEL_VERY_SATISFIED,
    Level.SATISFIED: messages_pb2.LEVEL_SATISFIED,
    Level.FAIRLY_SATISFIED: messages_pb2.LEVEL_FAIRLY_SATISFIED,
    Level.DISSATISFIED: messages_pb2.LEVEL_DISSATISFIED,
    Level.VERY_DISSATISFIED: messages_pb2.LEVEL_VERY_DISSATISFIED,
}
RECTIFICATION_STATES = {
    RectificationState.OPEN: messages_pb2.RECTIFICATION_STATE_OPEN,
    RectificationState.ANSWERED: messages_pb2.RECTIFICATION_STATE_ANSWERED,
    RectificationState.CLOSED: messages_pb2.RECTIFICATION_STATE_CLOSED,
}


def evaluation_message(evaluation: Evaluation) -> messages_pb2.Evaluation:
    """An evaluation as it is told and shown."""
    subject, judgement = evaluation.subject, evaluation.judgement
    message = messages_pb2.Evaluation(
        id=evaluation.id,
        center_id=subject.center_id,
        subject_kind=SUBJECT_KINDS[subject.kind],
        subject_id=subject.id,
        item_name=subject.item_name,
        department_key=subject.department_key,
        window_number=subject.window_number,
        staff_id=subject.staff_id,
        staff_name=subject.staff_name,
        state=STATES[evaluation.state],
        invited_at=to_timestamp(evaluation.invited_at),
        submitted_at=to_timestamp(evaluation.submitted_at),
        expires_at=to_timestamp(evaluation.expires_at),
        code=subject.code,
        journey=subject.journey,
        rectification_id=evaluation.rectification_id,
        version=evaluation.version,
        named=subject.named,
    )
    if judgement is not None:
        message.level = LEVELS[judgement.level]
        message.tags.extend(judgement.tags)
        message.comment = judgement.comment
        message.channel = judgement.channel
    return message


def rectification_message(rectification: Rectification) -> messages_pb2.Rectification:
    """A rectification as it is told and shown."""
    message = messages_pb2.Rectification(
        id=rectification.id,
        evaluation_id=rectification.evaluation_id,
        center_id=rectification.center_id,
        state=RECTIFICATION_STATES[rectification.state],
        owner_department=rectification.owner.department,
        owner_staff_id=rectification.owner.staff_id,
        owner_staff_name=rectification.owner.staff_name,
        opened_at=to_timestamp(rectification.opened_at),
        due_at=to_timestamp(rectification.due_at),
        due_provisional=rectification.due_provisional,
        review_note=rectification.review_note,
        answered_at=to_timestamp(rectification.answered_at),
        closed_at=to_timestamp(rectification.closed_at),
        journey=rectification.journey,
        version=rectification.version,
        level=LEVELS[rectification.level],
        item_name=rectification.item_name,
        sent_back=rectification.sent_back,
        named=rectification.named,
    )
    if rectification.answer is not None:
        message.findings = rectification.answer.findings
        message.measures = rectification.answer.measures
        message.callback_note = rectification.answer.callback_note
    return message


def invitation_message(evaluation: Evaluation) -> messages_pb2.Evaluation:
    """An evaluation as the holder of its code sees it: who served by name, not by the account."""
    message = evaluation_message(evaluation)
    message.ClearField("staff_id")
    return message


def listed_evaluation(evaluation: Evaluation) -> messages_pb2.Evaluation:
    """An evaluation as staff see it: without the code, so that nobody judges in its holder's place."""
    message = evaluation_message(evaluation)
    message.ClearField("code")
    return message


def told_evaluation(evaluation: Evaluation) -> messages_pb2.Evaluation:
    """An evaluation as other services are told of it: without the comment, which may hold anything of anybody."""
    message = evaluation_message(evaluation)
    message.ClearField("comment")
    return message


def told_rectification(rectification: Rectification) -> messages_pb2.Rectification:
    """A rectification as other services are told of it: without what people wrote."""
    message = rectification_message(rectification)
    message.ClearField("findings")
    message.ClearField("measures")
    message.ClearField("callback_note")
    message.ClearField("review_note")
    return message


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_evaluation(
    message: type[events_pb2.EvaluationInvited | events_pb2.EvaluationSubmitted | events_pb2.EvaluationExpired],
) -> Mapped:
    return Mapped(
        subject=lambda event: event.evaluation.id,
        journey=lambda event: event.evaluation.subject.journey,
        message=lambda event: message(evaluation=told_evaluation(event.evaluation)),
    )


def _of_rectification(
    message: type[
        events_pb2.RectificationOpened
        | events_pb2.RectificationAssigned
        | events_pb2.RectificationAnswered
        | events_pb2.RectificationSentBack
        | events_pb2.RectificationClosed
    ],
) -> Mapped:
    return Mapped(
        subject=lambda event: event.rectification.id,
        journey=lambda event: event.rectification.journey,
        message=lambda event: message(rectification=told_rectification(event.rectification)),
    )


def _forwarded_concluded(event: ForwardedEvaluationConcluded) -> events_pb2.ForwardedEvaluationConcluded:
    subject = event.evaluation.subject
    return events_pb2.ForwardedEvaluationConcluded(
        feedback_id=subject.id,
        center_id=subject.center_id,
        findings=event.findings,
        measures=event.measures,
        callback_note=event.callback_note,
        concluded_by=event.concluded_by,
    )


def _recomputed(event: RectificationDeadlineRecomputed) -> events_pb2.RectificationDeadlineRecomputed:
    return events_pb2.RectificationDeadlineRecomputed(
        rectification=told_rectification(event.rectification),
        old_due_at=to_timestamp(event.old_due_at),
        reason=event.reason,
    )


TABLE = {
    RectificationDeadlineRecomputed: Mapped(
        subject=lambda event: event.rectification.id,
        journey=lambda event: event.rectification.journey,
        message=_recomputed,
    ),
    EvaluationInvited: _of_evaluation(events_pb2.EvaluationInvited),
    EvaluationSubmitted: _of_evaluation(events_pb2.EvaluationSubmitted),
    ForwardedEvaluationConcluded: Mapped(
        subject=lambda event: event.evaluation.id,
        journey=lambda event: event.evaluation.subject.journey,
        message=_forwarded_concluded,
    ),
    EvaluationExpired: _of_evaluation(events_pb2.EvaluationExpired),
    RectificationOpened: _of_rectification(events_pb2.RectificationOpened),
    RectificationAssigned: _of_rectification(events_pb2.RectificationAssigned),
    RectificationAnswered: _of_rectification(events_pb2.RectificationAnswered),
    RectificationSentBack: _of_rectification(events_pb2.RectificationSentBack),
    RectificationClosed: _of_rectification(events_pb2.RectificationClosed),
}


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def subscriptions(desk: Desk) -> list[Subscription]:
    """Services that end invite their users; negative evaluations open rectifications."""

    def invite_visitor(delivery: Delivery) -> None:
        ticket = delivery.read(queuing_events.TicketFinished).ticket
        subject = Subject(
            kind=SubjectKind.VISIT,
            id=ticket.id,
            center_id=ticket.center_id,
            item_name=ticket.item_name,
            department_key=ticket.department_key,
            window_number=ticket.window_number,
            staff_id=ticket.staff_id,
            staff_name=ticket.staff_name,
            journey=delivery.event.journey,
            code=ticket.code,
            named=bool(ticket.holder_masked or ticket.id_number_masked),
        )
        handlers.invite_user(desk=desk, call=delivery.call, subject=subject, mark=delivery.mark())

    def invite_applicant(delivery: Delivery) -> None:
        case = delivery.read(approval_events.ResultDelivered).case
        if case.ticket_id:
            return  # handed in on a visit, which has its own evaluation
        subject = Subject(
            kind=SubjectKind.CASE,
            id=case.id,
            center_id=case.center_id,
            item_name=case.item_name,
            department_key=case.department_key,
            window_number="",
            staff_id=case.responsible_staff_id or case.decision.decided_by_id,
            staff_name=case.responsible_staff_name or case.decision.decided_by_name,
            journey=delivery.event.journey,
            code=case.code,
            named=bool(case.applicant_masked),
        )
        handlers.invite_user(desk=desk, call=delivery.call, subject=subject, mark=delivery.mark())

    def open_rectification(delivery: Delivery) -> None:
        evaluation = delivery.read(events_pb2.EvaluationSubmitted).evaluation
        if evaluation.rectification_id:
            handlers.open_rectification(
                desk=desk, call=delivery.call, evaluation_id=evaluation.id, mark=delivery.mark()
            )

    def handed_on(delivery: Delivery) -> None:
        said = delivery.read(federation.FeedbackHandedOn).feedback
        if said.kind != urging.FEEDBACK_KIND_EVALUATION:
            return
        subject = Subject(
            kind=SubjectKind.ELSEWHERE,
            id=said.id,
            center_id=said.concerns.center_id,
            item_name=said.item_name,
            department_key=said.concerns.department_key,
            window_number="",
            staff_id="",
            staff_name="",
            journey=said.journey,
            code=f"{SubjectKind.ELSEWHERE}-{said.id}",
            named=said.named,
        )
        judgement = Judgement(Level(said.level), (), said.text, Channel.ELSEWHERE)
        handlers.take_forwarded(
            desk=desk, call=delivery.call, subject=subject, judgement=judgement, mark=delivery.mark()
        )

    return [
        Subscription(
            "evaluation.elsewhere",
            (topic_of("federation"),),
            {event_type("federation", "FeedbackHandedOn"): handed_on},
        ),
        Subscription(
            "evaluation.invitations",
            (topic_of("queuing"), topic_of("approval_routing")),
            {
                event_type("queuing", "TicketFinished"): invite_visitor,
                event_type("approval_routing", "ResultDelivered"): invite_applicant,
            },
        ),
        Subscription(
            "evaluation.rectifications", (TOPIC,), {event_type("evaluation", "EvaluationSubmitted"): open_rectification}
        ),
        recounting(desk).subscription(),
    ]
