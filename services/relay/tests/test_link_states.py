"""A link's states, whatever operators do in whichever order: what isn't allowed changes nothing and is always refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit.errors import TongbanError
from kit.testing import MONDAY
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link, LinkState
from services.relay.domain.proposal import Acceptance, Approval, Direction
from services.relay.tests.trust_sites import HANBIN, SICHUAN, Ring

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


def act(link: Link, what: str, by: Approval) -> Link:
    acts = {
        "confirm": lambda: link.accepted_by_peer(ACCEPTANCE, by),
        "hear": lambda: link.heard_from(by),
        "suspend": lambda: link.suspended(by),
        "resume": lambda: link.resumed(by),
        "revoke": lambda: link.revoked(by),
        "limit": lambda: link.with_limits(Limits(letters_per_minute=9), by),
    }
    return acts[what]()[0]


@given(
    st.sampled_from([LinkState.PROPOSED, LinkState.ACCEPTED]), st.lists(st.sampled_from(sorted(ALLOWED)), max_size=12)
)
def test_whatever_is_done_a_link_is_only_where_it_may_be(begins: LinkState, whats: list[str]) -> None:
    link, expected, done = replace(PROPOSED, state=begins), begins, 0
    for number, what in enumerate(whats):
        by = replace(BY, at=MONDAY + timedelta(minutes=number))
        froms, to = ALLOWED[what]
        try:
            link = act(link, what, by)
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
