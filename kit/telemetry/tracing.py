"""Traces over HTTP, gRPC and events, and the id of the request that a piece of work belongs to.

Where nothing records, a trace's id only passes through, so that the logs of several processes can be put together.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

#: The header that carries a request's id from the gateway to the services.
REQUEST_ID = "x-request-id"
#: What a span may be told: never a word of what anybody typed.
Facts = Mapping[str, str | int | float]

_tracer = trace.get_tracer("tongban")
_recording = False


def record_with(provider: trace.TracerProvider) -> None:
    """From now on spans are recorded by this provider; once a process."""
    global _recording  # noqa: PLW0603 - as OpenTelemetry's own provider is: one a process
    trace.set_tracer_provider(provider)
    _recording = True


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, parent: Mapping[str, str] | None = None, facts: Facts | None = None
) -> AbstractContextManager[Span]:
    """A span around a piece of work; ``parent`` are headers that may hold a ``traceparent`` and a request's id."""
    return _recorded(name, kind, parent, facts) if _recording else _Passing(parent)


def inner_span(name: str, facts: Facts | None = None) -> AbstractContextManager[Span]:
    """A span within another; where there is none, or it isn't recorded, none is begun: sweeps make no traces."""
    if _recording and trace.get_current_span().is_recording():
        return _recorded(name, SpanKind.CLIENT, None, facts)
    return _NOTHING


def begin_span(name: str, kind: SpanKind, traceparent: str, facts: Facts) -> Span:
    """A span of a trace that isn't the present one, for work on many at once; whoever begins it ends it."""
    if not (_recording and traceparent):
        return trace.INVALID_SPAN
    parent = propagate.extract({"traceparent": traceparent}, context=context.Context())
    return _tracer.start_span(name, context=parent, kind=kind, attributes=facts)


def traceparent_of(begun: Span) -> str:
    """A span's context as a header value."""
    headers: dict[str, str] = {}
    propagate.inject(headers, context=trace.set_span_in_context(begun, context.Context()))
    return headers.get("traceparent", "")


@contextmanager
def _recorded(name: str, kind: SpanKind, parent: Mapping[str, str] | None, facts: Facts | None) -> Iterator[Span]:
    token = context.attach(propagate.extract(parent)) if parent and "traceparent" in parent else None
    request = _request.set(parent[REQUEST_ID]) if parent and REQUEST_ID in parent else None
    try:
        with _tracer.start_as_current_span(
            name,
            kind=kind,
            attributes=facts,
            # An exception's words may hold what somebody typed: only its code is told.
            record_exception=False,
            set_status_on_exception=False,
        ) as current:
            try:
                yield current
            except Exception as error:
                failed(current, getattr(error, "code", type(error).__name__))
                raise
    finally:
        if request is not None:
            _request.reset(request)
        if token is not None:
            context.detach(token)


# Where nothing records, a trace only passes through, from the headers that come to the headers that go. The API's own
# no-op does that too, at a tenth of what a request costs the gateway.
_passing: contextvars.ContextVar[str] = contextvars.ContextVar("tongban_traceparent", default="")
_request: contextvars.ContextVar[str] = contextvars.ContextVar("tongban_request_id", default="")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class _Passing(AbstractContextManager[Span]):
    """Keeps the trace of the headers while a piece of work lasts; headers without one leave the present one."""

    __slots__ = ("_parent", "_request", "_token")

    def __init__(self, parent: Mapping[str, str] | None) -> None:
        self._parent = parent
        self._token: contextvars.Token[str] | None = None
        self._request: contextvars.Token[str] | None = None

    def __enter__(self) -> Span:
        parent = self._parent
        if parent:
            given = parent.get("traceparent", "")
            if given and _TRACEPARENT.fullmatch(given):
                self._token = _passing.set(given)
            if REQUEST_ID in parent:
                self._request = _request.set(parent[REQUEST_ID])
        return trace.INVALID_SPAN

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            _passing.reset(self._token)
        if self._request is not None:
            _request.reset(self._request)


_NOTHING = _Passing(None)


def failed(current: Span, code: str) -> None:
    """Marks a span as failed with an error's stable code."""
    if current is not trace.INVALID_SPAN:
        current.set_status(Status(StatusCode.ERROR, code))


def tell(current: Span, name: str, value: str | int) -> None:
    """Adds a fact to a span; never what anybody typed."""
    if current is not trace.INVALID_SPAN:
        current.set_attribute(name, value)


def inject(headers: MutableMapping[str, str]) -> None:
    """Adds the present trace and request to outgoing headers."""
    if _recording:
        propagate.inject(headers)
    elif passing := _passing.get():
        headers["traceparent"] = passing
    if request := _request.get():
        headers[REQUEST_ID] = request


def traceparent() -> str:
    """The present trace as a header value; empty without one."""
    if not _recording:
        return _passing.get()
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers.get("traceparent", "")


def trace_id() -> str:
    """The present trace's id for logs and error answers; empty without one."""
    if not _recording:
        return _passing.get()[3:35]
    found = trace.get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else ""


def span_id() -> str:
    """The present span's id for logs; empty where nothing records."""
    found = trace.get_current_span().get_span_context() if _recording else trace.INVALID_SPAN_CONTEXT
    return f"{found.span_id:016x}" if found.is_valid else ""


def request_id() -> str:
    """The id of the request that this work is for; empty without one."""
    return _request.get()
