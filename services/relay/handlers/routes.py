"""Routes: set and taken away by operators."""

from __future__ import annotations

from typing import Final

from kit.call import Call
from kit.store.repository import Found, check_version
from services.relay.domain.events import RouteChanged
from services.relay.domain.proposal import Approval
from services.relay.domain.route import Route, require_pattern
from services.relay.handlers.desk import Desk

#: What a route leads to that was taken away: a document is never deleted.
NOWHERE: Final = ""


def set_route(
    *,
    desk: Desk,
    call: Call,
    pattern: str,
    link_id: str,
    expected_version: int,
    approved_by: str,
    reason: str,
) -> Route:
    """Lets letters for a site or a division leave over a link; without one, the route is taken away. Told for the record.

    Raises ``Invalid`` (``route_malformed``, ``approver_missing``), ``NotFound`` (``link_not_found``), ``Stale``.
    """
    require_pattern(pattern)
    by = Approval(desk.site, approved_by.strip(), call.actor.id, call.now, reason.strip())
    by.require_sound()
    if link_id != NOWHERE:
        link_id = desk.links.link(link_id).id
    route = desk.routes.find_by_id(pattern)
    changed = RouteChanged(pattern, link_id, NOWHERE if route is None else route.link, by)
    if route is None:
        return desk.routes.create(Route(pattern, link_id), [changed], call)
    check_version(route, expected_version)
    return desk.routes.save(Route(pattern, link_id, route.version), [changed], call)


def list_routes(*, desk: Desk, limit: int, cursor: str) -> Found[Route]:
    """The routes by their links; those that were taken away are left out."""
    found = desk.routes.find("by_link", limit=max(1, min(limit or 100, 200)), cursor=cursor)
    return Found(tuple(route for route in found.items if route.link != NOWHERE), found.cursor)
