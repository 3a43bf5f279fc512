"""Rules of supervision (监察规则): what is warned of, how early, in which colour, at how many points."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Day, Editing, OneOf, Paging, Stated
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.supervision.v1 import messages_pb2 as messages
from tongban.supervision.v1 import rule_requests_pb2 as rule_requests
from tongban.supervision.v1 import rules_pb2 as editions

api = ResourceRoutes("supervision_rules", "监察规则")

_Lead = Annotated[int, Field(ge=0, le=60)]
_Points = Annotated[int, Field(ge=0, le=1000)]


class RuleBody(Body):
    """One rule."""

    trigger: Annotated[str, OneOf(messages.CardTrigger)]
    on: bool
    colour: Annotated[str, OneOf(messages.CardColour)] = Field(description="发生以后亮什么牌：yellow 或 red")
    yellow_points: _Points = Field(description="黄牌记几分")
    red_points: _Points = Field(description="红牌记几分")
    reminder_days: _Lead | None = Field(None, description="期限届满前几个工作日提醒；不写为不提醒")
    yellow_days: _Lead | None = Field(None, description="期限届满前几个工作日亮黄牌；不写为不提前")
    idle_days: _Lead = Field(0, description="久拖不办：几个工作日没有进展")
    open_below: bool = Field(False, description="向下级统一规定时，下级可以加严")


class RungBody(Body):
    """One rung of the ladder."""

    sanction: Annotated[str, OneOf(editions.Sanction)]
    person_points: _Points = Field(description="个人累计达到几分；0 为不适用")
    department_points: _Points = Field(description="部门累计达到几分；0 为不适用")


class RulesBody(Body):
    """A center's rules as a whole."""

    effective_on: Day = Field(description="生效日期；当天为立即生效")
    rules: list[RuleBody] = Field(max_length=20, description="每一种情形一条，按编号排列")
    ladder: list[RungBody] = Field(max_length=20, description="由轻到重")
    period: Annotated[str, OneOf(editions.PointsPeriod)] = Field(description="累计记分的周期")
    recovered_counts: bool = Field(description="黄牌恢复以后是否仍计分")
    below: bool = Field(False, description="同时作为下级中心的统一规定")
    ladder_open: bool = Field(False, description="向下级统一规定时，下级可以加严责任追究")
    reason: Stated


class TriedBody(Body):
    """Rules to be tried."""

    rules: list[RuleBody] = Field(max_length=20, description="每一种情形一条，按编号排列")
    days: int = Field(ge=1, le=366, description="在最近多少天的办件上试算")


@api.get("/centers/<center>/supervision-rules", responses=gives(rule_requests.GetSupervisionRulesResponse))
def get_supervision_rules(path: CenterPath) -> Response:
    """中心现行的监察规则，以及已经设定、尚未生效的一版。"""
    request = rule_requests.GetSupervisionRulesRequest(center_id=path.center)
    return whole(ask(current_gateway().clients.supervision.GetSupervisionRules, request))


@api.get("/centers/<center>/supervision-rules/editions", responses=gives_page(editions.SupervisionRules))
def list_supervision_rules(path: CenterPath, query: Paging) -> Response:
    """监察规则的历次修改，最近的在前。"""
    request = build(rule_requests.ListSupervisionRulesRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.supervision.ListSupervisionRules, request)
    return page(answer.editions, answer.next_cursor)


@api.put("/centers/<center>/supervision-rules", responses=gives(editions.SupervisionRules))
def set_supervision_rules(path: CenterPath, header: Editing, body: RulesBody) -> Response:
    """修改监察规则：自生效日期起适用，已经发出的牌仍按原来的规则。"""
    request = build(
        rule_requests.SetSupervisionRulesRequest, body, center_id=path.center, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.supervision.SetSupervisionRules, request).rules)


@api.post("/centers/<center>/supervision-rules/preview", responses=gives(editions.RulesPreview))
def preview_supervision_rules(path: CenterPath, body: TriedBody) -> Response:
    """试算：按这些规则，最近若干天会发出哪些牌；不作任何改变。"""
    request = build(rule_requests.PreviewSupervisionRulesRequest, body, center_id=path.center)
    return whole(ask(current_gateway().clients.supervision.PreviewSupervisionRules, request).preview)
