"""Case files after their term: held, or destroyed by a list of two people (销毁清册)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Creating, Editing, IdPath, Key, Paging, Reason, Said
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.archive.v1 import destruction_pb2 as pb
from tongban.archive.v1 import messages_pb2 as messages

api = ResourceRoutes("destructions", "案卷销毁")


class DestructionBody(Body):
    """Which files, and why."""

    file_ids: Annotated[list[Key], Field(min_length=1, max_length=200)]
    reason: Said


class DestructionWord(Body):
    """What another person says of a list."""

    approved: bool
    opinion: Said


@api.post("/case-files/<id>/hold", responses=gives(messages.CaseFile))
def hold_case_file(path: IdPath, header: Editing, body: Reason) -> Response:
    """暂缓销毁：无论保管期限如何都保留，说明原因。"""
    request = build(pb.HoldCaseFileRequest, body, file_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.archive.HoldCaseFile, request).file)


@api.post("/case-files/<id>/lift-hold", responses=gives(messages.CaseFile))
def lift_hold(path: IdPath, header: Editing, body: Reason) -> Response:
    """解除暂缓销毁，说明原因。"""
    request = build(pb.LiftHoldRequest, body, file_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.archive.LiftHold, request).file)


@api.post("/centers/<center>/destructions", responses=gives(pb.Destruction, 201))
def propose_destruction(path: CenterPath, header: Creating, body: DestructionBody) -> Response:
    """提出销毁清册：保管期满且未暂缓销毁的案卷。"""
    request = build(pb.ProposeDestructionRequest, body, center_id=path.center)
    client = current_gateway().clients.archive
    answer = ask(client.ProposeDestruction, request, idempotency_key=header.idempotency_key)
    return resource(answer.destruction, 201, location=f"/api/v1/destructions/{answer.destruction.id}")


@api.get("/centers/<center>/destructions", responses=gives_page(pb.Destruction))
def list_destructions(path: CenterPath, query: Paging) -> Response:
    """中心的销毁清册。"""
    request = build(pb.ListDestructionsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.archive.ListDestructions, request)
    return page(answer.destructions, answer.next_cursor)


@api.get("/destructions/<id>", responses=gives(pb.Destruction))
def get_destruction(path: IdPath) -> Response:
    """一份销毁清册。"""
    request = pb.GetDestructionRequest(destruction_id=path.id)
    return resource(ask(current_gateway().clients.archive.GetDestruction, request).destruction)


@api.post("/destructions/<id>/decide", responses=gives(pb.Destruction))
def decide_destruction(path: IdPath, header: Editing, body: DestructionWord) -> Response:
    """由提出人以外的人审批；批准后即销毁。"""
    request = build(pb.DecideDestructionRequest, body, destruction_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.archive.DecideDestruction, request).destruction)
