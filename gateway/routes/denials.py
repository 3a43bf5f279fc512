"""Reports that something can't be done (否定事项报备; rules C18)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Creating, Editing, IdPath, Omittable, OneOf, Paging, Paragraph, Stated
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.intake.v1 import denials_pb2 as pb

api = ResourceRoutes("denials", "否定事项报备")


class DenialReportBody(Body):
    """What a window holds can't be done."""

    item_id: Annotated[str, Field(max_length=64)] = ""
    application_id: Annotated[str, Field(max_length=64, description="就某件申请报备的")] = ""
    asked_for: Annotated[str, Field(min_length=1, max_length=500, description="服务对象要办的事，不写个人信息")]
    reason: Stated
    basis: Paragraph = ""


class DenialAnswer(Body):
    """What a level says."""

    agrees: bool = Field(description="true 认定不能办；false 应当办理")
    said: Stated
    basis: Paragraph = Field("", description="最后一级认定不能办的必填")


class DenialsQuery(Paging):
    """Which reports."""

    state: Omittable[Annotated[str, OneOf(pb.DenialState)]] = None
    application_id: Annotated[str, Field(max_length=64, description="就某件申请报备的")] = ""


@api.post("/centers/<center>/denial-reports", responses=gives(pb.DenialReport, 201))
def file_denial_report(path: CenterPath, header: Creating, body: DenialReportBody) -> Response:
    """窗口认为不能办的，先报备，逐级审核。"""
    request = build(pb.FileDenialReportRequest, body, center_id=path.center)
    answer = ask(
        current_gateway().clients.preparation.FileDenialReport, request, idempotency_key=header.idempotency_key
    )
    return resource(answer.report, 201, location=f"/api/v1/denial-reports/{answer.report.id}")


@api.get("/centers/<center>/denial-reports", responses=gives_page(pb.DenialReport))
def list_denial_reports(path: CenterPath, query: DenialsQuery) -> Response:
    """中心的否定事项报备。"""
    request = build(pb.ListDenialReportsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.preparation.ListDenialReports, request)
    return page(answer.reports, answer.next_cursor)


@api.get("/denial-reports/<id>", responses=gives(pb.DenialReport))
def get_denial_report(path: IdPath) -> Response:
    """一件报备，及各级意见。"""
    request = pb.GetDenialReportRequest(report_id=path.id)
    return resource(ask(current_gateway().clients.preparation.GetDenialReport, request).report)


@api.post("/denial-reports/<id>/answer", responses=gives(pb.DenialReport))
def answer_denial_report(path: IdPath, header: Editing, body: DenialAnswer) -> Response:
    """当前一级的审核意见；同意的报上一级，最后一级同意即认定不能办。"""
    request = build(pb.AnswerDenialReportRequest, body, report_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.preparation.AnswerDenialReport, request).report)
