"""Staff (人员), their accounts, and who sits at which window."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Creating, Day, Editing, IdPath, Key, Omittable, OneOf, Paging, Query, Said
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.access.v1 import access_pb2
from tongban.workforce.v1 import messages_pb2 as messages
from tongban.workforce.v1 import service_pb2 as pb

api = ResourceRoutes("staff", "人员")


class StaffBody(Body):
    """A member of staff."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    badge_number: Annotated[str, Field(max_length=30)] = ""
    center_id: Key
    department_key: Annotated[str, Field(max_length=64)] = ""
    posts: Annotated[list[Said], Field(max_length=20)] = Field(default_factory=list)
    roles: Annotated[list[Annotated[str, OneOf(access_pb2.Role)]], Field(max_length=10)]
    employment: Annotated[str, OneOf(messages.Employment)] | None = None
    state: Annotated[str, OneOf(messages.StaffState)] = "active"


class NewStaffBody(Body):
    """A member of staff with an account."""

    staff: StaffBody
    password: Annotated[str, Field(min_length=1, max_length=256, description="初始密码，首次登录须修改")]


class AssignmentBody(Body):
    """Who, and when."""

    staff_id: Key
    day: Day | None = Field(None, description="缺省为今天")


class DayQuery(Query):
    """Which day."""

    day: Omittable[Day] = Field(None, description="缺省为今天")


@api.get("/centers/<center>/staff", responses=gives_page(messages.Staff))
def list_staff(path: CenterPath, query: Paging) -> Response:
    """中心的人员。"""
    request = build(pb.ListStaffRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.workforce.ListStaff, request)
    return page(answer.staff, answer.next_cursor)


@api.post("/staff", responses=gives(messages.Staff, 201))
def add_staff(header: Creating, body: NewStaffBody) -> Response:
    """新增人员并开通账户。"""
    answer = ask(
        current_gateway().clients.workforce.AddStaff,
        build(pb.AddStaffRequest, body),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.staff, 201, location=f"/api/v1/staff/{answer.staff.id}")


@api.get("/staff/<id>", responses=gives(messages.Staff))
def get_staff(path: IdPath) -> Response:
    """一名人员。"""
    return resource(ask(current_gateway().clients.workforce.GetStaff, pb.GetStaffRequest(staff_id=path.id)).staff)


@api.put("/staff/<id>", responses=gives(messages.Staff))
def change_staff(path: IdPath, header: Editing, body: StaffBody) -> Response:
    """调整岗位、角色、部门或状态。"""
    staff = build(messages.Staff, body, id=path.id)
    request = pb.ChangeStaffRequest(staff=staff, expected_version=header.version)
    return resource(ask(current_gateway().clients.workforce.ChangeStaff, request).staff)


@api.post("/windows/<id>/assignments", responses=gives(messages.WindowAssignment))
def assign_window(path: IdPath, body: AssignmentBody) -> Response:
    """安排某日窗口的值守人员。"""
    request = build(pb.AssignWindowRequest, body, window_id=path.id)
    return resource(ask(current_gateway().clients.workforce.AssignWindow, request).assignment)


@api.get("/centers/<center>/assignments", responses=gives_page(messages.WindowAssignment))
def list_assignments(path: CenterPath, query: DayQuery) -> Response:
    """某日的窗口值守安排。"""
    request = build(pb.ListAssignmentsRequest, query, center_id=path.center)
    return page(ask(current_gateway().clients.workforce.ListAssignments, request).assignments)
