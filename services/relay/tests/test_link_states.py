"""A link's states, whatever operators do in whichever order: what isn't allowed changes nothing and is always refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import TongbanError
from kit.testing import MONDAY, refused
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link, LinkChanged, LinkState
from services.relay.domain.proposal import Acceptance, Approval, Direction
from services.relay.handlers import links
from services.relay.tests.trust_sites import HANBIN, SICHUAN, Ring, TrustSite, fixed_clock, trust_site

MINE, THEIRS = Ring.made(HANBIN, MONDAY), Ring.made(SICHUAN, MONDAY)
BY = Approval(HANBIN, "王主任", "operator:wang", MONDAY, "测试")
PROPOSED = Link(
    "l", SICHUAN, THEIRS.card, Direction.PARTNER, LinkState.PROPOSED, Limits(), BY, MONDAY, MONDAY, proposal_digest=b"d"
)
ACCEPTANCE = Acceptance("l", b"d", THEIRS.card, Limits(), replace(BY, site=SICHUAN))

#: From which states an act is allowed, and where it leads; ``None``: where it was.
ALLOWED: dict[str, tuple[set[LinkState], LinkState | None]] = {
    "confirm": ({LinkState.PROPOSED}, LinkState.ACTIVE),
    "hear": ({LinkState.ACCEPTED}, LinkState.ACTIVE),
    "suspend": ({LinkState.ACCEPTED, LinkState.ACTIVE}, LinkState.SUSPENDED),
    "resume": ({LinkState.SUSPENDED}, LinkState.ACTIVE),
    "revoke": (set(LinkState) - {LinkState.REVOKED}, LinkState.REVOKED),
    "limit": ({LinkState.ACCEPTED, LinkState.ACTIVE, LinkState.SUSPENDED}, None),
}


def _change(link: Link, what: str, by: Approval) -> tuple[Link, LinkChanged]:
    acts = {
        "confirm": lambda: link.accepted_by_peer(ACCEPTANCE, by),
        "hear": lambda: link.heard_from(by),
        "suspend": lambda: link.suspended(by),
        "resume": lambda: link.resumed(by),
        "revoke": lambda: link.revoked(by),
        "limit": lambda: link.with_limits(Limits(letters_per_minute=9), by),
    }
    return acts[what]()


@given(
    st.sampled_from([LinkState.PROPOSED, LinkState.ACCEPTED]), st.lists(st.sampled_from(sorted(ALLOWED)), max_size=12)
)
def test_whatever_is_done_a_link_is_only_where_it_may_be(begins: LinkState, whats: list[str]) -> None:
    link, expected, done = replace(PROPOSED, state=begins), begins, 0
    for number, what in enumerate(whats):
        by = replace(BY, at=MONDAY + timedelta(minutes=number))
        froms, to = ALLOWED[what]
        try:
            link = _change(link, what, by)[0]
        except TongbanError:
            assert expected not in froms
            continue
        assert expected in froms
        expected, done = to or expected, done + 1
        assert link.changes[-1][1] == by
    assert link.state is expected
    assert len(link.changes) == done
    live = expected in (LinkState.ACCEPTED, LinkState.ACTIVE)
    assert (link.is_live, link.is_standing) == (live, live or expected is LinkState.SUSPENDED)


# ── As an operator does it ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustSite]:
    """A site with one link, which each try puts into its state."""
    site = trust_site(tmp_path_factory.mktemp("office"), HANBIN, fixed_clock())
    yield site
    site.store.close()


@pytest.mark.parametrize(("state", "what"), list(product(LinkState, sorted(set(ALLOWED) - {"hear"}))), ids=str)
def test_what_a_link_does_not_allow_is_refused_and_writes_nothing(
    office: TrustSite, state: LinkState, what: str
) -> None:
    def do(id: str) -> Link:
        return links.change_link(
            registry=office.registry, call=office.call, link_id=id, approved_by="王主任", reason="测试",
            change=lambda link, by: _change(link, what, by), expected_version=0,
        )  # fmt: skip

    id = f"{state}-{what}"
    # There is one link to a site at a time: each try has a neighbour of its own.
    office.registry.links.create(replace(PROPOSED, id=id, peer=f"{id}.peer", state=state), [], office.call)
    froms, to = ALLOWED[what]
    if state in froms:
        assert do(id).state is (to or state)
        return
    with refused(office.store, "link_state_wrong", "link_not_proposed"):
        do(id)


@pytest.mark.parametrize("state", LinkState)
def test_what_comes_over_a_link_activates_it_once(office: TrustSite, state: LinkState) -> None:
    id = f"{state}-hears"
    office.registry.links.create(replace(PROPOSED, id=id, peer=f"{state}.peer", state=state), [], office.call)
    before = office.registry.links.get(id)
    office.registry.forget()
    links.heard_from(registry=office.registry, call=office.call, link_id=id)
    froms, to = ALLOWED["hear"]
    after = office.registry.links.get(id)
    assert after.state is (to if state in froms else state)
    assert (after == before) is (state not in froms)
