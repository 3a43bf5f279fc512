"""What applicants say of how they were served, and what came of it (rules J05, Q05)."""

from __future__ import annotations

from typing import Any, Final

from kit.events import Event
from services.archive.events.rule import Concerns, Rule, Said
from tongban.complaint.v1 import messages_pb2 as complaint_messages
from tongban.evaluation.v1 import messages_pb2 as evaluation_messages

_LEVELS: Final = {
    evaluation_messages.LEVEL_VERY_SATISFIED: "非常满意",
    evaluation_messages.LEVEL_SATISFIED: "满意",
    evaluation_messages.LEVEL_FAIRLY_SATISFIED: "基本满意",
    evaluation_messages.LEVEL_DISSATISFIED: "不满意",
    evaluation_messages.LEVEL_VERY_DISSATISFIED: "非常不满意",
}
_TOPICS: Final = {
    complaint_messages.TOPIC_ATTITUDE: "服务态度",
    complaint_messages.TOPIC_EFFICIENCY: "办事效率",
    complaint_messages.TOPIC_LAWFULNESS: "依法行政",
    complaint_messages.TOPIC_INTEGRITY: "廉政",
    complaint_messages.TOPIC_FEE: "收费",
}
_LIABLE: Final = {"department": "部门", "center": "中心", "shared": "部门和中心", "none": "不成立"}


def _of_evaluation(event: Event, message: Any) -> Concerns:
    evaluation = message.evaluation
    if evaluation.subject_kind == evaluation_messages.SUBJECT_KIND_CASE:
        return Concerns(case_id=evaluation.subject_id)
    if evaluation.subject_kind == evaluation_messages.SUBJECT_KIND_VISIT:
        return Concerns(journey=evaluation.journey)
    return Concerns()


def _of_rectification(event: Event, message: Any) -> Concerns:
    return Concerns(journey=message.rectification.journey)


def _of_complaint(event: Event, message: Any) -> Concerns:
    complaint = message.complaint
    if complaint.from_site:
        return Concerns()  # about a case of that site's
    return Concerns(case_id=complaint.case_id) if complaint.case_id else Concerns(journey=complaint.journey)


def _evaluation(message: Any) -> Said:
    evaluation = message.evaluation
    return (("评价", _LEVELS.get(evaluation.level, "")), ("标签", "、".join(evaluation.tags)))


def _rectification(message: Any) -> Said:
    rectification = message.rectification
    return (("调查", rectification.findings), ("整改", rectification.measures), ("复查", rectification.review_note))


def _complaint(message: Any) -> Said:
    complaint = message.complaint
    return (("编号", complaint.number), ("问题", _TOPICS.get(complaint.topic, "其他")))


def _outcome(message: Any) -> Said:
    """What people wrote isn't told to other services; how it ended is."""
    complaint = message.complaint
    liable = _LIABLE.get(complaint.liability, complaint.liability)
    return (*_complaint(message), ("责任认定", liable), ("承办部门", complaint.assignee_department))


def _called_back(message: Any) -> Said:
    return (*_outcome(message), ("回访", "满意" if message.complaint.satisfied else "不满意"))


EVALUATIONS: Final[dict[str, Rule]] = {
    "EvaluationSubmitted": Rule("好差评", _of_evaluation, _evaluation),
    "RectificationClosed": Rule("差评整改", _of_rectification, _rectification),
}
COMPLAINTS: Final[dict[str, Rule]] = {
    "ComplaintFiled": Rule("投诉", _of_complaint, _complaint),
    "ComplaintInvestigated": Rule("投诉调查认定", _of_complaint, _outcome),
    "ComplaintAnswered": Rule("投诉已答复", _of_complaint, _complaint),
    "ComplaintCalledBack": Rule("投诉回访", _of_complaint, _called_back),
    "ComplaintClosed": Rule("投诉办结", _of_complaint, _outcome),
    "ComplaintReopened": Rule("投诉重新办理", _of_complaint, _complaint),
}
