"""Evaluations (好差评) and the rectifications (整改) that follow from negative ones."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Code, Editing, IdPath, Omittable, OneOf, Paging, Paragraph, Params, Stated
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.evaluation.v1 import messages_pb2 as messages
from tongban.evaluation.v1 import service_pb2 as pb

api = ResourceRoutes("evaluations", "好差评")


class InvitationPath(Params):
    """An invitation, by its code; for a visit it is the ticket's."""

    code: Code = Field(description="评价码；到场办理的即号票上的查询码")


class EvaluationBody(Body):
    """The judgement."""

    level: Annotated[str, OneOf(messages.Level)]
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    comment: Paragraph = ""
    channel: Annotated[str, Field(pattern=r"^(evaluator|qr|window|phone)$", description="评价渠道")] = "qr"


class EvaluationsQuery(Paging):
    """Which evaluations."""

    state: Omittable[Annotated[str, OneOf(messages.EvaluationState)]] = None
    negative_only: bool = Field(False, description="只列不满意和非常不满意的")


class RectificationsQuery(Paging):
    """Which rectifications."""

    state: Omittable[Annotated[str, OneOf(messages.RectificationState)]] = None


class OwnerBody(Body):
    """Who answers for it."""

    owner_department: Annotated[str, Field(min_length=1, max_length=64)]
    owner_staff_id: Annotated[str, Field(max_length=64)] = ""
    owner_staff_name: Annotated[str, Field(max_length=100)] = ""


class RectificationAnswer(Body):
    """What was found and mended."""

    findings: Stated
    measures: Stated
    callback_note: Paragraph = ""


class Review(Body):
    """Whether it is mended."""

    accepted: bool = Field(description="true 通过并关闭；false 退回重新整改")
    note: Paragraph = ""


@api.get("/evaluations/<code>", responses=gives(messages.Evaluation))
def get_invitation(path: InvitationPath) -> Response:
    """评价邀请，凭评价码。"""
    request = pb.GetInvitationRequest(code=path.code)
    return resource(ask(current_gateway().clients.evaluation.GetInvitation, request).evaluation)


@api.post("/evaluations/<code>", responses=gives(messages.Evaluation))
def submit_evaluation(path: InvitationPath, body: EvaluationBody) -> Response:
    """提交评价，一次服务只评一次。"""
    request = build(pb.SubmitEvaluationRequest, body, code=path.code)
    return resource(ask(current_gateway().clients.evaluation.SubmitEvaluation, request).evaluation)


@api.get("/centers/<center>/evaluations", responses=gives_page(messages.Evaluation))
def list_evaluations(path: CenterPath, query: EvaluationsQuery) -> Response:
    """中心的评价。"""
    request = build(pb.ListEvaluationsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.evaluation.ListEvaluations, request)
    return page(answer.evaluations, answer.next_cursor)


@api.get("/centers/<center>/rectifications", responses=gives_page(messages.Rectification))
def list_rectifications(path: CenterPath, query: RectificationsQuery) -> Response:
    """中心的整改单。"""
    request = build(pb.ListRectificationsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.evaluation.ListRectifications, request)
    return page(answer.rectifications, answer.next_cursor)


@api.get("/rectifications/<id>", responses=gives(messages.Rectification))
def get_rectification(path: IdPath) -> Response:
    """一张整改单。"""
    request = pb.GetRectificationRequest(rectification_id=path.id)
    return resource(ask(current_gateway().clients.evaluation.GetRectification, request).rectification)


@api.post("/rectifications/<id>/assign", responses=gives(messages.Rectification))
def assign_rectification(path: IdPath, header: Editing, body: OwnerBody) -> Response:
    """确定整改责任人。"""
    request = build(pb.AssignRectificationRequest, body, rectification_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.evaluation.AssignRectification, request).rectification)


@api.post("/rectifications/<id>/answer", responses=gives(messages.Rectification))
def answer_rectification(path: IdPath, header: Editing, body: RectificationAnswer) -> Response:
    """提交整改结果。"""
    request = build(pb.AnswerRectificationRequest, body, rectification_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.evaluation.AnswerRectification, request).rectification)


@api.post("/rectifications/<id>/review", responses=gives(messages.Rectification))
def review_rectification(path: IdPath, header: Editing, body: Review) -> Response:
    """复查：关闭或退回。"""
    request = build(pb.ReviewRectificationRequest, body, rectification_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.evaluation.ReviewRectification, request).rectification)
