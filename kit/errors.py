"""Errors that cross every border whole: raised in a domain, sent over gRPC, shown as problem+json.

Each error has a stable ``code`` (snake_case, for machines), a ``message`` in Chinese that says what is wrong
and what to do, and ``details`` (strings by name, no personal data).
"""

from __future__ import annotations

from typing import ClassVar


class TongbanError(Exception):
    """Base of all errors that are answers, not accidents."""

    #: HTTP status at the web's edge (RFC 9457).
    status: ClassVar[int] = 500
    #: Whether the same request may succeed when it is sent again.
    retryable: ClassVar[bool] = False

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details: dict[str, str] = {name: str(value) for name, value in details.items()}


class Invalid(TongbanError):
    """The request is wrong in itself."""

    status = 422


class Unauthenticated(TongbanError):
    """Nobody knows who is asking, or the proof has expired."""

    status = 401


class Forbidden(TongbanError):
    """Whoever asks may not do or see this."""

    status = 403


class NotFound(TongbanError):
    """There is no such thing, or the asker may not know that there is."""

    status = 404


class Conflict(TongbanError):
    """The state doesn't allow it: somebody was faster, or it was done before."""

    status = 409


class Stale(Conflict):
    """The version that the asker saw isn't the present one (``If-Match``)."""

    status = 412


class Exhausted(TongbanError):
    """Too much or too often."""

    status = 429
    retryable = True


class Unavailable(TongbanError):
    """It can't be done now; later it can."""

    status = 503
    retryable = True


class NotReady(Unavailable):
    """What it needs isn't there yet, such as reference data on their way; all else works, and others needn't wait."""
