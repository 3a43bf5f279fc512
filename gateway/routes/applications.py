"""Applications (申请): taking in, judging, one-time notice and supplement."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Creating,
    Editing,
    IdPath,
    Key,
    Line,
    NamedPath,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Purpose,
    Query,
    Stated,
    id_or_code,
)
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as pb

api = ResourceRoutes("applications", "申请")


class ApplicantBody(Body):
    """Who applies, in full; kept by intake only and shown masked."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    id_type: Annotated[str, Field(pattern=r"^(resident_id|credit_code|passport|other)$")]
    id_number: Annotated[str, Field(min_length=1, max_length=30)]
    phone: Annotated[str, Field(max_length=20)] = ""
    address: Line = ""
    agent_name: Annotated[str, Field(max_length=100)] = ""


class MaterialState(Body):
    """What is said of a material."""

    state: Annotated[str, OneOf(messages.MaterialState)]
    problem: Paragraph = ""
    originals: Annotated[int, Field(ge=0, le=1000)] = 0
    copies: Annotated[int, Field(ge=0, le=1000)] = 0


class DeclaredBody(MaterialState):
    """And of which."""

    key: Key


Declared = Annotated[list[DeclaredBody], Field(max_length=200)]


class SituationAnswerBody(Body):
    """The applicant's answer to a question of the item."""

    question: Key
    option: Key


class ApplicationBody(Body):
    """An application as it is handed in."""

    item_id: Key
    ticket_id: Annotated[str, Field(max_length=64, description="窗口收件时为正在办理的号票")] = ""
    applicant: ApplicantBody
    materials: Declared = Field(default_factory=list)
    delivery: Annotated[str, OneOf(messages.DeliveryMethod)] = "window"
    form_json: Annotated[str, Field(max_length=65536, description="表单答复，JSON 对象")] = ""
    situation: Annotated[list[SituationAnswerBody], Field(max_length=20, description="对事项每个情形问题的回答")] = (
        Field(default_factory=list)
    )
    commitment: Annotated[str, OneOf(commitments.CommitmentChoice)] | None = Field(
        None, description="事项可以告知承诺的必填：chosen 采用，declined 按一般程序"
    )
    draft_code: Annotated[
        str, Field(max_length=64, pattern=r"^[A-Za-z0-9]*$", description="由草稿填写的，其编码；收件后草稿删除")
    ] = ""


class ApplicationsQuery(Paging):
    """Which applications."""

    state: Omittable[Annotated[str, OneOf(messages.ApplicationState)]] = None
    ticket: str = Field("", max_length=64, description="只列由此号票产生的")


class ChecklistPath(CenterPath, IdPath):
    """An item of a center."""


class SituationQuery(Query):
    """In which situation."""

    situation: str = Field(
        "",
        max_length=2000,
        pattern=r"^([A-Za-z0-9._-]{1,64}:[A-Za-z0-9._-]{1,64}(,|$))*$",
        description="已回答的情形，如 mode:chain,area:large",
    )


class MaterialPath(IdPath):
    """A material of an application."""

    key: Key = Field(description="材料代号")


class Wanted(Body):
    """All that is missing, once."""

    wanted: Annotated[list[DeclaredBody], Field(min_length=1, max_length=200)]


class HandedIn(Body):
    """What was handed in afterwards."""

    materials: Annotated[list[DeclaredBody], Field(min_length=1, max_length=200)]


class Refusal(Body):
    """Why not, and by which law."""

    reason: Stated
    basis: Stated
    kind: Annotated[str, OneOf(messages.RefusalKind)] = "other"
    authority: Line = Field("", description="不属于本机关职权的：向哪个机关申请，及其地址")


class Withdrawal(Body):
    """Why it is taken back."""

    reason: Paragraph = ""


@api.post("/centers/<center>/applications", responses=gives(messages.Application, 201))
def receive_application(path: CenterPath, header: Creating, body: ApplicationBody) -> Response:
    """收件：窗口由号票，网上由登录的群众；返回收件凭证。"""
    answer = ask(
        current_gateway().clients.intake.ReceiveApplication,
        build(pb.ReceiveApplicationRequest, body, center_id=path.center),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.application, 201, location=f"/api/v1/applications/{answer.application.id}")


