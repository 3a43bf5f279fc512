"""The circumstances of one call: who asks, when, and whether it was asked before."""

from __future__ import annotations

import contextvars
from dataclasses import dataclass, replace
from datetime import datetime

from kit.actor import Actor


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A key that the caller chose for a creating call, and what the call said.

    ``key`` is already joined to the caller and the RPC, so that nobody meets another's key; ``fingerprint`` is the
    SHA-256 of the request.
    """

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Call:
    """What every use case is told besides its arguments."""

    actor: Actor
    now: datetime
    idempotency: Idempotency | None = None
    #: The signed token that proved the actor, to be passed on when this call asks another service.
    token: str = ""

    def by(self, actor: Actor) -> Call:
        """The same call made by somebody else."""
        return replace(self, actor=actor)


_current: contextvars.ContextVar[Call] = contextvars.ContextVar("tongban_call")


def current_call() -> Call:
    """The call that this thread is serving; set by the server's interceptor. Raises ``LookupError`` outside one."""
    return _current.get()


def enter_call(call: Call) -> contextvars.Token[Call]:
    """Sets the call that this thread is serving."""
    return _current.set(call)


def leave_call(token: contextvars.Token[Call]) -> None:
    """Takes it back."""
    _current.reset(token)
