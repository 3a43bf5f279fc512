"""What events of crossings are called in a journey: text, staff's note, public or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tongban.federation.v1 import messages_pb2 as crossings

_SEGMENTS: Final = {
    crossings.SEGMENT_KIND_COLLECTION: "代收",
    crossings.SEGMENT_KIND_TRANSIT: "转递",
    crossings.SEGMENT_KIND_HAND_BACK: "结果送达",
}
_STATES: Final = {
    crossings.CROSSING_STATE_ARRIVED: "已收件",
    crossings.CROSSING_STATE_SUPPLEMENT_REQUESTED: "一次性告知补正",
    crossings.CROSSING_STATE_ACCEPTED: "已受理",
    crossings.CROSSING_STATE_REFUSED: "不予受理",
    crossings.CROSSING_STATE_DECIDED: "已作出决定",
    crossings.CROSSING_STATE_ISSUED: "已出件",
    crossings.CROSSING_STATE_DELIVERED: "结果已送达",
    crossings.CROSSING_STATE_WITHDRAWN: "已撤回",
}


def _followed(event: Any) -> str:
    said = _STATES.get(event.crossing.state, "有新进展")
    return f"{event.crossing.handling_center_name}：{said} {event.crossing.status.number}".rstrip()


def _overdue(event: Any) -> str:
    return f"{_SEGMENTS.get(event.kind, '接力')}段超过约定时限 {event.crossing.number}"


#: In the order of a crossing's life. Citizens see where their case is and what was said; the rest is for staff.
CROSSINGS: Final[Mapping[str, tuple[str | Callable[[Any], str], str, bool]]] = {
    "CrossingOpened": ("代收登记 {e.crossing.number}：{e.crossing.item_name}", "", True),
    "CrossingMaterialChanged": ("扫描核对材料", "{e.material_key}", False),
    "CrossingSent": ("发往{e.crossing.handling_center_name} {e.crossing.number}", "", True),
    "CrossingArrived": ("收到{e.crossing.collecting_center_name}转来 {e.crossing.number}", "", True),
    "CrossingReturned": ("转递未成 {e.crossing.number}", "{e.crossing.trouble.message}", False),
    "CrossingSupplementSent": ("补正材料发往{e.crossing.handling_center_name}", "", True),
    "CrossingSupplementArrived": ("收到异地补正材料 {e.crossing.number}", "", True),
    "CrossingWithdrawalAsked": ("申请撤回 {e.crossing.number}", "", True),
    "CrossingWithdrawalArrived": ("收到异地撤回申请 {e.crossing.number}", "", True),
    "CrossingCancelled": ("取消代收 {e.crossing.number}", "", True),
    "CrossingFilesDiscarded": ("清除到期的材料扫描件 {e.crossing.number}", "保存满 {e.days} 日", False),
    "CrossingOffered": (
        "提出移送 {e.crossing.ownership.offer.to_site}",
        "{e.crossing.ownership.offer.reason}",
        True,
    ),
    "CrossingAskedBack": ("请求撤回移送 {e.crossing.number}", "", False),
    "CrossingOfferArrived": (
        "{e.crossing.ownership.owner} 移送 {e.crossing.number}",
        "{e.crossing.ownership.offer.reason}",
        False,
    ),
    "CrossingTaken": ("接收移送 {e.crossing.number}：{e.crossing.item_name}", "", True),
    "CrossingDeclined": ("未接收移送 {e.crossing.number}", "", False),
    "CrossingOfferReturned": ("移送未成 {e.crossing.number}", "{e.reason}", False),
    "CrossingHandedAway": ("已移送 {e.crossing.ownership.owner} 办理 {e.crossing.number}", "", True),
    "CrossingFollowed": (_followed, "", True),
    "CrossingStatusTold": ("向{e.crossing.collecting_center_name}通报进展", "", False),
    "CrossingResultAttached": ("结果文件发往收件地 {e.crossing.number}", "", True),
    "CrossingResultArrived": ("结果到达收件地 {e.crossing.number}", "", True),
    "CrossingResultHandedOver": ("收件地发放结果 {e.crossing.number}", "", True),
    "CrossingHandOverArrived": ("收件地已发放结果 {e.crossing.number}", "", True),
    "CrossingSegmentOverdue": (_overdue, "", False),
    "CrossingSegmentsRecomputed": ("跨域办件时限随日历调整 {e.crossing.number}", "{e.reason}", False),
    "CrossingApplicantShown": ("查看异地申请人信息", "{e.purpose}", False),
}
