"""How a resource's routes are declared."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gateway.document import PREFIX


def resource_routes(name: str, title: str) -> APIBlueprint:
    """A blueprint under ``/api/v1`` whose operations are named after their functions and stand together."""

    def operation_id(*, name: str, path: str, method: str) -> str:
        return name

    tag = Tag(name=title)
    return APIBlueprint(name, __name__, url_prefix=PREFIX, abp_tags=[tag], operation_id_callback=operation_id)
