"""What operators' tools ask: whether the process lives, whether the site can work, how it goes."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.answers import content
from gateway.context import current_gateway
from gateway.errors import UnknownRoute
from gateway.requests import client_address
from kit import telemetry
from kit.errors import Forbidden

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

    For operators' networks only, this machine unless they say otherwise: how much is done where is nobody else's.
    Raises ``UnknownRoute``, ``Forbidden``.
    """
    gateway = current_gateway()
    if gateway.settings.metrics_listen:
        raise UnknownRoute()
    # What a proxy passes on that isn't told of comes from this machine, and may come from anywhere.
    passed_on = "X-Forwarded-For" in request.headers and not gateway.settings.trusted_proxies
    if passed_on or not gateway.limits.may_fetch_metrics(client_address()):
        raise Forbidden("metrics_not_for_here", "运行指标仅供运维读取，请在本机读取或联系管理员调整设置。")
    telemetry.keep_for_prometheus("gateway", gateway.settings)
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # where nobody asks it isn't loaded

    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
