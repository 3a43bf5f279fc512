"""Joint cases at their lead (多地联办): opened, followed, merged, withdrawn (rules P01)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Creating, Editing, IdPath, Omittable, OneOf, Paging, Said, Stated
from gateway.routes.parts import CaseBody, Outcome, PlaceBody
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.federation.v1 import part_requests_pb2 as pb
from tongban.federation.v1 import parts_pb2 as messages

api = ResourceRoutes("joints", "多地联办")


class PlannedBody(Body):
    """A part that is asked for."""

    title: Said
    place: PlaceBody
    days: Annotated[int, Field(ge=1, le=365, description="该环节的办理工作日数")]


class JointBody(CaseBody):
    """A case that several sites handle together."""

    days: Annotated[int, Field(ge=1, le=365, description="整件的办理工作日数")]
    parts: Annotated[list[PlannedBody], Field(min_length=1, max_length=30)]


class MergedBody(Body):
    """What the lead says for all."""

    outcome: Outcome
    opinion: Stated


class Given(Body):
    """Why it is given up."""

    reason: Stated


class JointsQuery(Paging):
    """Which joint cases."""

    state: Omittable[Annotated[str, OneOf(messages.JointState)]] = None


@api.post("/joints", responses=gives(messages.Joint, 201))
def open_joint(header: Creating, body: JointBody) -> Response:
    """发起多地联办，本中心牵头。"""
    answer = ask(
        current_gateway().clients.cooperation.OpenJoint,
        build(pb.OpenJointRequest, body),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.joint, 201, location=f"/api/v1/joints/{answer.joint.id}")


@api.get("/centers/<center>/joints", responses=gives_page(messages.Joint))
def list_joints(path: CenterPath, query: JointsQuery) -> Response:
    """中心牵头的多地联办件。"""
    request = build(pb.ListJointsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.cooperation.ListJoints, request)
    return page(answer.joints, answer.next_cursor)


@api.get("/joints/<id>", responses=gives(messages.Joint))
def get_joint(path: IdPath) -> Response:
    """一件多地联办件及其各环节。"""
    return resource(ask(current_gateway().clients.cooperation.GetJoint, pb.GetJointRequest(joint_id=path.id)).joint)


@api.post("/joints/<id>/merge", responses=gives(messages.Joint))
def merge_joint(path: IdPath, header: Editing, body: MergedBody) -> Response:
    """各环节均已答复后，合并答复。"""
    request = build(pb.MergeJointRequest, body, joint_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.MergeJoint, request).joint)


@api.post("/joints/<id>/withdraw", responses=gives(messages.Joint))
def withdraw_joint(path: IdPath, header: Editing, body: Given) -> Response:
    """撤回多地联办件。"""
    request = build(pb.WithdrawJointRequest, body, joint_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.WithdrawJoint, request).joint)
