"""Supervision (电子监察): journeys, cards, watched clocks, the tally of events."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    CodeQuery,
    Creating,
    Editing,
    IdPath,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Query,
    Stated,
)
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.supervision.v1 import messages_pb2 as messages
from tongban.supervision.v1 import service_pb2 as pb

api = ResourceRoutes("supervision", "电子监察")


class CardsQuery(Paging):
    """Which cards."""

    colour: Omittable[Annotated[str, OneOf(messages.CardColour)]] = None
    state: Omittable[Annotated[str, OneOf(messages.CardState)]] = None


class WatchesQuery(Paging):
    """Which watches."""

    state: Annotated[str, Field(pattern=r"^(running|paused|ended)$")] = "running"


class BoardQuery(Query):
    """What the rows stand for."""

    by: Annotated[str, Field(pattern=r"^(center|department|item|window)$")] = "department"


class DueQuery(Query):
    """Which of what is due; what is left out lets all through."""

    when: Annotated[str, Field(pattern=r"^(overdue|today|tomorrow)?$")] = ""
    at_center: Annotated[str, Field(max_length=64)] = ""
    department_key: Annotated[str, Field(max_length=64)] = ""
    title: Annotated[str, Field(max_length=200)] = ""
    window: Annotated[str, Field(max_length=40, description="窗口编号；“-”为未经窗口收件的")] = ""


class OrdersQuery(Paging):
    """Which orders."""

    state: Omittable[Annotated[str, OneOf(messages.OrderState)]] = None


class OrderBody(Body):
    """What a department is to do and to answer."""

    text: Stated


class OrderReview(Body):
    """Whether an answer will do."""

    accepted: bool = Field(description="true 接受答复并办结；false 退回重新答复，须写明原因")
    note: Paragraph = ""


class AppealBody(Body):
    """Why a red card isn't right."""

    grounds: Stated


class RulingBody(Body):
    """What is decided on an appeal."""

    overturned: bool = Field(description="true 撤销红牌；false 维持红牌。申诉和裁定的全文都保留")
    reason: Stated


@api.get("/journeys/<id>", responses=gives(messages.Journey))
def get_journey(path: IdPath, query: CodeQuery) -> Response:
    """一次办事的全过程：何时、何人、依何规则；当事人凭其中任一查询码。"""
    request = pb.GetJourneyRequest(journey_id=path.id, code=query.code)
    return resource(ask(current_gateway().clients.supervision.GetJourney, request).journey)


@api.get("/centers/<center>/cards", responses=gives_page(messages.Card))
def list_cards(path: CenterPath, query: CardsQuery) -> Response:
    """中心的提醒、黄牌和红牌。"""
    request = build(pb.ListCardsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.supervision.ListCards, request)
    return page(answer.cards, answer.next_cursor)


@api.get("/cards/<id>", responses=gives(messages.Card))
def get_card(path: IdPath) -> Response:
    """一张提醒、黄牌或红牌，连同对它的申诉。"""
    return resource(ask(current_gateway().clients.supervision.GetCard, pb.GetCardRequest(card_id=path.id)).card)


@api.post("/cards/<id>/appeal", responses=gives(messages.Card))
def appeal_card(path: IdPath, header: Editing, body: AppealBody) -> Response:
    """责任部门对红牌提出申诉。"""
    request = build(pb.AppealCardRequest, body, card_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.supervision.AppealCard, request).card)


@api.post("/cards/<id>/ruling", responses=gives(messages.Card))
def rule_on_appeal(path: IdPath, header: Editing, body: RulingBody) -> Response:
    """对申诉作出裁定：维持或者撤销。"""
    request = build(pb.RuleOnAppealRequest, body, card_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.supervision.RuleOnAppeal, request).card)


@api.get("/centers/<center>/watches", responses=gives_page(messages.Watch))
def list_watches(path: CenterPath, query: WatchesQuery) -> Response:
    """被监察的期限，先到期的在前。"""
    request = build(pb.ListWatchesRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.supervision.ListWatches, request)
    return page(answer.watches, answer.next_cursor)


@api.get("/centers/<center>/deadlines", responses=gives(messages.DeadlineBoard))
def get_deadline_board(path: CenterPath, query: BoardQuery) -> Response:
    """期限看板：本中心及下级中心已超期、今日到期、明日到期的数量。"""
    request = build(pb.GetDeadlineBoardRequest, query, center_id=path.center)
    return whole(ask(current_gateway().clients.supervision.GetDeadlineBoard, request).board)


@api.get("/centers/<center>/deadlines/due", responses=gives(pb.ListDueResponse))
def list_due(path: CenterPath, query: DueQuery) -> Response:
    """看板上某一行所数的事项，先到期的在前。"""
    request = build(pb.ListDueRequest, query, center_id=path.center)
    return whole(ask(current_gateway().clients.supervision.ListDue, request))


@api.post("/watches/<id>/orders", responses=gives(messages.Order, 201))
def issue_order(path: IdPath, header: Creating, body: OrderBody) -> Response:
    """督办：责令责任部门办理并答复。"""
    answer = ask(
        current_gateway().clients.supervision.IssueOrder,
        build(pb.IssueOrderRequest, body, watch_id=path.id),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.order, 201, location=f"/api/v1/orders/{answer.order.id}")


@api.post("/cards/<id>/orders", responses=gives(messages.Order, 201))
def issue_order_about_a_card(path: IdPath, header: Creating, body: OrderBody) -> Response:
    """就一张有效的提醒、黄牌或红牌督办：责令责任部门纠正并答复。"""
    answer = ask(
        current_gateway().clients.supervision.IssueOrder,
        build(pb.IssueOrderRequest, body, card_id=path.id),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.order, 201, location=f"/api/v1/orders/{answer.order.id}")


@api.get("/centers/<center>/orders", responses=gives_page(messages.Order))
def list_orders(path: CenterPath, query: OrdersQuery) -> Response:
    """中心的督办单和超时默认责令，最近的在前。"""
    request = build(pb.ListOrdersRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.supervision.ListOrders, request)
    return page(answer.orders, answer.next_cursor)


@api.get("/orders/<id>", responses=gives(messages.Order))
def get_order(path: IdPath) -> Response:
    """一张督办单，连同答复、审核意见和逐级上报。"""
    return resource(ask(current_gateway().clients.supervision.GetOrder, pb.GetOrderRequest(order_id=path.id)).order)


@api.post("/orders/<id>/answer", responses=gives(messages.Order))
def answer_order(path: IdPath, header: Editing, body: OrderBody) -> Response:
    """责任部门答复督办。"""
    request = build(pb.AnswerOrderRequest, body, order_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.supervision.AnswerOrder, request).order)


@api.post("/orders/<id>/review", responses=gives(messages.Order))
def review_order(path: IdPath, header: Editing, body: OrderReview) -> Response:
    """审核答复：办结或者退回。"""
    request = build(pb.ReviewOrderRequest, body, order_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.supervision.ReviewOrder, request).order)


@api.get("/centers/<center>/tally", responses=gives_page(messages.EventTally))
def get_tally(path: CenterPath) -> Response:
    """各类事件生效的次数，用于对账。"""
    return page(ask(current_gateway().clients.supervision.GetTally, pb.GetTallyRequest(center_id=path.center)).tallies)
