"""REST under ``/api/v1``, one file a resource: parse → one RPC → JSON."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint

from gateway.document import Document
from gateway.routes import operations, sessions
from gateway.settings import GatewaySettings

_RESOURCES: tuple[APIBlueprint, ...] = (sessions.api,)


def register(app: Document) -> None:
    """Adds all routes to an app."""
    app.register_blueprint(operations.blueprint)
    for each in _RESOURCES:
        app.register_api(each)


def body_limit(endpoint: str, settings: GatewaySettings) -> int:
    """How many bytes a request to this endpoint may bring."""
    return settings.max_body
