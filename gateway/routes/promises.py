"""What follows an acceptance or a notice: promises, permissions to ask again, originals given back."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Editing, IdPath, Key, NamedPath, Paging, Reason, Said, id_or_code
from gateway.routes.applications import HandedIn
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.intake.v1 import following_pb2 as following
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as pb

api = ResourceRoutes("promises", "容缺与再次告知")


class Deferral(Body):
    """What is promised for later, and who signed that."""

    deferred: Annotated[list[Key], Field(min_length=1, max_length=200, description="容缺后补的次要材料")]
    signed_by: Said = Field(description="签署承诺书的人")


class PromisesQuery(Paging):
    """Which promises."""

    lapsed: bool = Field(False, description="未履行且未修复的，即不得容缺受理的名单；缺省为尚待补交的")


class ReturnedBody(Body):
    """Originals of one material."""

    key: Key
    pieces: Annotated[int, Field(ge=1, le=1000)]


class Returning(Body):
    """What is given back, and to whom."""

    returned: Annotated[list[ReturnedBody], Field(min_length=1, max_length=200)]
    taken_by: Said = Field(description="领取人")


@api.post("/applications/<id>/accept-on-promise", responses=gives(messages.Application))
def accept_on_promise(path: IdPath, header: Editing, body: Deferral) -> Response:
    """容缺受理：主要材料齐全，次要材料由申请人书面承诺后补。"""
    request = build(pb.AcceptApplicationRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.AcceptApplication, request).application)


@api.post("/applications/<ref>/owed", responses=gives(messages.Application))
def hand_in_owed(path: NamedPath, header: Editing, body: HandedIn) -> Response:
    """补交承诺后补的材料；申请人凭查询码，须先上传。"""
    application_id, code = id_or_code(path.ref)
    request = build(
        pb.HandInOwedRequest, body, application_id=application_id, code=code, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.intake.HandInOwed, request).application)


@api.get("/centers/<center>/promises", responses=gives_page(messages.Application))
def list_promises(path: CenterPath, query: PromisesQuery) -> Response:
    """容缺台账：尚待补交的，按期限排列；或未履行承诺的。"""
    request = following.ListPromisesRequest(
        center_id=path.center, lapsed=query.lapsed, limit=query.limit, cursor=query.cursor
    )
    answer = ask(current_gateway().clients.intake.ListPromises, request)
    return page(answer.applications, answer.next_cursor)


@api.post("/applications/<id>/promise/repair", responses=gives(messages.Application))
def repair_promise(path: IdPath, header: Editing, body: Reason) -> Response:
    """信用修复：申请人可以再次容缺受理，须说明理由。"""
    request = following.RepairPromiseRequest(
        application_id=path.id, reason=body.reason, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.intake.RepairPromise, request).application)


@api.post("/applications/<id>/further-notice", responses=gives(messages.Application))
def permit_further_notice(path: IdPath, header: Editing, body: Reason) -> Response:
    """监督人员说明理由，批准窗口再次告知补正；记入部门。"""
    request = following.PermitFurtherNoticeRequest(
        application_id=path.id, reason=body.reason, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.intake.PermitFurtherNotice, request).application)


@api.post("/applications/<id>/originals/return", responses=gives(messages.Application))
def return_originals(path: IdPath, header: Editing, body: Returning) -> Response:
    """退还原件。"""
    request = build(following.ReturnOriginalsRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.intake.ReturnOriginals, request).application)
