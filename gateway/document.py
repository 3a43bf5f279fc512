"""The OpenAPI 3.1 document and its browsable page, which works without any network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Flask, Response
from pydantic import BaseModel, Field

from gateway import errors
from gateway.auth import COOKIE
from gateway.clients import SERVICES
from gateway.routing import PREFIX, Model, Operation, ResourceRoutes
from gateway.schemas import SHARED_PACKAGES, Schema, components, references

_DESCRIPTION = """\
政务服务中心开放接口。

- 时间一律为 UTC、精确到毫秒（`2026-11-23T02:00:00.000Z`），日期为当地日期（`2026-11-23`）。
- 列表用 `limit` 与 `cursor` 翻页；`next_cursor` 为 `null` 时没有下一页。
- 创建类请求可带 `Idempotency-Key`，重复发送只办理一次。键须为随机值（如 UUID）：未登录的请求共用同一个键空间，
  用可猜到的键会与他人的请求冲突；修改类请求可带 `If-Match`（所见版本的 `ETag`）。
- 出错时返回 `application/problem+json`：`code` 供程序判断，`detail` 用中文说明怎么办。
- 工作人员以 `POST /api/v1/sessions` 登录后使用 Bearer 凭证；凭单据上的查询码可办的事项无需登录。
"""

_PROBLEMS = {
    400: "请求无法读取：JSON、编码或地址有误",
    401: "未登录，或登录已失效",
    403: "没有权限",
    404: "没有找到",
    409: "当前状态不允许，或已被他人办理",
    412: "内容已被他人修改，请刷新后重试",
    413: "内容过大",
    415: "不支持的内容类型",
    422: "内容有误",
    429: "操作过于频繁",
    500: "系统内部错误",
    503: "服务暂时不可用",
}
_ALWAYS = (400, 401, 403, 404, 409, 422, 429, 500, 503)


class ProblemField(BaseModel):
    """One field that is wrong."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="哪里不对、怎么办")
    code: str = Field(description="稳定的错误代码")
    instance: str
    trace_id: str
    retryable: bool = Field(description="同样的请求稍后重发是否可能成功")
    details: dict[str, str]
    errors: list[ProblemField]


_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "登录后获得的凭证"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "页面登录后的会话"},
}


class Document(Flask):
    """The app that also describes itself."""

    def __init__(self) -> None:
        super().__init__("gateway", static_folder=None)
        self._resources: list[ResourceRoutes] = []

    def register_api(self, routes: ResourceRoutes) -> None:
        """Adds a resource's routes to the app and to the document."""
        self._resources.append(routes)
        self.register_blueprint(routes.blueprint)

    @cached_property
    def api_json(self) -> bytes:
        """The OpenAPI document as it is sent; made when it is first asked for, as few sites ever do."""
        return orjson.dumps(self.api_doc())

    def api_doc(self) -> dict[str, Any]:
        """The OpenAPI document."""
        operations = [each for routes in self._resources for each in routes.operations]
        schemas: dict[str, Schema] = {}
        paths: dict[str, Any] = {}
        for each in operations:
            path = PREFIX + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", each.rule)
            paths.setdefault(path, {})[each.method.lower()] = _operation(each, schemas)
        _schema(Problem, schemas)
        return {
            "openapi": "3.1.0",
            "info": {"title": "通办 Tongban", "version": version("tongban"), "description": _DESCRIPTION},
            "security": [{}, *({name: []} for name in _SECURITY)],
            "tags": [{"name": routes.title} for routes in self._resources],
            "paths": paths,
            "components": {
                "schemas": schemas | components(references([paths, schemas]) - set(schemas), _packages()),
                "responses": {f"Problem{status}": _problem(text) for status, text in _PROBLEMS.items()},
                "securitySchemes": _SECURITY,
            },
        }


def _operation(declared: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    """One operation; the schemas of its bodies are added to ``schemas``."""
    operation: dict[str, Any] = {
        "tags": [declared.tag],
        "summary": declared.summary,
        "operationId": declared.name,
    }
    parameters = [
        parameter
        for place in ("header", "path", "query")
        if place in declared.models
        for parameter in _parameters(place, _schema(declared.models[place]))
    ]
    if parameters:
        operation["parameters"] = parameters
    content = {media_type: {"schema": _AS_SENT.get(media_type, {"type": "string"})} for media_type in declared.takes}
    for place, media_type in (("form", "multipart/form-data"), ("body", "application/json")):
        if place in declared.models:
            _schema(declared.models[place], schemas)
            content[media_type] = {"schema": {"$ref": _REFERENCE.format(model=declared.models[place].__name__)}}
            operation["requestBody"] = {"required": True}
    if content:
        operation["requestBody"] = {**operation.get("requestBody", {}), "content": content}
    statuses = [*_ALWAYS, *((413, 415) if content else ())]
    if any(each["name"] == "If-Match" for each in parameters):
        statuses.append(412)
    problems = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}
    operation["responses"] = declared.responses | problems
    return operation


_REFERENCE = "#/components/schemas/{model}"
_AS_SENT = {"application/json": {"type": "object"}}


def _schema(model: Model, schemas: dict[str, Schema] | None = None) -> Schema:
    """A model's schema; it and those that it refers to are added to ``schemas``.

    Raises ``ValueError`` where another model has the name: one of them would be documented as the other.
    """
    schema = model.model_json_schema(ref_template=_REFERENCE)
    definitions = schema.pop("$defs", {})
    if schemas is not None:
        for name, each in (*definitions.items(), (model.__name__, schema)):
            if schemas.setdefault(name, each) != each:
                raise ValueError(f"several models are named {name}")
    return schema


def _parameters(place: str, schema: Schema) -> Iterable[dict[str, Any]]:
    for name, value in schema.get("properties", {}).items():
        described = {"description": value["description"]} if "description" in value else {}
        required = place == "path" or name in schema.get("required", ())
        yield {"name": name, "in": place, "required": required, "schema": value, **described}


def _problem(text: str) -> dict[str, Any]:
    return {
        "description": text,
        "content": {errors.PROBLEM_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
    }


def install(app: Document) -> None:
    """Serves the document, and a page to browse and try it."""
    assets = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
    blueprint = Blueprint(
        "document", __name__, url_prefix=PREFIX, static_folder=str(assets), static_url_path="/docs/ui"
    )

    def openapi() -> Response:
        return Response(app.api_json, mimetype="application/json")

    def page() -> Response:
        return Response(_PAGE, mimetype="text/html")

    def script() -> Response:
        return Response(_SCRIPT, mimetype="text/javascript")

    blueprint.add_url_rule("/openapi.json", "openapi", openapi)
    blueprint.add_url_rule("/docs", "page", page)
    blueprint.add_url_rule("/docs/start.js", "script", script)
    app.register_blueprint(blueprint)


def _packages() -> list[str]:
    return sorted({name.rpartition(".")[0] for name in SERVICES.values()} | SHARED_PACKAGES)


_PAGE = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>通办接口文档</title>
<link rel="icon" href="docs/ui/images/swagger.svg">
<link rel="stylesheet" href="docs/ui/css/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/ui/js/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_SCRIPT = """\
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, docExpansion: "none" });
"""
