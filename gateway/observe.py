"""What is known of a request afterwards: its ids, one log line, one measurement. Never its content."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request
from opentelemetry.trace import SpanKind

from gateway.auth import identity
from gateway.context import current_gateway
from kit import telemetry

log = logging.getLogger("gateway.access")

REQUEST_ID = "X-Request-Id"
TRACE_ID = "X-Trace-Id"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


#: Methods by name; what else a client makes up is no label, no span's name and no word in a log.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: Flask) -> None:
    """Gives every request ids and a trace, and writes down how it went; to be installed before anything else."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_leave)


def route() -> str:
    """The template of the route, e.g. ``/api/v1/tickets/<ticket>``; what a client makes up is never a label."""
    return request.url_rule.rule if request.url_rule is not None else "unmatched"


def method() -> str:
    """The request's method; one that nobody knows is ``OTHER``."""
    return request.method if request.method in _METHODS else "OTHER"


def _begin() -> None:
    g.began = time.perf_counter()
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    g.tracing = telemetry.span(f"{method()} {route()}", SpanKind.SERVER, _origin(g.request_id))
    g.span = g.tracing.__enter__()
    g.trace_id = telemetry.trace_id()


def _origin(request_id: str) -> dict[str, str]:
    """The request's id and the trace that it belongs to; without one a recording tracer begins one.

    Where nothing records, one is made up: its ids still travel, so that the logs of the services can be put together.
    """
    given = request.headers.get("traceparent", "")
    if _TRACEPARENT.fullmatch(given):
        return {"traceparent": given, telemetry.REQUEST_ID: request_id}
    if current_gateway().settings.telemetry != "off":
        return {telemetry.REQUEST_ID: request_id}
    random = secrets.token_hex(24)
    return {"traceparent": f"00-{random[:32]}-{random[32:]}-00", telemetry.REQUEST_ID: request_id}


def _end(response: Response) -> Response:
    response.headers[REQUEST_ID] = g.request_id
    response.headers[TRACE_ID] = g.trace_id
    elapsed = time.perf_counter() - g.began
    code = g.get("problem_code", "")
    labels: dict[str, str | int] = {
        "http.route": route(),
        "http.method": method(),
        "http.status": response.status_code,
    }
    telemetry.http_duration.record(elapsed, labels)
    if response.status_code >= 500:
        telemetry.failed(g.span, code or str(response.status_code))
    telemetry.tell(g.span, "http.response.status_code", response.status_code)
    log.info(
        "%s %s %d %.1fms actor=%s code=%s request=%s trace=%s",
        method(),
        route(),
        response.status_code,
        elapsed * 1000,
        identity().actor.id,
        code or "-",
        g.request_id,
        g.trace_id,
        extra={"facts": {**labels, "seconds": round(elapsed, 6), "actor": identity().actor.id, "code": code}},
    )
    return response


def _leave(_error: BaseException | None) -> None:
    tracing = g.pop("tracing", None)
    if tracing is not None:
        tracing.__exit__(None, None, None)
