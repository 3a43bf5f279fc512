"""What went to and fro between sites about a case (rules P01, P03, K07)."""

from __future__ import annotations

from typing import Any, Final

from kit.events import Event
from services.archive.events.rule import Concerns, Rule, Said
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import urging_pb2 as urgings

_OUTCOMES: Final = {parts.PART_OUTCOME_AGREED: "同意", parts.PART_OUTCOME_REFUSED: "不同意"}
_URGINGS: Final = {
    urgings.URGING_KIND_URGE: "催办",
    urgings.URGING_KIND_SUPERVISE: "督办",
    urgings.URGING_KIND_CONSULT: "会商",
}


def _here(event: Event, site: str) -> bool:
    return site == event.source.partition("/")[0]


def _of_part(event: Event, message: Any) -> Concerns:
    """Of the site that asked for it: the case is there."""
    return Concerns(case_id=message.part.case_id) if _here(event, message.part.asked_by.site) else Concerns()


def _of_joint(event: Event, message: Any) -> Concerns:
    joint = message.joint
    if not _here(event, joint.place.site):
        return Concerns()
    return Concerns(case_id=joint.case_id) if joint.case_id else Concerns(journey=joint.journey)


def _of_urging(event: Event, message: Any) -> Concerns:
    """Where it was asked; who is asked has a part, and no case."""
    return Concerns(journey=message.urging.journey) if _here(event, message.urging.asked_by.site) else Concerns()


def _of_crossing(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.crossing.application_id)


def _part(message: Any) -> Said:
    part = message.part
    return (("事项", part.title), ("编号", part.number), ("办理站点", part.ownership.owner), ("说明", part.reason))


def _answered(message: Any) -> Said:
    answer = message.part.answer
    return (*_part(message), ("结论", _OUTCOMES.get(answer.outcome, "")), ("意见", answer.opinion))


def _joint(message: Any) -> Said:
    joint = message.joint
    return (
        ("编号", joint.number),
        ("分办", "、".join(f"{each.title}（{each.place.site}）" for each in joint.parts)),
        ("结论", _OUTCOMES.get(joint.merged.outcome, "")),
        ("意见", joint.merged.opinion),
        ("汇总人", joint.merged.merged_by),
        ("说明", joint.reason),
    )


def _urging(message: Any) -> Said:
    urging = message.urging
    last = urging.turns[-1] if urging.turns else urgings.Turn()
    return (
        ("方式", _URGINGS.get(urging.kind, "")),
        ("事由", urging.title),
        ("对方站点", urging.asked_of.site),
        ("内容", last.text),
        ("具名", last.by),
    )


def _crossing(message: Any) -> Said:
    crossing = message.crossing
    said = (("跨域编号", crossing.number), ("代收点", crossing.collecting_center_name))
    return (*said, ("理由", getattr(message, "reason", "")))


FEDERATION: Final[dict[str, Rule]] = {
    "PartOffered": Rule("联办件送出", _of_part, _part),
    "PartReturned": Rule("联办站点未接收", _of_part, _part),
    "PartAskedBack": Rule("要求撤回联办件", _of_part, _part),
    "PartMaterialsAsked": Rule("联办站点要求补充材料", _of_part, _part),
    "PartMaterialsHandedIn": Rule("向联办站点补充材料", _of_part, _part),
    "PartAnswered": Rule("联办站点答复", _of_part, _answered),
    "PartClosed": Rule("联办件办结", _of_part, _part),
    "PartWithdrawn": Rule("联办件撤回", _of_part, _part),
    "JointOpened": Rule("多地联办发起", _of_joint, _joint),
    "JointMerged": Rule("多地联办汇总", _of_joint, _joint),
    "JointWithdrawn": Rule("多地联办撤回", _of_joint, _joint),
    "UrgingAsked": Rule("向其他站点催办、督办或会商", _of_urging, _urging),
    "UrgingAnswered": Rule("其他站点答复", _of_urging, _urging),
    "UrgingClosed": Rule("催办、督办或会商办结", _of_urging, _urging),
    "CrossingSupplementArrived": Rule("代收点送来补正材料", _of_crossing, _crossing),
    "CrossingWithdrawalArrived": Rule("代收点转来撤回申请", _of_crossing, _crossing),
    "CrossingHandOverArrived": Rule("代收点已送达结果", _of_crossing, _crossing),
}
