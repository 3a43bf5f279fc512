"""Centers: the tree of the site, its departments, lanes and windows."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Editing, Key, Line, OneOf, Said
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import service_pb2 as pb

api = ResourceRoutes("centers", "中心")


class DepartmentBody(Body):
    """A department of a center (进驻部门)."""

    key: Key
    name: Said
    credit_code: Annotated[str, Field(max_length=18, description="统一社会信用代码")] = ""
    phone: Annotated[str, Field(max_length=30)] = ""


class LaneBody(Body):
    """A queue."""

    key: Key
    prefix: Annotated[str, Field(pattern=r"^[A-Z]{1,2}$", description="号票字母")]
    name: Said


class WindowBody(Body):
    """A counter window."""

    id: Key
    number: Annotated[str, Field(min_length=1, max_length=10)]
    name: Said
    kind: Annotated[str, OneOf(messages.WindowKind)]
    lanes: Annotated[list[Key], Field(max_length=50)] = Field(default_factory=list)


class CenterBody(Body):
    """A center's whole description."""

    name: Said
    level: Annotated[str, OneOf(messages.CenterLevel)]
    parent_id: Annotated[str, Field(max_length=64, description="上级中心代码，根为空")] = ""
    address: Line = ""
    phone: Annotated[str, Field(max_length=30)] = ""
    departments: Annotated[list[DepartmentBody], Field(max_length=200)] = Field(default_factory=list)
    lanes: Annotated[list[LaneBody], Field(max_length=50)] = Field(default_factory=list)
    windows: Annotated[list[WindowBody], Field(max_length=500)] = Field(default_factory=list)


@api.get("/centers", responses=gives_page(messages.Center))
def list_centers() -> Response:
    """本站点的中心，上级在前。"""
    return page(ask(current_gateway().clients.catalog.ListCenters, pb.ListCentersRequest()).centers)


@api.get("/centers/<center>", responses=gives(messages.Center))
def get_center(path: CenterPath) -> Response:
    """一个中心及其部门、队列、窗口。"""
    request = pb.GetCenterRequest(center_id=path.center)
    return resource(ask(current_gateway().clients.catalog.GetCenter, request).center)


@api.put("/centers/<center>", responses=gives(messages.Center))
def put_center(path: CenterPath, header: Editing, body: CenterBody) -> Response:
    """新增中心；或带 If-Match 整体替换其信息。"""
    center = build(messages.Center, body, id=path.center)
    request = pb.PutCenterRequest(center=center, expected_version=header.version)
    return resource(ask(current_gateway().clients.catalog.PutCenter, request).center)
