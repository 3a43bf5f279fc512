"""Policies: every setting of a center with its source, inherited ones included."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from pydantic import Field

from gateway.answers import gives, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Editing
from gateway.routing import ResourceRoutes
from gateway.wire import free
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import service_pb2 as pb

api = ResourceRoutes("policies", "中心参数")


class SettingPath(CenterPath):
    """One setting of a center."""

    key: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z][a-z0-9_.]*$")]


class SettingBody(Body):
    """Its new value."""

    value: Any = Field(description="新值，类型须与该参数一致")


@api.get("/centers/<center>/policy", responses=gives(messages.Policy))
def get_policy(path: CenterPath) -> Response:
    """中心的全部参数及其来源。"""
    request = pb.GetPolicyRequest(center_id=path.center)
    return resource(ask(current_gateway().clients.catalog.GetPolicy, request).policy)


@api.put("/centers/<center>/policy/<key>", responses=gives(messages.Policy))
def set_policy(path: SettingPath, header: Editing, body: SettingBody) -> Response:
    """设定一项参数；下级中心随之继承。"""
    request = pb.SetPolicyRequest(
        center_id=path.center, key=path.key, value=free(body.value), expected_version=header.version
    )
    return resource(ask(current_gateway().clients.catalog.SetPolicy, request).policy)


@api.delete("/centers/<center>/policy/<key>", responses=gives(messages.Policy))
def reset_policy(path: SettingPath, header: Editing) -> Response:
    """取消本中心的设定，恢复上级或缺省的值。"""
    request = pb.SetPolicyRequest(center_id=path.center, key=path.key, expected_version=header.version)
    return resource(ask(current_gateway().clients.catalog.SetPolicy, request).policy)
