"""Sessions: staff sign in with a password, citizens in demo form with a code."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from gateway.answers import content, gives_content, gives_nothing, nothing
from gateway.auth import Identity, csrf_token, identity
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, IdNumber, Said
from gateway.requests import client_address
from gateway.routing import ResourceRoutes
from gateway.wire import iso, iso_time
from kit.errors import Unauthenticated
from tongban.workforce.v1.service_pb2 import ChangePasswordRequest

api = ResourceRoutes("sessions", "登录")

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_FLAG = {"type": "boolean"}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_WHO: dict[str, Any] = {
    "actor_id": _TEXT,
    "name": _TEXT,
    "roles": _TEXTS,
    "centers": _TEXTS,
    "center_id": _TEXT,
    "department_key": _TEXT,
    "window_id": _TEXT,
    "must_change_password": _FLAG,
    "expires_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
}
_SESSION = _object(token=_TEXT, **_WHO)
_CURRENT = _object(csrf_token=_TEXT, **_WHO)
_CITIZEN = _object(token=_TEXT, name=_TEXT, expires_at={"type": "string", "format": "date-time"})
_CODE = _object(code=_TEXT, notice=_TEXT, expires_in={"type": "integer"})


class SignIn(Body):
    """An account."""

    username: Said = Field(description="用户名")
    password: str = Field(min_length=1, max_length=256, description="密码")


class PasswordChange(Body):
    """The present password and the next."""

    old_password: str = Field(min_length=1, max_length=256)
    new_password: str = Field(min_length=1, max_length=256)


class Person(Body):
    """Who a citizen says they are."""

    id_number: IdNumber = Field(description="身份证号码，18 位")
    name: Said = Field(description="姓名")


class PersonCode(Person):
    """And what proves it."""

    code: str = Field(pattern=r"^[0-9]{6}$", description="页面显示的验证码")


@api.post("/sessions", responses=gives_content(_SESSION, 201))
def sign_in(body: SignIn) -> Response:
    """工作人员登录，返回 Bearer 凭证；多次输错会锁定账户。"""
    gateway = current_gateway()
    gateway.limits.sign_in(client_address())
    found = gateway.authenticator.sign_in(body.username, body.password)
    return content({"token": found.session_token, **_who(found)}, 201)


@api.get("/sessions/current", responses=gives_content(_CURRENT))
def current_session() -> Response:
    """当前登录的身份。"""
    return content({"csrf_token": csrf_token(current_gateway().authenticator), **_who(_signed_in())})


@api.delete("/sessions/current", responses=gives_nothing())
def sign_out() -> Response:
    """退出登录。"""
    current_gateway().authenticator.sign_out(_signed_in().session_token)
    return nothing()


@api.post("/sessions/current/password", responses=gives_nothing())
def change_password(body: PasswordChange) -> Response:
    """修改本人密码；其他登录随即失效。"""
    gateway = current_gateway()
    gateway.limits.sign_in(client_address())
    token = identity().session_token
    request = ChangePasswordRequest(old_password=body.old_password, new_password=body.new_password, session_token=token)
    ask(gateway.clients.workforce.ChangePassword, request)
    gateway.authenticator.forget(token)
    return nothing()


@api.post("/citizen/codes", responses=gives_content(_CODE, 201))
def citizen_code(body: Person) -> Response:
    """群众登录第一步（演示）：取得验证码。仅限单机演示模式，验证码直接返回而不发短信。"""
    gateway = current_gateway()
    gateway.limits.sign_in(client_address())
    code = gateway.citizens.code(body.id_number, body.name)
    return content({"code": code, "notice": "演示模式：验证码直接显示，不发送短信。", "expires_in": 300}, 201)


@api.post("/citizen/sessions", responses=gives_content(_CITIZEN, 201))
def citizen_sign_in(body: PersonCode) -> Response:
    """群众登录第二步（演示）：以验证码换取 30 分钟有效的凭证。"""
    gateway = current_gateway()
    gateway.limits.sign_in(client_address())
    session = gateway.citizens.sign_in(body.id_number, body.name, body.code)
    shown = {"token": session.token, "name": session.name_masked, "expires_at": iso_time(session.expires_at)}
    return content(shown, 201)


def _signed_in() -> Identity:
    if identity().anonymous:
        raise Unauthenticated("sign_in_required", "请先登录后再操作。")
    return identity()


def _who(found: Identity) -> dict[str, Any]:
    principal = found.principal
    return {
        "actor_id": found.actor.id,
        "name": found.actor.name,
        "roles": sorted(found.actor.roles),
        "centers": sorted(found.actor.centers),
        "center_id": principal.center_id if principal else "",
        "department_key": found.actor.department,
        "window_id": found.actor.window,
        "must_change_password": bool(principal and principal.must_change_password),
        "expires_at": iso(principal.session_expires_at) if principal else None,
    }
