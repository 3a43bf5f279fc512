"""Leave, cover and delegation (请假顶岗、委托代办), and the colleagues who may stand in."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.auth import identity
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Creating, Day, Editing, IdPath, Key, OneOf, Paging, Query, Said
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.workforce.v1 import covers_pb2 as pb

api = ResourceRoutes("covers", "顶岗与委托")


class CoverBody(Body):
    """Who stands in for whom on which days."""

    kind: Annotated[str, OneOf(pb.CoverKind)] = Field(description="leave 请假顶岗；delegation 委托代办")
    staff_id: Key | None = Field(None, description="缺省为本人")
    substitute_id: Key | None = Field(None, description="顶岗（受托）人员；短于须顶岗天数的请假可不填")
    first_day: Day
    last_day: Day | None = Field(None, description="缺省与开始日期同一天")
    day_part: Annotated[str, OneOf(pb.DayPart)] = Field("whole", description="半天的填 morning 或 afternoon")
    reason: Said


class CoversQuery(Paging):
    """Whose."""

    mine: bool = Field(False, description="只看与本人有关、尚未结束的")


class BadgeBody(Body):
    """Which temporary badge."""

    number: Annotated[str, Field(min_length=1, max_length=40)] = Field(description="临时工作证、座牌的编号")


class CoverFeedbackBody(Body):
    """How somebody stood in."""

    text: Said = Field(description="顶岗情况，供部门年度考核参考")


class StandInsQuery(Query):
    """Which year."""

    year: int = Field(0, ge=0, le=9999, description="缺省为今年")


class ColleaguesQuery(Paging):
    """Which of them."""

    department: str = Field("", max_length=64, description="部门代号")


@api.get("/centers/<center>/covers", responses=gives_page(pb.Cover))
def list_covers(path: CenterPath, query: CoversQuery) -> Response:
    """顶岗与委托：本人的，或者全中心的。"""
    request = build(pb.ListCoversRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.workforce.ListCovers, request)
    return page(answer.covers, answer.next_cursor)


@api.post("/covers", responses=gives(pb.Cover, 201))
def file_cover(header: Creating, body: CoverBody) -> Response:
    """登记请假顶岗，或者委托同岗位的同事代办。"""
    answer = ask(
        current_gateway().clients.workforce.FileCover,
        build(pb.FileCoverRequest, body),
        idempotency_key=header.idempotency_key,
    )
    _known_at_once()
    return resource(answer.cover, 201)


@api.post("/covers/<id>/confirm", responses=gives(pb.Cover))
def confirm_cover(path: IdPath, header: Editing) -> Response:
    """顶岗人员确认到岗。"""
    request = pb.ConfirmCoverRequest(cover_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.workforce.ConfirmCover, request).cover)


@api.post("/covers/<id>/end", responses=gives(pb.Cover))
def end_cover(path: IdPath, header: Editing) -> Response:
    """提前终止请假顶岗或者委托。"""
    request = pb.EndCoverRequest(cover_id=path.id, expected_version=header.version)
    cover = ask(current_gateway().clients.workforce.EndCover, request).cover
    _known_at_once()
    return resource(cover)


@api.post("/covers/<id>/badge", responses=gives(pb.Cover))
def issue_badge(path: IdPath, header: Editing, body: BadgeBody) -> Response:
    """发放顶岗人员的临时工作证、座牌。"""
    request = build(pb.IssueBadgeRequest, body, cover_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.workforce.IssueBadge, request).cover)


@api.post("/covers/<id>/badge/return", responses=gives(pb.Cover))
def return_badge(path: IdPath, header: Editing) -> Response:
    """登记临时工作证、座牌已归还。"""
    request = pb.ReturnBadgeRequest(cover_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.workforce.ReturnBadge, request).cover)


@api.post("/covers/<id>/feedback", responses=gives(pb.Cover))
def give_feedback(path: IdPath, header: Editing, body: CoverFeedbackBody) -> Response:
    """向部门反馈顶岗情况。"""
    request = build(pb.GiveStandInFeedbackRequest, body, cover_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.workforce.GiveStandInFeedback, request).cover)


@api.get("/centers/<center>/stand-ins", responses=gives(pb.ListStandInsResponse))
def list_stand_ins(path: CenterPath, query: StandInsQuery) -> Response:
    """一年内各人顶岗的次数、天数和中心的反馈；首席代表只看本部门的。"""
    request = pb.ListStandInsRequest(center_id=path.center, year=query.year)
    return whole(ask(current_gateway().clients.workforce.ListStandIns, request))


@api.get("/centers/<center>/colleagues", responses=gives_page(pb.Colleague))
def list_colleagues(path: CenterPath, query: ColleaguesQuery) -> Response:
    """在岗同事的姓名、部门和角色。"""
    request = pb.ListColleaguesRequest(
        center_id=path.center, department_key=query.department, limit=query.limit, cursor=query.cursor
    )
    answer = ask(current_gateway().clients.workforce.ListColleagues, request)
    return page(answer.colleagues, answer.next_cursor)


@api.get("/colleagues/<id>", responses=gives(pb.Colleague))
def get_colleague(path: IdPath) -> Response:
    """一名同事现在是否在岗，为谁顶岗。"""
    request = pb.GetColleagueRequest(staff_id=path.id)
    return resource(ask(current_gateway().clients.workforce.GetColleague, request).colleague)


def _known_at_once() -> None:
    """Whether the asker is here may have changed with it."""
    current_gateway().authenticator.forget(identity().session_token)
