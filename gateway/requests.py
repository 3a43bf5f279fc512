"""The request as it is read here: strictly, within limits, and told apart when it can't be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from flask import Request, request

from gateway.errors import Malformed, WrongType

#: Nothing that we take is nested deeper than a few levels.
MAX_DEPTH = 32

#: A text, or what would be one if it had an end: so that each byte is read once, whatever somebody sends.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class StrictRequest(Request):
    """Reads JSON bodies as UTF-8 objects of limited depth, and nothing else as JSON."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body as an object; ``silent`` has no effect: what can't be read is never taken for nothing.

        Raises ``WrongType``, ``Malformed``.
        """
        if not hasattr(self, "_object"):
            self._object = self._read_object()
        return self._object

    def _read_object(self) -> dict[str, Any]:
        data = self.get_data(cache=True)
        if not self.is_json and data:
            raise WrongType("content_type_unsupported", "请以 application/json 提交内容。")
        if not data.strip():
            raise Malformed("body_missing", "请求缺少内容，请以 JSON 对象提交。")
        return parse_object(data)


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises ``Malformed`` when it is none; its depth is counted before anything is built."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("body_not_utf8", "内容不是 UTF-8 编码，请转换编码后重新提交。") from error
    if _depth(data) > MAX_DEPTH:
        raise Malformed("json_too_deep", f"JSON 嵌套过深，最多 {MAX_DEPTH} 层。", limit=MAX_DEPTH)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Malformed("json_malformed", "内容不是合法的 JSON，请检查格式。") from error
    if not isinstance(value, dict):
        raise Malformed("json_not_object", "内容应为 JSON 对象。")
    return value


def _depth(data: bytes) -> int:
    """How deep the brackets are nested, or 0 where they can't be too deep."""
    # Nearly every body: with so few brackets none can be deep, whatever stands in its texts.
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", data)):
        if bracket.group() in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if depth > MAX_DEPTH:
                break
        else:
            depth -= 1
    return deepest


def check_address() -> None:
    """Refuses a path or query that isn't UTF-8, which would otherwise be read as something else.

    Raises ``Malformed``.
    """
    path: str = request.environ.get("PATH_INFO", "")
    try:
        path.encode("latin-1").decode("utf-8")
        _unquote(request.query_string).decode("utf-8")
    except UnicodeError as error:
        raise Malformed("address_not_utf8", "地址不是 UTF-8 编码，请核对后重试。") from error


def _unquote(query: bytes) -> bytes:
    if b"%" not in query:
        return query
    return re.sub(rb"%([0-9a-fA-F]{2})", lambda found: bytes((int(found[1], 16),)), query)


def client_address() -> str:
    """Where the request comes from, as far as the proxies in front are believed."""
    return request.remote_addr or ""


def client_gone() -> Callable[[], bool]:
    """Tells, also after the request was answered, whether whoever listens to a stream has hung up."""
    asked: Callable[[], bool] | None = request.environ.get("waitress.client_disconnected")
    return asked if asked is not None else lambda: False
