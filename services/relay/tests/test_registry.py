"""What a registry remembers of its links: not for long, and never past a change of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from services.relay.domain.link import Link, LinkState
from services.relay.tests.test_links import change
from services.relay.tests.trust_sites import HANBIN, SICHUAN, TrustSite, fixed_clock, linked, trust_site

Pair = tuple[TrustSite, TrustSite]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    clock = fixed_clock()
    return trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)


def test_what_was_read_is_believed_for_a_while_and_own_changes_show_at_once(pair: Pair) -> None:
    one, other = pair
    moment = [0.0]
    id = linked(one, other)
    registry = replace(one.registry, real=lambda: moment[0])
    same_store = replace(one.registry, real=lambda: moment[0])
    assert registry.link(id).state is LinkState.ACTIVE
    change(TrustSite(one.ring, same_store, one.store, one.clock, one.ids), id, LinkState.SUSPENDED)
    assert same_store.link(id).state is LinkState.SUSPENDED
    assert registry.link(id).state is LinkState.ACTIVE, "another replica hears of it a little later"
    moment[0] = 100.0
    assert registry.link(id).state is LinkState.SUSPENDED


def test_the_only_process_that_writes_reads_again_when_it_has_written(pair: Pair) -> None:
    one, other = pair
    moment = [0.0]
    id = linked(one, other)
    registry = replace(one.registry, real=lambda: moment[0], sole=True)
    reads: list[str] = []
    whole = registry.links.each

    def each(*given: object, **where: object) -> Iterable[Link]:
        reads.append(str(where["state"]))
        return whole(*given, **where)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry.links, "each", each)
        for moment[0] in (0.0, 3600.0):
            assert registry.link(id).state is LinkState.ACTIVE
        assert len(reads) == 3, "each state once"
        change(TrustSite(one.ring, registry, one.store, one.clock, one.ids), id, LinkState.SUSPENDED)
        assert registry.link(id).state is LinkState.SUSPENDED


def test_a_change_during_a_read_is_not_lost(pair: Pair) -> None:
    one, other = pair
    id = linked(one, other)
    registry = replace(one.registry, real=lambda: 1.0)
    whole = registry.links.each
    changed: list[bool] = []

    def each(*given: object, **where: object) -> Iterable[Link]:
        found = list(whole(*given, **where))  # type: ignore[arg-type]
        if not changed:
            changed.append(True)
            change(TrustSite(one.ring, registry, one.store, one.clock, one.ids), id, LinkState.SUSPENDED)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry.links, "each", each)
        registry.standing_links()
    assert registry.link(id).state is LinkState.SUSPENDED
