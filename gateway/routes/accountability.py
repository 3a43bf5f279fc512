"""Points and the ladder of accountability (记分与责任追究, rules G05)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Day, Editing, IdPath, Omittable, OneOf, Paging, Query, Stated
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.supervision.v1 import accountability_pb2 as messages
from tongban.supervision.v1 import measure_requests_pb2 as measure_requests

api = ResourceRoutes("accountability", "记分与责任追究")


class PointsQuery(Query):
    """Which period."""

    on: Omittable[Day] = Field(None, description="周期内的任意一天；不写为当前周期")


class MeasuresQuery(Paging):
    """Which measures."""

    state: Omittable[Annotated[str, OneOf(messages.MeasureState)]] = None


class MeasureDecision(Body):
    """A supervisor's decision."""

    imposed: bool = Field(description="true 作出处理；false 不予处理")
    reason: Stated


class MeasureAnswer(Body):
    """What whoever it is about says."""

    text: Stated


class MeasureConclusion(Body):
    """How it ended."""

    revoked: bool = Field(description="true 撤销处理；false 已执行，办结")
    note: Stated


@api.get("/centers/<center>/points", responses=gives(messages.PointsTable))
def get_points(path: CenterPath, query: PointsQuery) -> Response:
    """各部门、各人在一个周期内的记分。"""
    request = build(measure_requests.GetPointsRequest, query, center_id=path.center)
    return whole(ask(current_gateway().clients.supervision.GetPoints, request).points)


@api.get("/centers/<center>/measures", responses=gives_page(messages.AccountabilityMeasure))
def list_measures(path: CenterPath, query: MeasuresQuery) -> Response:
    """追责建议和处理，最近的在前；部门和个人只见对自己作出的。"""
    request = build(measure_requests.ListMeasuresRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.supervision.ListMeasures, request)
    return page(answer.measures, answer.next_cursor)


@api.get("/measures/<id>", responses=gives(measure_requests.GetMeasureResponse))
def get_measure(path: IdPath) -> Response:
    """一项追责处理，以及目前仍有效的记分。"""
    request = measure_requests.GetMeasureRequest(measure_id=path.id)
    return whole(ask(current_gateway().clients.supervision.GetMeasure, request))


@api.post("/measures/<id>/decision", responses=gives(messages.AccountabilityMeasure))
def decide_measure(path: IdPath, header: Editing, body: MeasureDecision) -> Response:
    """监察人员决定：作出处理或者不予处理，须写明理由。"""
    request = build(measure_requests.DecideMeasureRequest, body, measure_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.supervision.DecideMeasure, request).measure)


@api.post("/measures/<id>/answer", responses=gives(messages.AccountabilityMeasure))
def answer_measure(path: IdPath, header: Editing, body: MeasureAnswer) -> Response:
    """本人（部门的由首席代表）答复。"""
    request = build(measure_requests.AnswerMeasureRequest, body, measure_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.supervision.AnswerMeasure, request).measure)


@api.post("/measures/<id>/conclusion", responses=gives(messages.AccountabilityMeasure))
def conclude_measure(path: IdPath, header: Editing, body: MeasureConclusion) -> Response:
    """办结或者撤销。"""
    request = build(measure_requests.ConcludeMeasureRequest, body, measure_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.supervision.ConcludeMeasure, request).measure)
