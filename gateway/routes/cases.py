"""Cases (办件): through their steps to decision, result and delivery."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource, whole
from gateway.clients import ask, ask_for_paper
from gateway.context import current_gateway
from gateway.models import (
    AnyKey,
    Body,
    CenterPath,
    Day,
    Editing,
    IdPath,
    Key,
    Line,
    NamedPath,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Query,
    Stated,
    id_or_code,
)
from gateway.routes.materials import pdf
from gateway.routing import ResourceRoutes
from gateway.signatures import Signature, decoded
from gateway.wire import build
from tongban.approval_routing.v1 import certificates_pb2 as certificates
from tongban.approval_routing.v1 import licences_pb2
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import service_pb2 as pb

api = ResourceRoutes("cases", "办件")


class CasesQuery(Paging):
    """Which cases."""

    scope: Annotated[str, OneOf(pb.CaseScope)] = Field(
        "center", description="center 全中心；claimable 可认领的；mine 已认领的；extensions 待审核延期的"
    )
    state: Omittable[Annotated[str, OneOf(messages.CaseState)]] = None
    department: str = Field("", max_length=64, description="部门代号")


class LicencesQuery(Paging):
    """Which results that are valid for a time."""

    state: Annotated[str, OneOf(licences_pb2.LicenceState)] = Field(
        "valid", description="valid 有效；continued 视为准予延续；renewed 已换发；expired 已失效"
    )
    before: Omittable[Day] = Field(None, description="只列出有效期在此日之前届满的")
    apply_within_days: int = Field(0, ge=0, le=3650, description="只列出应在此天数内申请延续、尚未申请的；0 为不限")
    query: str = Field("", max_length=80, description="证照编号、名称、事项或者持有人（已隐去部分）中的字词")
    item: str = Field("", max_length=64, description="事项编号")


class StepQuery(Query):
    """Which step."""

    step: Annotated[AnyKey, Field(description="环节键；多个环节同时办理时须指明")] = ""


class Opinion(Body):
    """What the step found."""

    opinion: Paragraph = ""


class Grounds(Body):
    """Why."""

    reason: Stated


class EndBody(Body):
    """That a result holds no more."""

    kind: Annotated[str, OneOf(certificates.ResultEndKind)] = Field(
        description="revoked 撤销（许可法第六十九条）、cancelled 注销（第七十条）"
    )
    reason: Stated
    basis: Stated = Field(description="所依据的条款")


class ReturnBody(Grounds):
    """Why, and where to."""

    to_step: Annotated[AnyKey, Field(description="退回到哪一环节；缺省为上一环节")] = ""


class DecisionBody(Body):
    """The decision."""

    outcome: Annotated[str, OneOf(messages.Outcome)]
    reason: Paragraph = Field("", description="不予许可时必填")
    basis: Paragraph = Field("", description="依据；不予许可时必填")


class PauseBody(Body):
    """A special procedure that stops the clock."""

    kind: Key = Field(description="特别程序种类，须为事项所列")
    expected_days: Annotated[int, Field(ge=0, le=3660)] = 0
    reason: Stated


class ExtensionBody(Body):
    """The one extension of the limit."""

    amount: Annotated[int, Field(ge=1, le=3650)] = Field(description="延长多少，单位同事项的延期规定")
    reason: Stated
    approved_by: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="批准延期的负责人姓名")


class ExtensionReview(Body):
    """The center's word on an extension."""

    granted: bool
    opinion: Paragraph = Field("", description="不同意时必填")


class NoticeQuery(Query):
    """Which notice."""

    number: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="文号")


class TakerBody(Body):
    """Who takes it at a window."""

    by_agent: bool = Field(False, description="代理人领取；须有授权委托书")
    id_type: Annotated[str, Field(max_length=20, pattern=r"^[a-z_]*$")] = ""
    id_number: Annotated[str, Field(max_length=30, pattern=r"^[0-9A-Za-z()（）-]*$", description="留存时遮盖")] = ""
    check: Annotated[str, Field(pattern=r"^(card_reader|seen|other)?$", description="核验方式")] = ""
    authority: Line = Field("", description="授权委托书")
    signature: Signature = ""


class Delivery(Body):
    """How it reached the applicant."""

    method: Annotated[str, Field(pattern=r"^(window|post|electronic)$")]
    received_by: Line = ""
    tracking_number: Annotated[str, Field(max_length=64)] = ""
    taker: TakerBody = Field(default_factory=TakerBody, description="窗口领取的领取人")


