"""Between sites: urging and consulting (催办、督办、会商), what citizens say, standards down and figures up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Creating,
    Day,
    Editing,
    IdPath,
    Key,
    Line,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Params,
    Purpose,
    Said,
    Stated,
)
from gateway.routes.parts import OptionalKey, PlaceBody
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.federation.v1 import cooperation_requests_pb2 as pb
from tongban.federation.v1 import figures_pb2 as figures
from tongban.federation.v1 import standards_pb2 as standards
from tongban.federation.v1 import urging_pb2 as messages

api = ResourceRoutes("cooperation", "站点协同")

Sites = Annotated[list[Key], Field(max_length=500, description="下发到的下级站点")]


class UrgingBody(Body):
    """What is wanted of another site."""

    kind: Annotated[str, OneOf(messages.UrgingKind)]
    about: OptionalKey = ""
    number: Line = ""
    title: Said
    center_id: Key
    department_key: OptionalKey = ""
    asked_of: PlaceBody
    journey: OptionalKey = ""
    text: Stated


class UrgingAnswer(Body):
    """The answer."""

    text: Stated


class UrgingReview(Body):
    """Whether the answer does."""

    accepted: bool
    text: Paragraph = ""


class UrgingsQuery(Paging):
    """Which of them."""

    state: Omittable[Annotated[str, OneOf(messages.UrgingState)]] = None


class FeedbackBody(Body):
    """What a citizen said of a case that another site handles."""

    kind: Annotated[str, OneOf(messages.FeedbackKind)]
    source_id: OptionalKey = ""
    about: OptionalKey = ""
    number: Line = ""
    item_name: Said
    center_id: Key
    concerns: PlaceBody
    journey: OptionalKey = ""
    level: Annotated[int, Field(ge=0, le=5, description="评价等级，1 为非常满意；投诉为 0")] = 0
    text: Paragraph = ""
    named: bool = False
    contact: Annotated[str, Field(max_length=100)] = ""


class ConclusionBody(Body):
    """What was found and done."""

    findings: Stated
    measures: Paragraph = ""
    callback_note: Paragraph = ""


class FeedbackQuery(Paging):
    """Which of them."""

    state: Omittable[Annotated[str, OneOf(messages.FeedbackState)]] = None


class StandardBody(Body):
    """What is set for the sites below."""

    center_id: Key
    kind: Annotated[str, OneOf(standards.StandardKind)]
    key: Key
    title: Said
    content: dict[str, Any]
    open: Annotated[list[Key], Field(max_length=200, description="允许下级自定的字段")] = Field(default_factory=list)
    effective_from: Annotated[datetime | None, Field(strict=False)] = None
    withdrawn: bool = False
    sites: Sites = Field(default_factory=list)


class LocalBody(Body):
    """What this site sets."""

    center_id: Key
    local: dict[str, Any]
    sites: Sites = Field(default_factory=list)


class StandardsQuery(Paging):
    """Which kind."""

    kind: Omittable[Annotated[str, OneOf(standards.StandardKind)]] = None


class StandardPath(Params):
    """A standard."""

    id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")] = Field(
        description="标准编号"
    )


class DayPath(Params):
    """A center's day."""

    center: Key = Field(description="中心代码，如 610902")
    day: Day


# ── Urging ───────────────────────────────────────────────────────────────────────────────────────────────────────


@api.post("/urgings", responses=gives(messages.Urging, 201))
def ask_urging(header: Creating, body: UrgingBody) -> Response:
    """向其他站点催办、督办或者会商。"""
    answer = ask(
        current_gateway().clients.cooperation.AskUrging,
        build(pb.AskUrgingRequest, body),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.urging, 201)


@api.get("/centers/<center>/urgings", responses=gives_page(messages.Urging))
def list_urgings(path: CenterPath, query: UrgingsQuery) -> Response:
    """中心与其他站点之间的催办、督办、会商。"""
    request = build(pb.ListUrgingsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.cooperation.ListUrgings, request)
    return page(answer.urgings, answer.next_cursor)


@api.post("/urgings/<id>/answer", responses=gives(messages.Urging))
def answer_urging(path: IdPath, header: Editing, body: UrgingAnswer) -> Response:
    """答复。"""
    request = build(pb.AnswerUrgingRequest, body, urging_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.AnswerUrging, request).urging)


