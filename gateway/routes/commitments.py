"""Applications by commitment (告知承诺): chosen, signed, verified, on record, appealed, repaired (rules D03–D05)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Editing, IdPath, NamedPath, OneOf, Paging, Reason, Said, Stated, id_or_code
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import following_pb2 as pb
from tongban.intake.v1 import messages_pb2 as messages

api = ResourceRoutes("commitments", "告知承诺")


class Choice(Body):
    """Whether it is done by commitment."""

    choice: Annotated[str, OneOf(commitments.CommitmentChoice)]


class Signature(Body):
    """Who signed the letter."""

    signed_by: Said = Field(description="签署告知承诺书的人")


class Verification(Body):
    """What a department found."""

    result: Annotated[str, OneOf(commitments.FindingResult)]
    said: Stated = Field(description="核查情况；需要整改的，写明整改内容")


class Objection(Body):
    """Why the record isn't right."""

    text: Stated


class BreachRuling(Body):
    """Whether the record holds, and why."""

    upheld: bool = Field(description="true 维持失信认定；false 撤销")
    ruling: Stated


class CommitmentsQuery(Paging):
    """Which commitments."""

    state: Annotated[str, OneOf(commitments.UndertakingState)] = "verifying"


@api.post("/applications/<id>/commitment", responses=gives(messages.Application))
def choose_commitment(path: IdPath, header: Editing, body: Choice) -> Response:
    """选择告知承诺方式并出具告知承诺书，或者改按一般程序办理；作出判断之前都可以改。"""
    request = build(pb.ChooseCommitmentRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.ChooseCommitment, request).application)


@api.post("/applications/<ref>/commitment/sign", responses=gives(messages.Application))
def sign_commitment(path: NamedPath, header: Editing, body: Signature) -> Response:
    """签署告知承诺书：窗口收下纸质签字件，或者申请人登录后凭查询码签署。"""
    application_id, code = id_or_code(path.ref)
    request = build(
        pb.SignCommitmentRequest, body, application_id=application_id, code=code, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.intake.SignCommitment, request).application)


@api.post("/applications/<id>/commitment/verify", responses=gives(messages.Application))
def verify_commitment(path: IdPath, header: Editing, body: Verification) -> Response:
    """承办部门登记核查结果：已履行；需要整改的限期整改；整改后仍不符合或者虚假承诺的，记入失信记录。"""
    request = build(pb.VerifyCommitmentRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.VerifyCommitment, request).application)


@api.get("/centers/<center>/commitments", responses=gives_page(messages.Application))
def list_commitments(path: CenterPath, query: CommitmentsQuery) -> Response:
    """待核查、整改中的告知承诺，按期限排列；或者失信记录。"""
    request = build(
        pb.ListCommitmentsRequest, center_id=path.center, state=query.state, limit=query.limit, cursor=query.cursor
    )
    answer = ask(current_gateway().clients.intake.ListCommitments, request)
    return page(answer.applications, answer.next_cursor)


@api.post("/applications/<ref>/breach/appeal", responses=gives(messages.Application))
def appeal_breach(path: NamedPath, header: Editing, body: Objection) -> Response:
    """对失信认定提出申诉，只能一次；申请人凭查询码。"""
    application_id, code = id_or_code(path.ref)
    request = build(
        pb.AppealBreachRequest, body, application_id=application_id, code=code, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.intake.AppealBreach, request).application)


@api.post("/applications/<id>/breach/ruling", responses=gives(messages.Application))
def rule_on_breach(path: IdPath, header: Editing, body: BreachRuling) -> Response:
    """处理申诉：维持或者撤销失信认定，须说明理由；参与认定的人员不能处理。"""
    request = build(pb.RuleOnBreachRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.RuleOnBreach, request).application)


@api.post("/applications/<id>/breach/repair", responses=gives(messages.Application))
def repair_breach(path: IdPath, header: Editing, body: Reason) -> Response:
    """信用修复：申请人可以再次采用告知承诺方式，须说明理由。"""
    request = pb.RepairBreachRequest(application_id=path.id, reason=body.reason, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.RepairBreach, request).application)