@api.get("/centers/<center>/cases", responses=gives_page(messages.Case))
def list_cases(path: CenterPath, query: CasesQuery) -> Response:
    """办件：全中心的、可认领的，或已认领的。"""
    request = build(
        pb.ListCasesRequest,
        center_id=path.center,
        scope=query.scope,
        state=query.state,
        department_key=query.department,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = ask(current_gateway().clients.approval_routing.ListCases, request)
    return page(answer.cases, answer.next_cursor)


@api.get("/centers/<center>/licences", responses=gives_page(licences_pb2.Licence))
def list_licences(path: CenterPath, query: LicencesQuery) -> Response:
    """有有效期的办理结果，先届满的在前。"""
    request = build(
        licences_pb2.ListLicencesRequest,
        center_id=path.center,
        state=query.state,
        before=query.before,
        apply_within_days=query.apply_within_days,
        query=query.query,
        item_id=query.item,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = ask(current_gateway().clients.approval_routing.ListLicences, request)
    return page(answer.licences, answer.next_cursor)


@api.get("/licences/<id>", responses=gives(licences_pb2.GetLicenceResponse))
def get_licence(path: IdPath) -> Response:
    """一份有有效期的办理结果，及其提醒、延续和终止情况。"""
    request = licences_pb2.GetLicenceRequest(licence_id=path.id)
    return resource(ask(current_gateway().clients.approval_routing.GetLicence, request))


@api.get("/cases/<ref>", responses=gives(messages.Case))
def get_case(path: NamedPath) -> Response:
    """一个办件；工作人员凭编号，申请人凭查询码。"""
    case_id, code = id_or_code(path.ref)
    request = pb.GetCaseRequest(case_id=case_id, code=code)
    return resource(ask(current_gateway().clients.approval_routing.GetCase, request).case)


@api.post("/cases/<id>/claim", responses=gives(messages.Case))
def claim_step(path: IdPath, header: Editing, query: StepQuery) -> Response:
    """认领当前步骤。"""
    request = pb.ClaimStepRequest(case_id=path.id, expected_version=header.version, step_key=query.step)
    return resource(ask(current_gateway().clients.approval_routing.ClaimStep, request).case)


@api.post("/cases/<id>/release", responses=gives(messages.Case))
def release_step(path: IdPath, header: Editing, query: StepQuery) -> Response:
    """退还已认领的步骤。"""
    request = pb.ReleaseStepRequest(case_id=path.id, expected_version=header.version, step_key=query.step)
    return resource(ask(current_gateway().clients.approval_routing.ReleaseStep, request).case)


@api.post("/cases/<id>/pass", responses=gives(messages.Case))
def pass_step(path: IdPath, header: Editing, query: StepQuery, body: Opinion) -> Response:
    """当前步骤通过，转下一步。"""
    request = pb.PassStepRequest(
        case_id=path.id, opinion=body.opinion, expected_version=header.version, step_key=query.step
    )
    return resource(ask(current_gateway().clients.approval_routing.PassStep, request).case)


@api.post("/cases/<id>/return", responses=gives(messages.Case))
def return_step(path: IdPath, header: Editing, query: StepQuery, body: ReturnBody) -> Response:
    """退回上一步并说明原因。"""
    request = pb.ReturnStepRequest(
        case_id=path.id,
        reason=body.reason,
        expected_version=header.version,
        step_key=query.step,
        to_step=body.to_step,
    )
    return resource(ask(current_gateway().clients.approval_routing.ReturnStep, request).case)


@api.post("/cases/<id>/reject", responses=gives(messages.Case))
def reject_step(path: IdPath, header: Editing, query: StepQuery, body: Grounds) -> Response:
    """建议不予许可，直接转决定步骤。"""
    request = pb.RejectStepRequest(
        case_id=path.id, reason=body.reason, expected_version=header.version, step_key=query.step
    )
    return resource(ask(current_gateway().clients.approval_routing.RejectStep, request).case)


@api.post("/cases/<id>/decide", responses=gives(messages.Case))
def decide_case(path: IdPath, header: Editing, body: DecisionBody) -> Response:
    """作出决定。"""
    request = build(pb.DecideCaseRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.DecideCase, request).case)


@api.post("/cases/<id>/pause", responses=gives(messages.Case))
def pause_case(path: IdPath, header: Editing, body: PauseBody) -> Response:
    """进入特别程序，期限停止计算。"""
    request = build(pb.PauseCaseRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.PauseCase, request).case)


