"""What several pages look up in the same way."""

from __future__ import annotations

from gateway.clients import Clients, ask
from gateway.context import current_gateway
from gateway.limits import Limits
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import service_pb2 as catalog_rpc


def clients() -> Clients:
    """The services."""
    return current_gateway().clients


def limits() -> Limits:
    """How much is taken from whom."""
    return current_gateway().limits


def center(center_id: str) -> catalog.Center:
    """A center. Raises ``NotFound``."""
    return ask(clients().catalog.GetCenter, catalog_rpc.GetCenterRequest(center_id=center_id)).center


def centers() -> list[catalog.Center]:
    """All centers of this site, parents before children."""
    return list(ask(clients().catalog.ListCenters, catalog_rpc.ListCentersRequest()).centers)


def item(item_id: str, item_version: int = 0) -> catalog.ServiceItem:
    """An item: its published version, or the one asked for. Raises ``NotFound``."""
    request = catalog_rpc.GetItemRequest(item_id=item_id, item_version=item_version)
    return ask(clients().catalog.GetItem, request).item


def department_names(of: catalog.Center) -> dict[str, str]:
    """The names of a center's departments by key."""
    return {department.key: department.name for department in of.departments}
