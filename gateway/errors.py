"""Errors at the web's edge: every one becomes a problem document (RFC 9457) in Chinese with a stable code.

Pages show them as a page instead: they hang a ``PageRenderer`` on the app.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

import orjson
from flask import Flask, Response, current_app, g, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge, RequestTimeout
from werkzeug.exceptions import NotFound as NoRoute

from gateway.auth import identity
from gateway.limits import RateLimited
from gateway.messages import explain
from kit.errors import Forbidden, Invalid, NotFound, TongbanError, Unauthenticated

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
_RENDERER = "tongban.error_page"

#: Shows a problem as a page; gets the problem document.
PageRenderer = Callable[[dict[str, Any]], str]

_TITLES = {
    400: "请求格式错误",
    401: "需要登录",
    403: "没有权限",
    404: "未找到",
    405: "不支持的操作",
    409: "当前状态不允许",
    412: "内容已被修改",
    413: "内容过大",
    415: "不支持的内容类型",
    422: "内容有误",
    429: "操作过于频繁",
    431: "请求头过大",
    500: "系统内部错误",
    503: "服务暂时不可用",
}
_INTERNAL = TongbanError("internal", "系统内部错误，请稍后重试；如仍不能解决，请将追踪编号告知管理员。")


class Malformed(Invalid):
    """The request can't even be read."""

    status = 400


class TooLarge(Invalid):
    """The body is larger than is taken here."""

    status = 413

    def __init__(self, limit: int = 0) -> None:
        most = f"，最多 {limit // 1024} KB" if limit else ""
        super().__init__("body_too_large", f"提交的内容过大{most}，请精简后重新提交。", limit=limit)


class WrongType(Invalid):
    """The body is of a type that isn't taken here."""

    status = 415


class HeadersTooLarge(Invalid):
    """More headers than any browser sends."""

    status = 431

    def __init__(self) -> None:
        super().__init__("headers_too_large", "请求头过大，请清除本站的 Cookie 后重试。")


class FieldsInvalid(Invalid):
    """Fields are wrong: each is named with what is wrong with it."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("fields_invalid", "提交的内容有误，请按提示逐项修改。")
        self.fields = [
            {
                "field": ".".join(str(part) for part in each["loc"]) or "body",
                "code": each["type"],
                "message": explain(each["type"], each.get("ctx", {})),
            }
            for each in error.errors(include_url=False, include_input=False)
        ]


class UnknownRoute(NotFound):
    """Nothing stands at this address."""

    def __init__(self) -> None:
        super().__init__("route_unknown", "地址不存在，请核对后重试。")


class WrongMethod(Invalid):
    """What stands at this address doesn't do that."""

    status = 405

    def __init__(self) -> None:
        super().__init__("method_not_allowed", "该地址不支持此操作方法。")


def install(app: Flask) -> None:
    """Answers every error of an app with a problem document."""
    app.register_error_handler(TongbanError, _tongban_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _accident)


def render_pages_with(app: Flask, renderer: PageRenderer) -> None:
    """Shows errors as a page to browsers that ask for one outside the API."""
    app.extensions[_RENDERER] = renderer


def problem(error: TongbanError, instance: str = "", trace_id: str = "") -> dict[str, Any]:
    """The problem document of an error."""
    document: dict[str, Any] = {
        "type": f"urn:tongban:problem:{error.code}",
        "title": _TITLES.get(error.status, _TITLES[500]),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "instance": instance,
        "trace_id": trace_id,
        "retryable": error.retryable,
        "details": error.details,
        "errors": [],
    }
    if isinstance(error, FieldsInvalid):
        document["errors"] = error.fields
    elif "field" in error.details:
        document["errors"] = [{"field": error.details["field"], "code": error.code, "message": error.message}]
    return document


def answer(error: TongbanError) -> Response:
    """The response that an error is answered with."""
    if isinstance(error, Forbidden) and error.code == "role_not_allowed" and identity().anonymous:
        error = Unauthenticated("sign_in_required", "请先登录后再操作。")
    document = problem(error, request.path, g.get("trace_id", ""))
    renderer: PageRenderer | None = current_app.extensions.get(_RENDERER)
    if renderer is not None and _wants_page():
        response = Response(renderer(document), error.status, mimetype="text/html")
    else:
        response = Response(orjson.dumps(document), error.status, content_type=PROBLEM_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    elif error.status == 503:
        response.headers["Retry-After"] = "2"
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="tongban"'
    g.problem_code = error.code
    return response


def _wants_page() -> bool:
    if request.path.startswith("/api/"):
        return False
    accepted = request.accept_mimetypes
    return accepted["text/html"] > 0 and accepted["text/html"] >= accepted[PROBLEM_TYPE]


def _tongban_error(error: TongbanError) -> Response:
    # Why a service failed names files and machines: that is for its operators.
    reason = error.details.pop("reason", "") if error.status >= 500 else ""
    if error.status >= 500 and (reason or not error.retryable):
        log.error("%s answered with %s, trace %s %s", request.endpoint, error.code, g.get("trace_id", ""), reason)
        if error.code == "internal":
            error = _INTERNAL
    return answer(error)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return cast(Response, error.response)
    if isinstance(error, NoRoute):
        return answer(UnknownRoute())
    if isinstance(error, MethodNotAllowed):
        response = answer(WrongMethod())
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response
    if isinstance(error, RequestEntityTooLarge):
        return answer(TooLarge(request.max_content_length or 0))
    if isinstance(error, RequestTimeout) or (error.code is not None and 400 <= error.code < 500):
        return answer(Malformed("request_malformed", "请求格式不正确，请核对后重试。"))
    return _accident(error)


def _accident(error: Exception) -> Response:
    log.error("%s failed, trace %s", request.endpoint, g.get("trace_id", ""), exc_info=error)
    return answer(_INTERNAL)
