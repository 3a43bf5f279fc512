"""What evaluation, complaint and federation say of cases: lines of a file that others began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kit.events import Event
from services.archive.domain.case_file import Told
from services.archive.domain.entries import Draft, EntryKind, Origin
from tongban.complaint.v1 import messages_pb2 as complaint_messages
from tongban.evaluation.v1 import messages_pb2 as evaluation_messages


@dataclass(frozen=True, slots=True)
class Concerns:
    """Which files an event belongs to: a case of this site, or all of a visit. Both empty: none."""

    case_id: str = ""
    journey: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one event is written into files."""

    title: str
    concerns: Callable[[Event, Any], Concerns]
    said: Callable[[Any], tuple[tuple[str, str], ...]]

    def told(self, event: Event, message: Any) -> Told:
        """Its line."""
        text = "\n".join(f"{name}：{value}" for name, value in self.said(message) if value)
        draft = Draft(
            event.id, EntryKind.MESSAGE, self.title, event.at, Origin.TEXT, by_name=event.actor_name, text=text
        )
        return Told(drafts=(draft,))


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


# ── Which files ──────────────────────────────────────────────────────────────────────────────────────────────


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


def _of_part(event: Event, message: Any) -> Concerns:
    """Of the site that asked for it: the case is there."""
    asked_here = message.part.asked_by.site == event.source.partition("/")[0]
    return Concerns(case_id=message.part.case_id) if asked_here else Concerns()


def _of_bill(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.bill.id)


def _of_crossing(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.crossing.application_id)


# ── What they say ────────────────────────────────────────────────────────────────────────────────────────────


def _evaluation(message: Any) -> tuple[tuple[str, str], ...]:
    evaluation = message.evaluation
    return (("评价", _LEVELS.get(evaluation.level, "")), ("标签", "、".join(evaluation.tags)))


def _rectification(message: Any) -> tuple[tuple[str, str], ...]:
    rectification = message.rectification
    return (("调查", rectification.findings), ("整改", rectification.measures), ("复查", rectification.review_note))


def _complaint(message: Any) -> tuple[tuple[str, str], ...]:
    complaint = message.complaint
    return (("编号", complaint.number), ("问题", _TOPICS.get(complaint.topic, "其他")))


def _part(message: Any) -> tuple[tuple[str, str], ...]:
    part = message.part
    return (("事项", part.title), ("编号", part.number), ("办理站点", part.ownership.owner))


def _bill(message: Any) -> tuple[tuple[str, str], ...]:
    bill = message.bill
    return (
        ("应缴（元）", f"{bill.total_fen / 100:.2f}"),
        ("缴费凭证", bill.receipt_number),
        ("减免理由", bill.waiver_reason),
        ("减免依据", bill.waiver_basis),
    )


def _crossing(message: Any) -> tuple[tuple[str, str], ...]:
    crossing = message.crossing
    return (("跨域编号", crossing.number), ("代收点", crossing.collecting_center_name))


#: Events by service that become lines of files.
FOLLOWED: Final[dict[str, dict[str, Rule]]] = {
    "evaluation": {
        "EvaluationSubmitted": Rule("好差评", _of_evaluation, _evaluation),
        "RectificationClosed": Rule("差评整改", _of_rectification, _rectification),
    },
    "complaint": {
        "ComplaintFiled": Rule("投诉", _of_complaint, _complaint),
        "ComplaintAnswered": Rule("投诉已答复", _of_complaint, _complaint),
        "ComplaintClosed": Rule("投诉办结", _of_complaint, _complaint),
        "ComplaintReopened": Rule("投诉重新办理", _of_complaint, _complaint),
    },
    "fees": {
        "BillComputed": Rule("核算费用", _of_bill, _bill),
        "BillPaid": Rule("缴费", _of_bill, _bill),
        "BillWaived": Rule("减免费用", _of_bill, _bill),
        "PaymentRefunded": Rule("退费", _of_bill, _bill),
    },
    "federation": {
        "PartOffered": Rule("联办件送出", _of_part, _part),
        "PartMaterialsAsked": Rule("联办站点要求补充材料", _of_part, _part),
        "PartMaterialsHandedIn": Rule("向联办站点补充材料", _of_part, _part),
        "PartAnswered": Rule("联办站点答复", _of_part, _part),
        "PartWithdrawn": Rule("联办件撤回", _of_part, _part),
        "CrossingSupplementArrived": Rule("代收点送来补正材料", _of_crossing, _crossing),
        "CrossingHandOverArrived": Rule("代收点已送达结果", _of_crossing, _crossing),
    },
}
