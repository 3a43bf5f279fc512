"""What came of what citizens said elsewhere, and what is in dispute, as this site's complaint and evaluation tell it."""

from __future__ import annotations

from kit.consumer import Delivery, Subscription
from kit.events import event_type, topic_of
from services.federation.domain.feedback import Conclusion
from services.federation.handlers import disputes, feedback
from services.federation.handlers.room import Room
from tongban.complaint.v1 import events_pb2 as complaint
from tongban.evaluation.v1 import events_pb2 as evaluation

#: Of one that stays unknown, and of words that a rule wants and nobody wrote.
_UNSAID = "未填写"


def subscription(room: Room) -> Subscription:
    """Their outcomes go to the end where it was said (rules Q05, R04); what is complained about keeps its files."""

    def closed(delivery: Delivery) -> None:
        _conclude(room, delivery, delivery.read(complaint.ForwardedComplaintClosed))

    def concluded(delivery: Delivery) -> None:
        _conclude(room, delivery, delivery.read(evaluation.ForwardedEvaluationConcluded))

    def disputed(delivery: Delivery) -> None:
        said = delivery.read(complaint.ComplaintFiled).complaint
        disputes.opened(room=room, call=delivery.call, complaint_id=said.id, journey=said.journey)

    def settled(delivery: Delivery) -> None:
        disputes.closed(room=room, complaint_id=delivery.read(complaint.ComplaintClosed).complaint.id)

    return Subscription(
        "federation.feedback",
        [topic_of("complaint"), topic_of("evaluation")],
        {
            event_type("complaint", "ComplaintFiled"): disputed,
            event_type("complaint", "ComplaintReopened"): disputed,
            event_type("complaint", "ComplaintClosed"): settled,
            event_type("complaint", "ForwardedComplaintClosed"): closed,
            event_type("evaluation", "ForwardedEvaluationConcluded"): concluded,
        },
    )


def _conclude(
    room: Room,
    delivery: Delivery,
    message: complaint.ForwardedComplaintClosed | evaluation.ForwardedEvaluationConcluded,
) -> None:
    said = Conclusion(
        message.findings or _UNSAID,
        message.measures,
        message.concluded_by,
        delivery.call.now,
        message.callback_note or _UNSAID,
    )
    feedback.conclude_by_itself(
        room=room,
        call=delivery.call,
        feedback_id=message.feedback_id,
        said=said,
        mark=delivery.mark(),
    )