@api.post("/cases/<id>/resume", responses=gives(messages.Case))
def resume_case(path: IdPath, header: Editing) -> Response:
    """特别程序结束，期限继续计算。"""
    request = pb.ResumeCaseRequest(case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.ResumeCase, request).case)


@api.post("/cases/<id>/extension", responses=gives(messages.Case))
def extend_case(path: IdPath, header: Editing, body: ExtensionBody) -> Response:
    """申请延长办理期限，只能一次；中心不审核的即时生效。"""
    request = build(pb.ExtendCaseRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.ExtendCase, request).case)


@api.post("/cases/<id>/extension/review", responses=gives(messages.Case))
def review_extension(path: IdPath, header: Editing, body: ExtensionReview) -> Response:
    """中心审核延期申请。"""
    request = build(pb.ReviewExtensionRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.ReviewExtension, request).case)


@api.post("/cases/<id>/result", responses=gives(messages.Case))
def issue_result(path: IdPath, header: Editing) -> Response:
    """出件。"""
    request = pb.IssueResultRequest(case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.IssueResult, request).case)


@api.post("/cases/<id>/result/deliver", responses=gives(messages.Case))
def deliver_result(path: IdPath, header: Editing, body: Delivery) -> Response:
    """送达结果，或不予许可的决定。"""
    said = body.model_dump(exclude={"taker": {"signature"}})
    request = build(pb.DeliverResultRequest, said, case_id=path.id, expected_version=header.version)
    request.taker.signature = decoded(body.taker.signature)
    return resource(ask(current_gateway().clients.approval_routing.DeliverResult, request).case)


@api.post("/cases/<id>/result/return", responses=gives(messages.Case))
def return_result(path: IdPath, header: Editing, body: Grounds) -> Response:
    """未能送达，退回部门。"""
    request = pb.ReturnResultRequest(case_id=path.id, reason=body.reason, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.ReturnResult, request).case)


@api.post("/cases/<id>/result/end", responses=gives(messages.Case))
def end_result(path: IdPath, header: Editing, body: EndBody) -> Response:
    """撤销或者注销已颁发的证照，须写明理由和依据；验真时可见。"""
    request = build(certificates.EndResultRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.approval_routing.EndResult, request).case)


@api.get("/cases/<ref>/result-paper", responses=gives_file("application/pdf"))
def get_result_paper(path: NamedPath) -> Response:
    """证照（PDF）；申请人凭查询码，电子送达的为全文。"""
    case_id, code = id_or_code(path.ref)
    request = certificates.GetResultPaperRequest(case_id=case_id, code=code)
    answer = ask_for_paper(current_gateway().clients.approval_routing.GetResultPaper, request)
    return pdf(answer.pdf, f"证照{answer.number}.pdf")


@api.get("/cases/<ref>/deadline", responses=gives(pb.ExplainDeadlineResponse))
def explain_deadline(path: NamedPath) -> Response:
    """到期日的逐日说明；申请人凭查询码。"""
    case_id, code = id_or_code(path.ref)
    request = pb.ExplainDeadlineRequest(case_id=case_id, code=code)
    return whole(ask(current_gateway().clients.approval_routing.ExplainDeadline, request))


@api.get("/cases/<ref>/clock-notice", responses=gives_file("application/pdf"))
def get_clock_notice(path: NamedPath, query: NoticeQuery) -> Response:
    """特别程序、延期的告知书（PDF）；申请人凭查询码。"""
    case_id, code = id_or_code(path.ref)
    request = pb.GetClockNoticeRequest(case_id=case_id, code=code, number=query.number)
    answer = ask_for_paper(current_gateway().clients.approval_routing.GetClockNotice, request)
    return pdf(answer.pdf, f"告知书{answer.number}.pdf")


@api.get("/cases/<ref>/decision-paper", responses=gives_file("application/pdf"))
def get_decision_paper(path: NamedPath) -> Response:
    """决定书（PDF）；申请人凭查询码。"""
    case_id, code = id_or_code(path.ref)
    request = pb.GetDecisionPaperRequest(case_id=case_id, code=code)
    answer = ask_for_paper(current_gateway().clients.approval_routing.GetDecisionPaper, request)
    return pdf(answer.pdf, f"决定书{answer.number}.pdf")
