"""Reads of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kit.errors import NotFound
from kit.store.repository import Found
from services.relay.domain.link import Link, LinkState
from services.relay.domain.proposal import Direction
from services.relay.handlers.registry import Registry

_PAGE: Final = 50
_MOST: Final = 200
_LOOKED_UP: Final = 100


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A site as its card calls it; ``direction``: what it is to this one, by a working link."""

    site: str
    name: str
    direction: Direction | None = None


def list_links(*, registry: Registry, state: LinkState | None, limit: int, cursor: str) -> Found[Link]:
    """A page of links of one state, or of all states in their order: those that stand first, the ended ones last."""
    size = min(limit, _MOST) if limit > 0 else _PAGE
    if state is not None:
        return registry.links.find("by_state", state=state.value, limit=size, cursor=cursor)
    order = tuple(LinkState)
    at, _, inner = cursor.partition(":")
    first = next((index for index, each in enumerate(order) if each.value == at), 0)
    items: list[Link] = []
    for each in order[first:]:
        found = registry.links.find("by_state", state=each.value, limit=size - len(items), cursor=inner)
        items += found.items
        inner = ""
        if found.cursor:
            return Found(tuple(items), f"{each.value}:{found.cursor}")
        if len(items) == size:
            following = order[order.index(each) + 1 :]
            return Found(tuple(items), f"{following[0].value}:" if following else "")
    return Found(tuple(items))


def list_neighbours(*, registry: Registry, also: Sequence[str]) -> list[Neighbour]:
    """This site, those with a working link by their names, and those of ``also`` that are known by a card."""
    own = registry.identity()
    first = [] if own is None else [Neighbour(own.site, own.card.name)]
    linked = [Neighbour(each.peer, each.peer_card.name, each.direction) for each in registry.active_links()]
    found = first + sorted(linked, key=lambda each: (each.name, each.site))
    there = {each.site for each in found}
    for site in dict.fromkeys(also[:_LOOKED_UP]):
        card = registry.card(site) if site not in there else None
        if card is not None:
            found.append(Neighbour(site, card.name))
    return found


def get_link(*, registry: Registry, link_id: str, peer: str) -> Link:
    """A link by its id, or by the site at its other end. Raises ``NotFound`` (``link_not_found``)."""
    if link_id or not peer:
        return registry.links.get(link_id)
    link = registry.link_with(peer)
    if link is None:
        raise NotFound("link_not_found", "与该站点没有链路，请核对站点编号：tongban link show。", peer=peer[:80])
    return link
