"""Who is asking: from a bearer token or a cookie to the actor that the services know (convention 12).

A program sends ``Authorization: Bearer …``; a page's browser sends a cookie, and with every unsafe request the CSRF
token that is bound to the session. Whoever sends neither acts as the public.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from flask import Response, g, request

from kit.actor import PUBLIC, TOKEN_SECONDS, Actor, TokenSigner
from kit.errors import Forbidden, Unauthenticated
from kit.rpc.access import role_name
from kit.rpc.client import invoke
from tongban.workforce.v1 import messages_pb2, service_pb2
from tongban.workforce.v1.service_pb2_grpc import WorkforceServiceStub

#: One cookie for staff and citizens: signing in as the other replaces it.
COOKIE = "tongban_session"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
#: Sessions of citizens are told from those of staff by this; workforce's tokens never begin so.
CITIZEN_PREFIX = "citizen."

#: How long a session is believed without asking workforce again, in seconds of real time.
SESSION_CACHE_SECONDS = 10.0
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Way = Literal["none", "bearer", "cookie"]


@dataclass(slots=True)
class Identity:
    """Somebody, as the gateway knows them; signs what the services check, and signs anew before that expires."""

    actor: Actor
    #: Where CSRF tokens are bound to; changes with each sign-in, empty for the public.
    session_id: str = ""
    session_token: str = field(default="", repr=False)
    #: Staff only.
    principal: messages_pb2.Principal | None = None
    _signer: TokenSigner | None = field(default=None, repr=False)
    _token: str = field(default="", repr=False)
    _signed_at: float = 0.0

    @property
    def anonymous(self) -> bool:
        """Whether nobody has signed in."""
        return self.actor is PUBLIC

    def token(self) -> str:
        """An actor token with at least half of its life before it; empty for the public, who needs none."""
        if self._signer is None:
            return ""
        now = time.monotonic()
        if not self._token or now - self._signed_at > TOKEN_SECONDS / 2 - 1:
            self._token = self._signer.sign(self.actor)
            self._signed_at = now
        return self._token


ANONYMOUS = Identity(PUBLIC)


class Authenticator:
    """Knows who a session belongs to, from workforce's word, believed for a few seconds."""

    def __init__(
        self,
        workforce: WorkforceServiceStub,
        signer: TokenSigner,
        secret: bytes,
        citizen: Callable[[str], tuple[Actor, str]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        remembered: int = 4096,
    ) -> None:
        self._workforce = workforce
        self._signer = signer
        self._citizen = citizen
        self._monotonic = monotonic
        self._remembered = remembered
        self._csrf_key = hmac.new(secret, b"gateway:csrf", hashlib.sha256).digest()
        self._known: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        self._lock = threading.Lock()

    def sign_in(self, username: str, password: str) -> Identity:
        """Signs staff in. Raises what workforce raises: wrong password, locked account."""
        answer = invoke(self._workforce.SignIn, service_pb2.SignInRequest(username=username, password=password))
        return self._remember(answer.session_token, self._staff(answer.session_token, answer.principal))

    def sign_out(self, session_token: str) -> None:
        """Ends a session; a citizen's is only forgotten by their browser, it ends by itself."""
        with self._lock:
            self._known.pop(session_token, None)
        if not session_token.startswith(CITIZEN_PREFIX):
            invoke(self._workforce.SignOut, service_pb2.SignOutRequest(session_token=session_token))

    def identify(self, session_token: str) -> Identity:
        """Who a session belongs to. Raises ``Unauthenticated`` when it is none, or over."""
        now = self._monotonic()
        with self._lock:
            known = self._known.get(session_token)
        if known is not None and now - known[1] < SESSION_CACHE_SECONDS:
            return known[0]
        if session_token.startswith(CITIZEN_PREFIX):
            actor, session_id = self._citizen(session_token)
            return self._remember(session_token, Identity(actor, session_id, session_token, None, self._signer))
        answer = invoke(self._workforce.GetSession, service_pb2.GetSessionRequest(session_token=session_token))
        return self._remember(session_token, self._staff(session_token, answer.principal))

    def forget(self, session_token: str) -> None:
        """The next request asks workforce again, e.g. after a change of password or a leave."""
        with self._lock:
            self._known.pop(session_token, None)

    def csrf_token(self, session_id: str) -> str:
        """What a page must send back with its forms."""
        digest = hmac.new(self._csrf_key, session_id.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def _staff(self, session_token: str, principal: messages_pb2.Principal) -> Identity:
        actor = Actor(
            id=principal.staff_id,
            name=principal.name,
            roles=frozenset(role_name(role) for role in principal.roles) | {"public"},
            centers=frozenset(principal.centers),
            department=principal.department_key,
            window=principal.window_id,
            away=principal.away,
            stand_in=principal.stand_in_name,
        )
        return Identity(actor, principal.session_id, session_token, principal, self._signer)

    def _remember(self, session_token: str, found: Identity) -> Identity:
        with self._lock:
            self._known[session_token] = (found, self._monotonic())
            self._known.move_to_end(session_token)
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return found


def identity() -> Identity:
    """Who makes the request at hand; the public outside one that was authenticated."""
    found: Identity = g.get("identity", ANONYMOUS)
    return found


def authenticate(authenticator: Authenticator, own_origin: str = "") -> None:
    """Finds out who makes the request at hand, and refuses one that a foreign page made a browser send.

    ``own_origin`` is where the site's pages come from, when a proxy doesn't hand the name on that browsers asked for.

    Raises ``Unauthenticated`` on a bad bearer token. A cookie that is over counts as none, so that the pages for
    everybody still open. Raises ``Forbidden`` (``cross_site_request``, ``csrf_failed``).
    """
    g.identity = ANONYMOUS
    way, session_token = _credential()
    if way != "bearer" and request.method not in _SAFE_METHODS:
        _refuse_foreign_page(own_origin)
    if way == "none":
        return
    try:
        g.identity = authenticator.identify(session_token)
    except Unauthenticated:
        if way == "bearer":
            raise
        g.session_over = True
        return
    if way == "cookie" and request.method not in _SAFE_METHODS:
        _check_csrf(authenticator.csrf_token(g.identity.session_id))


def session_over() -> bool:
    """Whether the browser sent a cookie of a session that is over."""
    return bool(g.get("session_over", False))


def csrf_token(authenticator: Authenticator) -> str:
    """The CSRF token of the request's session; empty for the public, who has nothing to protect."""
    return "" if identity().anonymous else authenticator.csrf_token(identity().session_id)


def set_session_cookie(response: Response, found: Identity, *, https: bool) -> None:
    """Lets a browser keep the session until it is closed; how long it lasts, the session itself says."""
    response.set_cookie(
        COOKIE, found.session_token, httponly=True, samesite="Lax", secure=https or request.is_secure, path="/"
    )


def clear_session_cookie(response: Response, *, https: bool) -> None:
    """Lets a browser forget the session."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=https or request.is_secure, path="/")


def _credential() -> tuple[Way, str]:
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("token_invalid", "身份凭证格式不正确，请使用 Bearer 凭证或重新登录。")
        return "bearer", token.strip()
    cookie = request.cookies.get(COOKIE, "")
    return ("cookie", cookie) if cookie else ("none", "")


def _refuse_foreign_page(own_origin: str) -> None:
    """A browser says where a request comes from; one that another site's page sends is never meant."""
    origin = request.headers.get("Origin", "")
    ours = ("", own_origin.rstrip("/"), f"{request.scheme}://{request.host}", f"https://{request.host}")
    if request.headers.get("Sec-Fetch-Site", "") == "cross-site" or origin not in ours:
        raise Forbidden("cross_site_request", "请求来自其他网站，已拒绝。请从本站页面操作。")


def _check_csrf(expected: str) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given = request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden("csrf_failed", "页面已失效，请刷新页面后重新提交。")
