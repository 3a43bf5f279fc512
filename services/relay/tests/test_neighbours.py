"""Sites are named from their cards: this one, its neighbours, and others on request."""

from __future__ import annotations

from pathlib import Path

from services.relay.domain.known_site import KnownSite
from services.relay.domain.proposal import Approval, Direction
from services.relay.queries.links import list_neighbours
from services.relay.tests.trust_sites import ANKANG, HANBIN, SICHUAN, fixed_clock, linked, trust_site


def test_neighbours_are_named_this_site_first_and_others_on_request(tmp_path: Path) -> None:
    clock = fixed_clock()
    one, other = trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)
    assert [(each.site, each.direction) for each in list_neighbours(registry=one.registry, also=())] == [(HANBIN, None)]
    id = linked(one, other)
    hub = trust_site(tmp_path, ANKANG, clock)
    one.registry.sites.create(KnownSite(ANKANG, hub.ring.card, SICHUAN, clock.now()), [], one.call)
    wanted = (SICHUAN, ANKANG, ANKANG, "610000.nobody")
    found = list_neighbours(registry=one.registry, also=wanted)
    assert [(each.site, each.direction) for each in found] == [
        (HANBIN, None),
        (SICHUAN, Direction.PARTNER),
        (ANKANG, None),
    ]
    assert all(each.name for each in found)
    by = Approval(HANBIN, "张三", "op-1", clock.now(), "不再往来")
    changed, event = one.registry.links.get(id).revoked(by)
    one.registry.links.save(changed, [event], one.call)
    one.registry.forget()
    assert SICHUAN not in [each.site for each in list_neighbours(registry=one.registry, also=())]
