"""Who acts: carried by every call in a short-lived signed token that each service verifies itself.

Tokens are JWTs signed with Ed25519 (RFC 9864) by whoever knows the people (the gateway); the services hold only the
public key. Their lifetime is real time, also under a demo clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from kit.errors import Forbidden, Unauthenticated
from kit.signing import BadToken, Signer, Verifier

#: How long a token lives, in seconds; a call that was queued longer than this is not carried out.
TOKEN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks for something, and the borders of what they may do.

    ``centers`` are the centers that the actor may work for; ``department`` narrows it further where a use case
    says so; ``on_behalf_of`` names the person whom an agent acts for.
    """

    id: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    centers: frozenset[str] = frozenset()
    department: str = ""
    window: str = ""
    on_behalf_of: str = ""
    #: On leave now; ``stand_in`` names who stands in, where somebody does.
    away: bool = False
    stand_in: str = ""

    def has(self, *roles: str) -> bool:
        """Whether the actor has one of these roles."""
        return not self.roles.isdisjoint(roles)

    def require(self, *roles: str) -> None:
        """Raises ``Forbidden`` unless the actor has one of these roles."""
        if not self.has(*roles):
            raise Forbidden("role_not_allowed", "您的岗位没有此项权限，请联系中心管理人员。")

    def require_present(self) -> None:
        """Raises ``Forbidden`` (``staff_on_leave``) for who is on leave: they act for nobody until it is over (rules V01)."""
        if self.away:
            raise on_leave(self.stand_in)

    def require_center(self, center: str) -> None:
        """Raises ``Forbidden`` unless the actor may work for this center (convention 12)."""
        if center not in self.centers:
            raise Forbidden("center_not_allowed", "您不能办理其他中心的业务，请核对所在中心。", center=center)

    def require_department(self, center: str, department: str) -> None:
        """Raises ``Forbidden`` unless the actor works for this department of this center."""
        self.require_center(center)
        if self.department != department:
            raise Forbidden("department_not_allowed", "该业务由其他部门办理，您没有权限。", department=department)


def on_leave(stand_in: str) -> Forbidden:
    """Why somebody on leave does nothing, and who does it."""
    who = f"由{stand_in}顶岗办理" if stand_in else "暂不能办理业务"
    return Forbidden("staff_on_leave", f"您正在请假，{who}；已返岗的，请先在“顶岗委托”中终止请假。")


#: Nobody in particular: a kiosk, a board, a phone with a slip's code.
PUBLIC = Actor(id="public", roles=frozenset({"public"}))


def service_actor(name: str) -> Actor:
    """A service that acts by itself, on an event or an alarm."""
    return Actor(id=f"service:{name}", name="系统", roles=frozenset({"service"}))


class TokenSigner:
    """Signs tokens; only the gateway, and operators' tools on the same machine, hold one."""

    def __init__(self, private_pem: str, issuer: str = "gateway", now: Callable[[], float] = time.time) -> None:
        self._signer = Signer(private_pem)
        self._issuer = issuer
        self._now = now

    def sign(self, actor: Actor, lifetime: int = TOKEN_SECONDS) -> str:
        """A token that proves the actor for ``lifetime`` seconds."""
        issued = int(self._now())
        claims = {
            "iss": self._issuer,
            "sub": actor.id,
            "iat": issued,
            "exp": issued + lifetime,
            "name": actor.name,
            "roles": sorted(actor.roles),
            "centers": sorted(actor.centers),
            "dept": actor.department,
            "win": actor.window,
            "obo": actor.on_behalf_of,
            "away": actor.away,
            "cover": actor.stand_in,
        }
        return self._signer.sign(claims)


@dataclass
class TokenVerifier:
    """Verifies tokens; remembers good ones until they expire, so that a busy caller costs one verification."""

    public_pem: str
    now: Callable[[], float] = time.time
    remembered: int = 4096
    _verifier: Verifier = field(init=False)
    _good: dict[str, tuple[Actor, float]] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._verifier = Verifier(self.public_pem)

    def verify(self, token: str) -> Actor:
        """The actor that the token proves. Raises ``Unauthenticated`` on a forged, foreign or expired one."""
        known = self._good.get(token)
        if known is not None and self.now() < known[1]:
            return known[0]
        try:
            claims = self._verifier.verify(token)
            expires = float(claims["exp"])
            actor = Actor(
                id=_text(claims, "sub"),
                name=_text(claims, "name"),
                roles=_texts(claims["roles"]),
                centers=_texts(claims["centers"]),
                department=_text(claims, "dept"),
                window=_text(claims, "win"),
                on_behalf_of=_text(claims, "obo"),
                away=claims.get("away") is True,
                stand_in=_text({"cover": "", **claims}, "cover"),
            )
        except (BadToken, KeyError, TypeError, ValueError) as error:
            raise Unauthenticated("token_invalid", "身份凭证无效，请重新登录。") from error
        if self.now() >= expires:
            raise Unauthenticated("token_expired", "身份凭证已过期，请重新登录。")
        with self._lock:
            if len(self._good) >= self.remembered:
                self._good.clear()
            self._good[token] = (actor, expires)
        return actor


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _texts(values: Iterable[object]) -> frozenset[str]:
    texts = frozenset(values)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("not texts")
    return texts  # type: ignore[return-value]


def narrowed(actor: Actor, centers: Iterable[str]) -> Actor:
    """The same actor for these centers only."""
    return replace(actor, centers=actor.centers & frozenset(centers))
