"""What supervision's own events are called in a journey: text and note, all for staff only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tongban.supervision.v1 import messages_pb2 as messages

#: A template over the event's message (``e``), or what makes the text of it.
_Text = str | Callable[[Any], str]


def _order(event: Any) -> str:
    tacit = event.order.kind == messages.ORDER_KIND_TACIT_APPROVAL
    return ("超时默认，责令立即办理：" if tacit else "督办：") + str(event.order.title)


def _last_answer(event: Any) -> str:
    return _last([said.text for said in event.order.answers])


def _last_review(event: Any) -> str:
    return _last([said.review_note for said in event.order.answers])


def _escalation(event: Any) -> str:
    return "督办逾期未答复，上报" + _last([up.level for up in event.order.escalations])


def _measure_up(event: Any) -> str:
    return "追责处理逾期未答复，上报" + _last([up.level for up in event.measure.escalations])


def _last(texts: list[str]) -> str:
    return texts[-1] if texts else ""


SUPERVISION: Final[Mapping[str, tuple[_Text, _Text]]] = {
    "ReminderRaised": ("到期提醒：{e.card.title}", "{e.card.reason}"),
    "YellowCardRaised": ("黄牌：{e.card.title}", "{e.card.reason}"),
    "RedCardRaised": ("红牌：{e.card.title}", "{e.card.reason}"),
    "CardRecovered": ("预警解除：{e.card.title}", "{e.card.reason}"),
    "RedCardAppealed": ("红牌申诉：{e.card.title}", "{e.card.appeal.grounds}"),
    "RedCardUpheld": ("申诉裁定维持红牌：{e.card.title}", "{e.card.appeal.ruling_reason}"),
    "RedCardOverturned": ("申诉裁定撤销红牌：{e.card.title}", "{e.card.appeal.ruling_reason}"),
    "OrderIssued": (_order, "{e.order.text}"),
    "OrderAnswered": ("督办答复：{e.order.title}", _last_answer),
    "OrderSentBack": ("督办退回：{e.order.title}", _last_review),
    "OrderEscalated": (_escalation, ""),
    "OrderDeadlineRecomputed": ("督办答复期限重算：{e.order.title}", "{e.reason}"),
    "SupervisionRulesSet": ("监察规则第 {e.rules.number} 版", "{e.rules.reason}"),
    "MeasureProposed": ("追责建议", ""),
    "MeasureImposed": ("作出追责处理", "{e.measure.decision_reason}"),
    "MeasureDismissed": ("不予追责", "{e.measure.decision_reason}"),
    "MeasureLapsed": ("追责建议失去依据", ""),
    "MeasureAnswered": ("追责处理答复", "{e.measure.answer}"),
    "MeasureEscalated": (_measure_up, ""),
    "MeasureDeadlineRecomputed": ("追责处理答复期限重算", "{e.reason}"),
    "MeasureClosed": ("追责处理办结", "{e.measure.conclusion}"),
    "MeasureRevoked": ("撤销追责处理", "{e.measure.conclusion}"),
    "OrderClosed": ("督办办结：{e.order.title}", _last_review),
}