@api.get("/centers/<center>/items/<id>/checklist", responses=gives(messages.Checklist))
def get_checklist(path: ChecklistPath, query: SituationQuery) -> Response:
    """在某一情形下申请一个事项需要的材料、表单和费用；登录的群众还得到已知的表单内容。"""
    pairs = [each.partition(":") for each in query.situation.split(",") if each]
    request = build(
        pb.GetChecklistRequest,
        center_id=path.center,
        item_id=path.id,
        situation=[{"question": question, "option": option} for question, _, option in pairs],
    )
    return resource(ask(current_gateway().clients.intake.GetChecklist, request).checklist)


@api.get("/centers/<center>/applications", responses=gives_page(messages.Application))
def list_applications(path: CenterPath, query: ApplicationsQuery) -> Response:
    """中心的申请；群众只见自己的。"""
    request = build(
        pb.ListApplicationsRequest,
        center_id=path.center,
        state=query.state,
        ticket_id=query.ticket,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = ask(current_gateway().clients.intake.ListApplications, request)
    return page(answer.applications, answer.next_cursor)


@api.get("/applications/<ref>", responses=gives(messages.Application))
def get_application(path: NamedPath) -> Response:
    """一件申请；工作人员凭编号，申请人凭查询码。"""
    application_id, code = id_or_code(path.ref)
    request = pb.GetApplicationRequest(application_id=application_id, code=code)
    return resource(ask(current_gateway().clients.intake.GetApplication, request).application)


@api.post("/applications/<id>/applicant", responses=gives(messages.Applicant))
def show_applicant(path: IdPath, body: Purpose) -> Response:
    """查看申请人的完整信息；须说明目的并留痕。"""
    request = pb.ShowApplicantRequest(application_id=path.id, purpose=body.purpose)
    return resource(ask(current_gateway().clients.intake.ShowApplicant, request).applicant)


@api.put("/applications/<id>/materials/<key>", responses=gives(messages.Application))
def record_material(path: MaterialPath, header: Editing, body: MaterialState) -> Response:
    """登记一份材料的收取情况。"""
    material = build(pb.DeclaredMaterial, body, key=path.key)
    request = pb.RecordMaterialRequest(application_id=path.id, material=material, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.RecordMaterial, request).application)


@api.post("/applications/<id>/accept", responses=gives(messages.Application))
def accept_application(path: IdPath, header: Editing) -> Response:
    """受理。"""
    request = pb.AcceptApplicationRequest(application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.AcceptApplication, request).application)


@api.post("/applications/<id>/supplement-request", responses=gives(messages.Application))
def request_supplement(path: IdPath, header: Editing, body: Wanted) -> Response:
    """一次性告知需要补正的全部内容；只能告知一次。"""
    request = build(pb.RequestSupplementRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.RequestSupplement, request).application)


@api.post("/applications/<ref>/supplement", responses=gives(messages.Application))
def hand_in_supplement(path: NamedPath, header: Editing, body: HandedIn) -> Response:
    """提交补正的材料；申请人凭查询码。"""
    application_id, code = id_or_code(path.ref)
    request = build(
        pb.HandInSupplementRequest, body, application_id=application_id, code=code, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.intake.HandInSupplement, request).application)


@api.post("/applications/<id>/refuse", responses=gives(messages.Application))
def refuse_application(path: IdPath, header: Editing, body: Refusal) -> Response:
    """不予受理，说明理由和依据。"""
    request = build(pb.RefuseApplicationRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.RefuseApplication, request).application)


@api.post("/applications/<ref>/withdraw", responses=gives(messages.Application))
def withdraw_application(path: NamedPath, header: Editing, body: Withdrawal) -> Response:
    """在作出判断前撤回；申请人凭查询码。"""
    application_id, code = id_or_code(path.ref)
    request = build(
        pb.WithdrawApplicationRequest, body, application_id=application_id, code=code, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.intake.WithdrawApplication, request).application)
