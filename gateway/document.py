"""The OpenAPI 3.1 document and its browsable page, which works without any network."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, Field

from gateway import errors
from gateway.auth import COOKIE
from gateway.clients import SERVICES
from gateway.schemas import components, references

PREFIX = "/api/v1"

_DESCRIPTION = """\
政务服务中心开放接口。

- 时间一律为 UTC、精确到毫秒（`2026-11-23T02:00:00.000Z`），日期为当地日期（`2026-11-23`）。
- 列表用 `limit` 与 `cursor` 翻页；`next_cursor` 为 `null` 时没有下一页。
- 创建类请求可带 `Idempotency-Key`，重复发送只办理一次；修改类请求可带 `If-Match`（所见版本的 `ETag`）。
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


class Document(OpenAPI):
    """The app that also describes itself."""

    def generate_spec_json(self) -> None:
        """Completes what flask-openapi3 collected: problems on every operation, and the messages' schemas."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]
        spec: dict[str, Any] = self.spec_json
        for path in spec["paths"].values():
            for operation in path.values():
                _add_problems(operation)
        parts = spec["components"]
        schemas: dict[str, Any] = parts["schemas"]
        schemas |= components(references(spec) - set(schemas), _packages())
        parts["responses"] = {
            f"Problem{status}": {
                "description": text,
                "content": {errors.PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for status, text in _PROBLEMS.items()
        }


def create() -> Document:
    """An app without routes yet."""
    return Document(
        "gateway",
        info=Info(title="通办 Tongban", version=version("tongban"), description=_DESCRIPTION),
        security_schemes={
            "bearer": {"type": "http", "scheme": "bearer", "description": "登录后获得的凭证"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "页面登录后的会话"},
        },
        validation_error_model=Problem,
        validation_error_callback=errors.refuse_fields,
        doc_ui=False,
        static_folder=None,
        openapi_extensions={"security": [{}, {"bearer": []}, {"cookie": []}]},
    )


def install(app: Document) -> None:
    """Serves the document, and a page to browse and try it."""
    assets = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
    blueprint = Blueprint(
        "document", __name__, url_prefix=PREFIX, static_folder=str(assets), static_url_path="/docs/ui"
    )

    def openapi() -> Response:
        return jsonify(current_app.api_doc)  # type: ignore[attr-defined]

    def page() -> Response:
        return Response(_PAGE, mimetype="text/html")

    def script() -> Response:
        return Response(_SCRIPT, mimetype="text/javascript")

    blueprint.add_url_rule("/openapi.json", "openapi", openapi)
    blueprint.add_url_rule("/docs", "page", page)
    blueprint.add_url_rule("/docs/start.js", "script", script)
    app.register_blueprint(blueprint)


def _add_problems(operation: dict[str, Any]) -> None:
    statuses = list(_ALWAYS)
    if "requestBody" in operation:
        statuses += [413, 415]
    if any(each["name"] == "If-Match" for each in operation.get("parameters", [])):
        statuses.append(412)
    responses = {status: each for status, each in operation["responses"].items() if status != "422"}
    problems = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}
    operation["responses"] = responses | problems


def _packages() -> list[str]:
    return sorted(name.rpartition(".")[0] for name in SERVICES.values())


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
