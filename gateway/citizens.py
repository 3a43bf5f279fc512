"""Citizens' sign-in in its demo form: the code is shown on the page instead of being sent to a phone.

Embedded mode only, and there only where it is switched on: a code proves nothing about who asks for it. A
session is a signed token that holds the person's key and masked name; what they signed in with is sealed in it, to be
put into their own forms, so that no log or browser can read a number out of it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from gateway.auth import CITIZEN_PREFIX
from kit.actor import Actor
from kit.errors import Forbidden, Unauthenticated
from kit.privacy import mask_name, person_key
from kit.resident_id import read_resident_id
from kit.workdays import local_date

#: Our own choice, as the demo form has no model: a code holds for five to ten minutes, a session for thirty.
CODE_SECONDS = 300
SESSION_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, in full."""

    name: str
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CitizenSession:
    """A citizen's session: its token, and what a page may show."""

    token: str
    name_masked: str
    expires_at: datetime


def session_serializer(secret: bytes) -> URLSafeSerializer:
    """Signs the sessions of a site's citizens."""
    return URLSafeSerializer(
        secret,
        salt=b"gateway:citizen-session",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


class CitizenDesk:
    """Gives codes and sessions to citizens."""

    def __init__(self, secret: bytes, *, embedded: bool, now: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._embedded = embedded
        self._now = now
        self._code_key = hmac.new(secret, b"gateway:citizen-code", hashlib.sha256).digest()
        self._sessions = session_serializer(secret)
        self._box = SecretBox(hmac.new(secret, b"gateway:citizen-person", hashlib.sha256).digest())

    def code(self, id_number: str, name: str) -> str:
        """The code that this person proves themselves with. Raises ``Forbidden``, ``Invalid``."""
        self._require_embedded()
        return self._code(self._number(id_number), name.strip(), self._step())

    def sign_in(self, id_number: str, name: str, code: str) -> CitizenSession:
        """A session for whoever shows the person's code. Raises ``Forbidden``, ``Invalid``, ``Unauthenticated``."""
        self._require_embedded()
        number, name, step = self._number(id_number), name.strip(), self._step()
        good = [self._code(number, name, at) for at in (step, step - 1)]
        if not any(hmac.compare_digest(code.encode(), each.encode()) for each in good):
            raise Unauthenticated("citizen_code_wrong", "验证码不正确或已过期，请重新获取验证码。")
        expires = int(self._now()) + SESSION_SECONDS
        claims = {
            "sub": person_key(self._secret, number),
            "name": mask_name(name),
            "own": base64_encode(bytes(self._box.encrypt(orjson.dumps([name, number])))).decode(),
            "sid": secrets.token_urlsafe(16),
            "exp": expires,
        }
        token = CITIZEN_PREFIX + str(self._sessions.dumps(claims))
        return CitizenSession(token, mask_name(name), datetime.fromtimestamp(expires, UTC))

    def person(self, session_token: str) -> Person | None:
        """What a citizen signed in with, for their own forms; ``None``: it isn't known."""
        try:
            sealed = base64_decode(str(self._claims(session_token)["own"]))
            name, number = orjson.loads(self._box.decrypt(sealed))
        except (BadData, CryptoError, KeyError, ValueError):
            return None
        return Person(name, number)

    def actor(self, session_token: str) -> tuple[Actor, str]:
        """Who a session belongs to, and its id. Raises ``Unauthenticated``."""
        try:
            claims = self._claims(session_token)
            person, name, session_id = str(claims["sub"]), str(claims["name"]), str(claims["sid"])
            expired = self._now() >= float(claims["exp"])
        except (BadData, KeyError, TypeError, ValueError) as error:
            raise Unauthenticated("session_invalid", "登录状态无效，请重新登录。") from error
        if expired or not self._embedded:
            raise Unauthenticated("session_expired", "登录已过期，请重新登录。")
        return Actor(id=f"citizen:{person}", name=name, roles=frozenset({"citizen", "public"})), session_id

    def _claims(self, session_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = self._sessions.loads(session_token.removeprefix(CITIZEN_PREFIX))
        return claims

    def _number(self, id_number: str) -> str:
        return read_resident_id(id_number, today=local_date(datetime.fromtimestamp(self._now(), UTC))).number

    def _step(self) -> int:
        return int(self._now()) // CODE_SECONDS

    def _code(self, id_number: str, name: str, step: int) -> str:
        digest = hmac.new(self._code_key, f"{id_number}\n{name}\n{step}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"

    def _require_embedded(self) -> None:
        if not self._embedded:
            raise Forbidden("citizen_sign_in_unavailable", "演示登录仅限单机演示模式，请到窗口办理或使用统一身份认证。")
