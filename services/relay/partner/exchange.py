"""One HTTP exchange: the request as the server read it, the answer, and problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from kit.errors import Invalid, NotFound, TongbanError
from services.relay.partner.components import Request, Response
from services.relay.partner.wire import encode_json

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
BYTES: Final = "application/octet-stream"

REASONS: Final = {
    200: "OK", 206: "Partial Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large",
    415: "Unsupported Media Type", 416: "Range Not Satisfiable", 422: "Unprocessable Content", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip
_TITLES: Final = {
    400: "请求格式错误", 401: "签名未通过", 403: "没有权限", 404: "未找到", 405: "不支持的操作", 409: "当前状态不允许",
    412: "内容已被修改", 413: "内容过大", 415: "不支持的内容类型", 416: "范围无效", 422: "内容有误", 429: "操作过于频繁",
    431: "请求头过大", 503: "服务暂时不可用",
}  # fmt: skip
INTERNAL: Final = TongbanError("internal", "系统内部错误，请稍后重试；如仍不能解决，请联系对方站点管理员。")


class Malformed(Invalid):
    """The request can't be read."""

    status = 400


class TooLarge(Invalid):
    """The body is larger than is taken here."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__("body_too_large", f"请求内容过大，最多 {limit // 1024} KB，请分批提交。", limit=limit)


class WrongType(Invalid):
    """The body is of a type or an encoding that isn't taken here."""

    status = 415


class RangeRefused(Invalid):
    """No such part of a file."""

    status = 416


class WrongMethod(Invalid):
    """What stands at this address doesn't do that."""

    status = 405

    def __init__(self, allowed: str) -> None:
        super().__init__("method_not_allowed", f"该地址只支持 {allowed}。", allow=allowed)


class UnknownRoute(NotFound):
    """Nothing stands at this address."""

    def __init__(self) -> None:
        super().__init__("route_unknown", "地址不存在，请核对接口文档。")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its body."""

    message: Request
    path: str
    query: str
    content: bytes = field(repr=False)

    def parameters(self, *names: str) -> dict[str, str]:
        """The query's parameters. Raises ``Malformed`` on any that isn't named here or comes twice."""
        found: dict[str, str] = {}
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, strict_parsing=True) if self.query else []
        except ValueError:
            raise Malformed("query_malformed", "查询参数格式不正确。") from None
        for name, value in pairs:
            if name not in names or name in found:
                raise Malformed("query_malformed", f"查询参数 {name[:40]} 不支持或重复。", parameter=name[:40])
            found[name] = value
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: int
    content: bytes = field(repr=False)
    type: str = JSON
    fields: Mapping[str, str] = field(default_factory=dict)

    def message(self, request: Request, fields: Mapping[str, str]) -> Response:
        """As a signature covers it."""
        return Response(self.status, {name.lower(): value for name, value in fields.items()}, request)


def answered(value: dict[str, Any], status: int = 200, **fields: str) -> Answer:
    """An answer in JSON; ``Some_Field`` stands for the header ``Some-Field``."""
    return Answer(status, encode_json(value), JSON, {name.replace("_", "-"): text for name, text in fields.items()})


def problem(error: TongbanError, path: str, **more: object) -> Answer:
    """The problem document of an error; ``more`` are extension members."""
    status = error.status if error.status in REASONS else 500
    document: dict[str, Any] = {
        "type": f"urn:tongban:problem:{error.code}",
        "title": _TITLES.get(status, "系统内部错误"),
        "status": status,
        "detail": error.message,
        "code": error.code,
        "instance": path,
        "retryable": error.retryable,
        "details": {name: value for name, value in error.details.items() if name != "reason"},
        **more,
    }
    fields = {}
    if status == 405:
        fields["Allow"] = error.details.get("allow", "")
    if error.retryable:
        fields["Retry-After"] = error.details.get("retry_after", "2")
    if status == 401:
        # What a request is to be signed with: RFC 9421 has no scheme of its own for this field.
        fields["WWW-Authenticate"] = "Signature"
    return Answer(status, encode_json(document), PROBLEM, fields)


def asked(environ: WSGIEnvironment, base_url: str, max_body: int) -> Asked:
    """The request as it was sent. Raises ``TooLarge``, ``Malformed``, ``WrongType``.

    The address that its sender signed is rebuilt from ``base_url``, which the operator gave: no header says it.
    """
    target = _target(environ)
    path, _, query = target.partition("?")
    request = Request(str(environ["REQUEST_METHOD"]), base_url + target, _fields(environ))
    if request.fields.get("content-encoding", "identity").lower() != "identity":
        raise WrongType("content_encoding_unsupported", "不接受压缩的请求内容，请去掉 Content-Encoding 后重试。")
    return Asked(request, path, query, _content(environ, max_body))


def _target(environ: WSGIEnvironment) -> str:
    """The request line's target, byte by byte: waitress keeps it, others may not."""
    raw = environ.get("REQUEST_URI")
    if not isinstance(raw, str) or not raw.startswith("/") or not raw.isascii() or "#" in raw:
        raise Malformed("target_malformed", "请求地址须为以 / 开头的路径。")
    return raw


def _content(environ: WSGIEnvironment, max_body: int) -> bytes:
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        raise Malformed("request_malformed", "Content-Length 格式不正确。")
    if int(length) > max_body:
        raise TooLarge(max_body)
    content: bytes = environ["wsgi.input"].read(max_body + 1)
    if len(content) > max_body:
        raise TooLarge(max_body)
    return content


def _fields(environ: WSGIEnvironment) -> dict[str, str]:
    fields = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            fields[name.replace("_", "-").lower()] = environ[name]
    return fields
