"""What of an HTTP message a signature covers, and the bytes that stand for it (RFC 9421, section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from http_sf import StructuredFieldError, parse, ser

from kit.errors import Unauthenticated


class BadSignature(Unauthenticated):
    """A request's signature is missing, can't be read, or doesn't cover what it must."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was sent: the whole address, and each field's value under its lower-case name."""

    method: str
    target_uri: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """A response and the request that it answers."""

    status: int
    fields: Mapping[str, str]
    request: Request


@dataclass(frozen=True, slots=True)
class Component:
    """One covered part: a field or a derived part such as ``@method``."""

    name: str
    #: Of the request that the response answers.
    req: bool = False
    #: One member of a field that is a dictionary.
    key: str = ""

    def __str__(self) -> str:
        """The identifier as it stands in the signature's base."""
        params: dict[str, Any] = {}
        if self.req:
            params["req"] = True
        if self.key:
            params["key"] = self.key
        return ser((self.name, params))


def identified(name: str, params: Mapping[str, object]) -> Component:
    """The component of a parsed identifier. Raises ``BadSignature`` on what isn't known here."""
    req, key = params.get("req", False), params.get("key", "")
    if not set(params) <= {"req", "key"} or not isinstance(req, bool) or not isinstance(key, str):
        raise _unknown(name)
    return Component(name, req, key)


def base(message: Request | Response, covered: Sequence[tuple[str, Component]], params: str) -> bytes:
    """The signature's base (RFC 9421, 2.5): a line a component, then the parameters.

    ``covered`` gives each component with its identifier as the signer wrote it. Raises ``BadSignature`` when the
    message doesn't have one of them.
    """
    lines = [f"{identifier}: {_value(message, component)}" for identifier, component in covered]
    try:
        return "\n".join([*lines, f'"@signature-params": {params}']).encode("ascii")
    except UnicodeEncodeError:
        raise BadSignature("signature_malformed", "签名覆盖的内容含有非 ASCII 字符，请按规范编码后重试。") from None


def _value(message: Request | Response, component: Component) -> str:
    source: Request | Response = message
    if component.req:
        if isinstance(message, Request):
            raise _unknown(str(component))
        source = message.request
    if component.name.startswith("@"):
        return _derived(source, component)
    value = source.fields.get(component.name)
    if value is None:
        raise _absent(component)
    return _member(value, component) if component.key else value.strip()


def _derived(source: Request | Response, component: Component) -> str:
    if isinstance(source, Response):
        if component.name == "@status":
            return str(source.status)
        raise _unknown(str(component))
    target = urlsplit(source.target_uri)
    values: Final = {
        "@method": source.method,
        "@target-uri": source.target_uri,
        "@authority": _authority(target.scheme, target.netloc),
        "@scheme": target.scheme.lower(),
        "@path": target.path or "/",
        "@query": f"?{target.query}",
        "@request-target": (target.path or "/") + (f"?{target.query}" if target.query else ""),
    }
    if component.name not in values or component.key:
        raise _unknown(str(component))
    return values[component.name]


def _authority(scheme: str, netloc: str) -> str:
    """The host in lower case, without the port that the scheme has anyway."""
    default = {"http": ":80", "https": ":443"}.get(scheme.lower(), "")
    return netloc.lower().removesuffix(default) if default else netloc.lower()


def _member(value: str, component: Component) -> str:
    try:
        members = parse(value.encode("ascii"), tltype="dictionary")
        if not isinstance(members, dict) or component.key not in members:
            raise _absent(component)
        member = members[component.key]
        # A list with one member is written as that member alone is.
        return ser([member])
    except (StructuredFieldError, UnicodeEncodeError, ValueError):
        raise BadSignature(
            "signature_malformed", f"签名覆盖的字段 {component.name} 不是合法的结构化字段。", component=component.name
        ) from None


def _unknown(name: str) -> BadSignature:
    return BadSignature("signature_component_unknown", f"签名覆盖了本接口不支持的部分 {name}，请去掉后重试。")


def _absent(component: Component) -> BadSignature:
    return BadSignature(
        "signature_component_absent",
        f"签名覆盖的 {component} 不在报文中，请检查代理是否改写了请求。",
        component=component,
    )
