"""What is known of a request afterwards: its ids, one log line, one measurement. Never its content."""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextlib import ExitStack

from flask import Flask, Response, g, request
from opentelemetry.trace import SpanKind

from gateway.auth import identity
from kit import telemetry

log = logging.getLogger("gateway.access")

REQUEST_ID = "X-Request-Id"
TRACE_ID = "X-Trace-Id"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def install(app: Flask) -> None:
    """Gives every request ids and a trace, and writes down how it went; to be installed before anything else."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_leave)


def route() -> str:
    """The template of the route, e.g. ``/api/v1/tickets/<ticket>``; what a client makes up is never a label."""
    return request.url_rule.rule if request.url_rule is not None else "unmatched"


def _begin() -> None:
    g.began = time.perf_counter()
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    g.spans = ExitStack()
    parent = request.headers.get("traceparent", "")
    if not _TRACEPARENT.fullmatch(parent):
        parent = ""
    name = f"{request.method} {route()}"
    g.span = g.spans.enter_context(telemetry.span(name, SpanKind.SERVER, {"traceparent": parent} if parent else None))
    if not telemetry.trace_id():
        # Nothing records, but the ids still travel, so that the logs of the services can be put together.
        made_up = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
        g.spans.enter_context(telemetry.span(name, SpanKind.SERVER, {"traceparent": made_up}))
    g.trace_id = telemetry.trace_id()


def _end(response: Response) -> Response:
    response.headers[REQUEST_ID] = g.request_id
    response.headers[TRACE_ID] = g.trace_id
    elapsed = time.perf_counter() - g.began
    code = g.get("problem_code", "")
    labels: dict[str, str | int] = {
        "http.route": route(),
        "http.method": request.method,
        "http.status": response.status_code,
    }
    telemetry.http_duration.record(elapsed, labels)
    if response.status_code >= 500:
        telemetry.failed(g.span, code or str(response.status_code))
    log.info(
        "%s %s %d %.1fms actor=%s code=%s request=%s trace=%s",
        request.method,
        route(),
        response.status_code,
        elapsed * 1000,
        identity().actor.id,
        code or "-",
        g.request_id,
        g.trace_id,
    )
    return response


def _leave(_error: BaseException | None) -> None:
    spans: ExitStack | None = g.pop("spans", None)
    if spans is not None:
        spans.close()