@api.post("/urgings/<id>/review", responses=gives(messages.Urging))
def review_urging(path: IdPath, header: Editing, body: UrgingReview) -> Response:
    """审核督办的答复：认可或退回。"""
    request = build(pb.ReviewUrgingRequest, body, urging_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.ReviewUrging, request).urging)


# ── What citizens say ────────────────────────────────────────────────────────────────────────────────────────────


@api.post("/feedback", responses=gives(messages.Feedback, 201))
def forward_feedback(header: Creating, body: FeedbackBody) -> Response:
    """把评价或投诉转给所涉及的办理站点。"""
    said = body.model_dump(exclude={"center_id"})
    request = pb.ForwardFeedbackRequest(
        feedback=build(messages.Feedback, {**said, "given_at": {"center_id": body.center_id}})
    )
    answer = ask(current_gateway().clients.cooperation.ForwardFeedback, request, idempotency_key=header.idempotency_key)
    return resource(answer.feedback, 201)


@api.get("/centers/<center>/feedback", responses=gives_page(messages.Feedback))
def list_feedback(path: CenterPath, query: FeedbackQuery) -> Response:
    """中心与其他站点之间流转的评价和投诉。"""
    request = build(pb.ListFeedbackRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.cooperation.ListFeedback, request)
    return page(answer.feedback, answer.next_cursor)


@api.post("/feedback/<id>/conclude", responses=gives(messages.Feedback))
def conclude_feedback(path: IdPath, header: Editing, body: ConclusionBody) -> Response:
    """核实处理完毕，答复对方站点。"""
    request = build(pb.ConcludeFeedbackRequest, body, feedback_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.ConcludeFeedback, request).feedback)


@api.post("/feedback/<id>/contact", responses=gives(pb.ShowFeedbackContactResponse))
def show_feedback_contact(path: IdPath, body: Purpose) -> Response:
    """查看回访联系方式；记入审计。"""
    request = pb.ShowFeedbackContactRequest(feedback_id=path.id, purpose=body.purpose)
    return whole(ask(current_gateway().clients.cooperation.ShowFeedbackContact, request))


# ── Standards and figures ────────────────────────────────────────────────────────────────────────────────────────


@api.post("/standards", responses=gives(standards.Standard, 201))
def issue_standard(header: Editing, body: StandardBody) -> Response:
    """发布标准（或新的版次）并下发。"""
    said = body.model_dump(exclude={"center_id", "sites"})
    request = pb.IssueStandardRequest(
        center_id=body.center_id,
        standard=build(standards.Standard, said),
        sites=body.sites,
        expected_version=header.version,
    )
    return resource(ask(current_gateway().clients.cooperation.IssueStandard, request).standard, 201)


@api.get("/standards", responses=gives_page(standards.Standard))
def list_standards(query: StandardsQuery) -> Response:
    """本站点的标准。"""
    answer = ask(current_gateway().clients.cooperation.ListStandards, build(pb.ListStandardsRequest, query))
    return page(answer.standards, answer.next_cursor)


@api.post("/standards/<id>/localise", responses=gives(standards.Standard))
def localise_standard(path: StandardPath, header: Editing, body: LocalBody) -> Response:
    """在上级允许的范围内本地化，并转发下级。"""
    request = build(pb.LocaliseStandardRequest, body, standard_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.LocaliseStandard, request).standard)


@api.get("/centers/<center>/figures/<day>", responses=gives(pb.ListFiguresResponse))
def list_figures(path: DayPath, query: Paging) -> Response:
    """一日的数据及合计；最高一级中心可见本站点和下级站点。"""
    request = build(pb.ListFiguresRequest, query, center_id=path.center, day=path.day)
    return whole(ask(current_gateway().clients.cooperation.ListFigures, request))


@api.post("/centers/<center>/figures/<day>", responses=gives(figures.DailyFigures))
def count_figures(path: DayPath) -> Response:
    """重新统计一日的数据，有变化即更正上报。"""
    request = pb.CountFiguresRequest(center_id=path.center, day=path.day)
    return resource(ask(current_gateway().clients.cooperation.CountFigures, request).figures)
