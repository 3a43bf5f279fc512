"""Work lists (待办): running steps to take, held, of a department or a center, and one act on many of them."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Key, OneOf, Paging, Paragraph
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.approval_routing.v1 import tasks_pb2

api = ResourceRoutes("tasks", "待办环节")


class TasksQuery(Paging):
    """Which steps, in which order."""

    scope: Annotated[str, OneOf(tasks_pb2.TaskScope)] = Field(
        "pool", description="pool 可认领的；mine 已认领的；covered 代为办理的；department 本部门的；center 全中心的"
    )
    department: str = Field("", max_length=64, description="部门代号")
    query: str = Field("", max_length=80, description="在流水号、事项、申请人、环节、办理人中查找")
    item: str = Field("", max_length=64, description="事项编号")
    role: str = Field("", max_length=20, description="环节角色")
    overdue: bool = Field(False, description="只看已到期的")
    sort: Annotated[str, OneOf(tasks_pb2.TaskSort)] = Field("due", description="due 先到期的在前；since 等候久的在前")


class TaskRow(Body):
    """A step of a case."""

    case_id: Key
    step_key: Key
    version: Annotated[int, Field(ge=0, description="所见版本；0 为不限")] = 0


class BulkBody(Body):
    """What is done with each."""

    action: Annotated[str, OneOf(tasks_pb2.BulkAction)]
    rows: Annotated[list[TaskRow], Field(min_length=1, max_length=100)]
    words: Paragraph = Field("", description="意见，或者退回原因")


@api.get("/centers/<center>/tasks", responses=gives_page(tasks_pb2.Task))
def list_tasks(path: CenterPath, query: TasksQuery) -> Response:
    """待办环节：可认领的、已认领的、部门的或全中心的。"""
    request = build(
        tasks_pb2.ListTasksRequest,
        center_id=path.center,
        scope=query.scope,
        department_key=query.department,
        query=query.query,
        item_id=query.item,
        role=query.role,
        overdue=query.overdue,
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = ask(current_gateway().clients.approval_routing.ListTasks, request)
    return page(answer.tasks, answer.next_cursor)


@api.post("/tasks/bulk", responses=gives(tasks_pb2.ActOnStepsResponse))
def act_on_steps(body: BulkBody) -> Response:
    """批量认领、退还、通过或退回；每行各有结果。"""
    request = build(tasks_pb2.ActOnStepsRequest, body)
    return whole(ask(current_gateway().clients.approval_routing.ActOnSteps, request))
