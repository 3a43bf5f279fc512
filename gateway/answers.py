"""Responses: how a message becomes one, and how the document says so.

A route answers with a resource (a message, flat, with its ETag), with a page of them, or with a whole response message
where several things stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request
from google.protobuf.message import Message

from gateway import wire
from gateway.schemas import Schema, descriptor_of, reference, schema_of

JSON = "application/json"
#: What the document says of responses, by status.
Responses = dict[str, Any]

# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────


def resource(message: Message, status: int = 200, *, location: str = "", **beside: Message | None) -> Response:
    """A resource with its ETag; ``beside`` are messages that stand in it under names of their own."""
    content = wire.to_json(message)
    for name, other in beside.items():
        content[name] = None if other is None else wire.value_of(other)
    response = _json(content, status)
    version = content.get("version")
    if isinstance(version, int):
        response.set_etag(str(version))
    if location:
        response.headers["Location"] = location
    return response


def whole(message: Message, status: int = 200) -> Response:
    """A response message as it is."""
    return _json(wire.to_json(message), status)


def page(messages: Iterable[Message], next_cursor: str = "") -> Response:
    """A page of resources, with where the next one is."""
    response = _json({"items": [wire.to_json(each) for each in messages], "next_cursor": next_cursor or None})
    if next_cursor:
        query = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
        target = f"{request.path}?{urlencode([*query, ('cursor', next_cursor)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    return response


def content(values: dict[str, Any], status: int = 200) -> Response:
    """Values that no message holds."""
    return _json(values, status)


def nothing() -> Response:
    """Done, with nothing to say."""
    return Response(status=204)


def event_stream(events: Iterator[bytes]) -> Response:
    """Server-sent events; the server closes the iterator when the listener is gone."""
    response = Response(events, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers a page first would never send one
    return response


def _json(values: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(values), status, content_type=JSON)


# ── Documenting ──────────────────────────────────────────────────────────────────────────────────────────────────


def gives(cls: type[Message], status: int = 200, **beside: type[Message]) -> Responses:
    """Documents ``resource``."""
    schema = reference(cls)
    if beside:
        schema = schema_of(descriptor_of(cls))
        for name, other in beside.items():
            schema["properties"][name] = {"anyOf": [reference(other), {"type": "null"}]}
            schema["required"].append(name)
    headers = {}
    if "version" in cls.DESCRIPTOR.fields_by_name:
        headers["ETag"] = {"description": "版本，供 If-Match 使用", "schema": {"type": "string"}}
    return _described(status, schema, headers)


def gives_page(cls: type[Message]) -> Responses:
    """Documents ``page``."""
    schema = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": reference(cls)},
            "next_cursor": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["items", "next_cursor"],
        "additionalProperties": False,
    }
    headers = {"Link": {"description": "下一页的地址 (rel=next)", "schema": {"type": "string"}}}
    return _described(200, schema, headers)


def gives_content(schema: Schema, status: int = 200) -> Responses:
    """Documents ``content``."""
    return _described(status, schema)


def gives_nothing() -> Responses:
    """Documents ``nothing``."""
    return {"204": {"description": "已完成"}}


def gives_file(*types: str) -> Responses:
    """Documents a file of one of these types."""
    binary = {"type": "string", "format": "binary"}
    listed = {"type": "array", "items": {"type": "object"}}
    content = {each: {"schema": listed if each == JSON else binary} for each in types}
    return {"200": {"description": "文件", "content": content}}


def _described(status: int, schema: Schema, headers: dict[str, Any] | None = None) -> Responses:
    described: dict[str, Any] = {
        "description": "已创建" if status == 201 else "成功",
        "content": {JSON: {"schema": schema}},
    }
    if headers:
        described["headers"] = headers
    return {str(status): described}
