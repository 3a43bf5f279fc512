"""What operators' tools ask: whether the process lives, whether the site can work, how it goes."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.answers import content
from gateway.context import current_gateway
from gateway.errors import UnknownRoute

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return content({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Every service that is needed answers; those that don't are named."""
    services = current_gateway().clients.readiness()
    ready = all(services.values())
    return content({"status": "ready" if ready else "not_ready", "services": services}, 200 if ready else 503)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Rate, errors and duration of every route, in Prometheus' text form; nothing where they have a port of their own.

    Raises ``UnknownRoute``.
    """
    if current_gateway().settings.metrics_listen:
        raise UnknownRoute()
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
