"""What events of cases that several sites handle together are called in a journey: text, staff's note, public or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kit.timestamps import from_timestamp
from kit.workdays import local_text
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import standards_pb2 as standards
from tongban.federation.v1 import urging_pb2 as urging

_KINDS: Final = {parts.PART_KIND_JOINT: "联办环节", parts.PART_KIND_SENT_UP: "上报件"}
_OUTCOMES: Final = {parts.PART_OUTCOME_AGREED: "同意", parts.PART_OUTCOME_REFUSED: "不同意"}
_VERBS: Final = {
    parts.VERB_HAND_IN: "提交补充材料",
    parts.VERB_WITHDRAW: "撤回",
    parts.VERB_CLOSE: "办结",
}
_URGINGS: Final = {
    urging.URGING_KIND_URGE: "催办",
    urging.URGING_KIND_SUPERVISE: "督办",
    urging.URGING_KIND_CONSULT: "会商",
}
_FEEDBACK: Final = {urging.FEEDBACK_KIND_EVALUATION: "评价", urging.FEEDBACK_KIND_COMPLAINT: "投诉"}
_STANDARDS: Final = {
    standards.STANDARD_KIND_ITEM: "事项标准",
    standards.STANDARD_KIND_POLICY: "参数标准",
    standards.STANDARD_KIND_CALENDAR: "日历标准",
}

_Text = str | Callable[[Any], str]


def _part(words: str) -> Callable[[Any], str]:
    return lambda e: f"{_KINDS.get(e.part.kind, '协办件')}{words}：{e.part.title}"


def _answered(e: Any) -> str:
    return f"{_KINDS.get(e.part.kind, '协办件')}答复：{e.part.title}，{_OUTCOMES.get(e.part.answer.outcome, '已答复')}"


def _due(e: Any) -> str:
    clock = e.part.clock if e.part.HasField("clock") else e.part.review.clock
    return f"{_KINDS.get(e.part.kind, '协办件')}期限调整为 {local_text(from_timestamp(clock.due_at))}"


def _merged(e: Any) -> str:
    return f"联办合并答复 {e.joint.number}：{_OUTCOMES.get(e.joint.merged.outcome, '已答复')}"


def _late(e: Any) -> str:
    titles = {part.part_id: part.title for part in e.joint.parts}
    return f"联办环节超期，催办：{titles.get(e.part_id, e.part_id)}"


def _command(words: str) -> Callable[[Any], str]:
    return lambda e: f"{words}主办站点：{_VERBS.get(e.command.verb, '变更')}"


def _urging(words: str) -> Callable[[Any], str]:
    return lambda e: f"{_URGINGS.get(e.urging.kind, '催办')}{words}：{e.urging.title}"


def _feedback(words: str) -> Callable[[Any], str]:
    return lambda e: f"{_FEEDBACK.get(e.feedback.kind, '评价')}{words}：{e.feedback.item_name}"


def _standard(words: str) -> Callable[[Any], str]:
    return lambda e: (
        f"{_STANDARDS.get(e.standard.kind, '标准')}{words}：{e.standard.title}（第 {e.standard.number} 版）"
    )


#: In the order of such a case's life. Citizens see where their case went and what was said; the rest is for staff.
COOPERATION: Final[Mapping[str, tuple[_Text, _Text, bool]]] = {
    "PartOpened": (_part("开始审查"), "", False),
    "JointOpened": ("多地联办 {e.joint.number}：{e.joint.item_name}", "", True),
    "PartOffered": (_part("发往其他站点"), "{e.part.handled_at.site}", True),
    "PartAskedBack": (_part("请求撤回"), "", False),
    "PartArrived": (_part("由其他站点发来"), "{e.part.asked_by.site}", False),
    "PartTaken": (_part("接收办理"), "", True),
    "PartDeclined": (_part("未接收"), "", False),
    "PartReturned": (_part("被退回"), "{e.part.handled_at.site}", False),
    "PartMaterialsAsked": (_part("需要补充材料"), "", True),
    "PartMaterialsHandedIn": (_part("补充材料已提交"), "", True),
    "PartDeadlineRecomputed": (_due, "{e.reason}", False),
    "PartAnswered": (_answered, "", True),
    "PartFollowed": (_part("有新进展"), "{e.part.ownership.owner}", False),
    "PartApplicantShown": ("查看协办件申请人信息", "{e.purpose}", False),
    "PartClosed": (_part("办结"), "", False),
    "PartWithdrawn": (_part("撤回"), "", True),
    "FeedbackHandedOn": (_feedback("由其他站点转来"), "", False),
    "CaseStepAnswered": ("其他站点的答复写入办件", "{e.site} {e.answered_by}", False),
    "CaseStepReturned": ("其他站点不再办理", "{e.reason}", False),
    "CommandAsked": (_command("请求"), "{e.command.owner}", False),
    "CommandAnswered": (_command("答复自"), "{e.command.code}", False),
    "JointFollowed": ("联办环节有新进展 {e.joint.number}", "", False),
    "JointPartLate": (_late, "", False),
    "JointMerged": (_merged, "", True),
    "JointWithdrawn": ("多地联办撤回 {e.joint.number}", "", True),
    "UrgingAsked": (_urging("发出"), "{e.urging.asked_of.site}", False),
    "UrgingArrived": (_urging("收到"), "{e.urging.asked_by.site}", False),
    "UrgingAnswered": (_urging("答复"), "", False),
    "UrgingSentBack": (_urging("退回重办"), "", False),
    "UrgingClosed": (_urging("办结"), "", False),
    "FeedbackForwarded": (_feedback("转往办理站点"), "{e.feedback.concerns.site}", False),
    "FeedbackArrived": (_feedback("由其他站点转来"), "{e.feedback.given_at.site}", False),
    "FeedbackConcluded": (_feedback("办结"), "", False),
    "FeedbackContactShown": ("查看回访联系方式", "{e.purpose}", False),
    "StandardIssued": (_standard("发布"), "", False),
    "StandardReceived": (_standard("接收"), "{e.standard.issued_by}", False),
    "StandardLocalised": (_standard("本地化"), "", False),
    "FiguresReported": ("日报 {e.figures.day} 第 {e.figures.number} 版", "{e.figures.center_id}", False),
    "FiguresReceived": ("收到日报 {e.figures.day} 第 {e.figures.number} 版", "{e.figures.site}", False),
}
