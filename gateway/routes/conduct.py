"""Steps that take more than one person (签署、记录), and parts of joint cases (联办分项)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import AnyKey, Body, Day, Editing, IdPath, Key, Line, Paragraph, Stated
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.approval_routing.v1 import conduct_pb2 as pb
from tongban.approval_routing.v1 import messages_pb2 as messages

api = ResourceRoutes("conduct", "办件环节")


class _StepBody(Body):
    step_key: Annotated[AnyKey, Field(description="环节键；多个环节同时办理时须指明")] = ""


class AsideBody(Body):
    """Why."""

    reason: Stated


class ImposeBody(Body):
    """Who stays away, why, and who takes over."""

    staff_id: Key
    reason: Stated
    to_staff_id: Key | None = Field(None, description="改派人员；缺省退回待认领")


class RecusalBody(Body):
    """The chief's word, and who takes over."""

    staff_id: Key
    granted: bool
    opinion: Paragraph = Field("", description="不同意时必填")
    to_staff_id: Key | None = Field(None, description="改派人员；缺省留在待认领")


class SignBody(_StepBody):
    """Somebody's word on a step that another one does."""

    agrees: bool
    opinion: Paragraph = Field("", description="不同意时必填")


class RecordBody(_StepBody):
    """How a visit, a review, a hearing, a discussion or a notice went."""

    text: Stated
    held_on: Day | None = None
    notified_on: Day | None = Field(None, description="听证通知日期")
    place: Line = ""
    people: Annotated[list[Line], Field(max_length=50, description="专家、当事人等参加人")] = Field(
        default_factory=list
    )
    presided_by: Line = ""
    waived: bool = Field(False, description="告知后无人申请听证")


class HearingBody(_StepBody):
    """How far a hearing has come."""

    told_on: Day = Field(description="告知（公告）听证权利的日期")
    asked_on: Day | None = Field(None, description="申请听证的日期，告知后五日内")
    notified_on: Day | None = Field(None, description="通知听证的日期，举行七日前")
    planned_on: Day | None = Field(None, description="举行日期，申请后二十日内")


class SettleBody(_StepBody):
    """Why the lead needn't wait for a part."""

    by_commitment: bool = Field(description="true 以申请人承诺代替；false 主办不再等待")
    reason: Stated


@api.get("/cases/<id>/history", responses=gives(pb.GetCaseHistoryResponse))
def get_case_history(path: IdPath) -> Response:
    """办件的变更记录，以及是否被改动过。"""
    request = pb.GetCaseHistoryRequest(case_id=path.id)
    return whole(ask(current_gateway().clients.approval_routing.GetCaseHistory, request))


@api.post("/cases/<id>/step-aside", responses=gives(messages.Case))
def step_aside(path: IdPath, header: Editing, body: AsideBody) -> Response:
    """与办件有利害关系的人员申请回避，由首席代表决定；已认领的环节退回待认领。"""
    request = build(pb.StepAsideRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.StepAside, request).case)


@api.post("/cases/<id>/recusals", responses=gives(messages.Case))
def impose_recusal(path: IdPath, header: Editing, body: ImposeBody) -> Response:
    """首席代表责令本部门人员回避，办件改派他人。"""
    request = build(pb.ImposeRecusalRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.ImposeRecusal, request).case)


@api.post("/cases/<id>/recusals/decide", responses=gives(messages.Case))
def decide_recusal(path: IdPath, header: Editing, body: RecusalBody) -> Response:
    """首席代表决定回避申请。"""
    request = build(pb.DecideRecusalRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.DecideRecusal, request).case)


@api.post("/cases/<id>/sign", responses=gives(messages.Case))
def sign_step(path: IdPath, header: Editing, body: SignBody) -> Response:
    """签署他人办理的环节：复核、共同核查或会签。"""
    request = build(pb.SignStepRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.SignStep, request).case)


@api.post("/cases/<id>/record", responses=gives(messages.Case))
def record_step(path: IdPath, header: Editing, body: RecordBody) -> Response:
    """登记现场核查、专家评审、听证、集体讨论或公示的情况。"""
    request = build(pb.RecordStepRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.RecordStep, request).case)


@api.post("/cases/<id>/hearing", responses=gives(messages.Case))
def plan_hearing(path: IdPath, header: Editing, body: HearingBody) -> Response:
    """登记听证的告知、申请、通知和安排；法定期限由系统提醒。"""
    request = build(pb.PlanHearingRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.PlanHearing, request).case)


@api.post("/cases/<id>/settle", responses=gives(messages.Case))
def settle_part(path: IdPath, header: Editing, body: SettleBody) -> Response:
    """联办分项以承诺代替，或由主办决定不再等待。"""
    request = build(pb.SettlePartRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.SettlePart, request).case)
