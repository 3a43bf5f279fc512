"""Links: made by two named operators, changed with a reason, and never with whom they weren't meant for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.call import Call, Idempotency
from kit.errors import Conflict, Forbidden, Invalid, Stale, TongbanError
from services.relay.domain.card import CardRefused
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link, LinkClosed, LinkRefused, LinkState
from services.relay.domain.proposal import Acceptance, Direction, Proposal
from services.relay.handlers import links
from services.relay.handlers.keyring import SignatureRefused
from services.relay.tests.trust_sites import (
    ANKANG,
    HANBIN,
    NO_LIMITS,
    SICHUAN,
    TrustSite,
    fixed_clock,
    linked,
    trust_site,
)

Pair = tuple[TrustSite, TrustSite]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    clock = fixed_clock()
    return trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)


def propose(one: TrustSite, other: TrustSite, **changes: object) -> tuple[Link, Proposal]:
    given: dict[str, object] = {
        "registry": one.registry,
        "call": one.call,
        "card": other.ring.card,
        "fingerprint": other.ring.card.fingerprint(),
        "direction": Direction.PARTNER,
        "limits": NO_LIMITS,
        "approved_by": "王主任",
        "reason": "跨省通办协议第3条",
    }
    return links.propose_link(**{**given, **changes})  # type: ignore[arg-type]


def accept(site: TrustSite, proposal: Proposal, **changes: object) -> tuple[Link, Acceptance]:
    given: dict[str, object] = {
        "registry": site.registry,
        "call": site.call,
        "proposal": proposal,
        "fingerprint": proposal.card.fingerprint(),
        "limits": NO_LIMITS,
        "approved_by": "李主任",
        "reason": "",
    }
    return links.accept_proposal(**{**given, **changes})  # type: ignore[arg-type]


def confirm(site: TrustSite, acceptance: Acceptance) -> Link:
    return links.confirm_acceptance(
        registry=site.registry, call=site.call, acceptance=acceptance, approved_by="王主任", reason=""
    )


def change(site: TrustSite, id: str, state: LinkState, reason: str = "线路检修", version: int = 0) -> Link:
    return links.change_link(
        registry=site.registry,
        call=site.call,
        link_id=id,
        change={
            LinkState.SUSPENDED: Link.suspended,
            LinkState.ACTIVE: Link.resumed,
            LinkState.REVOKED: Link.revoked,
        }[state],
        approved_by="王主任",
        reason=reason,
        expected_version=version,
    )


# ── Made ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_both_ends_approve_by_name_and_hold_the_same_link(pair: Pair) -> None:
    one, other = pair
    theirs = Limits(letters_per_minute=60)
    proposed, proposal = propose(one, other)
    assert proposed.state is LinkState.PROPOSED
    accepted, acceptance = accept(other, proposal, limits=theirs)
    assert accepted.state is LinkState.ACCEPTED
    active = confirm(one, acceptance)
    assert (active.state, active.id, active.peer) == (LinkState.ACTIVE, accepted.id, SICHUAN)
    assert (active.peer_limits, accepted.peer_limits) == (theirs, NO_LIMITS)
    assert active.peer_approval is not None
    assert active.peer_approval.name == "李主任"
    assert accepted.peer_approval is not None
    assert accepted.peer_approval.name == "王主任"
    assert one.told() == other.told() * 2 == ["tongban.relay.link_changed.v1"] * 2
    assert [what for what, _ in one.registry.links.get(active.id).changes] == ["proposed", "activated"]
    active.require_active()
    accepted.require_active()


@pytest.mark.parametrize(
    ("direction", "there"),
    [(Direction.CHILD, Direction.PARENT), (Direction.PARENT, Direction.CHILD), (Direction.PARTNER, Direction.PARTNER)],
)
def test_each_end_sees_the_direction_from_its_side(pair: Pair, direction: Direction, there: Direction) -> None:
    one, other = pair
    id = linked(one, other, direction)
    assert one.registry.link(id).direction is direction
    assert other.registry.link(id).direction is there
    assert other.registry.link(id).is_parent is (there is Direction.PARENT)


def test_an_accepted_link_is_active_once_the_other_end_was_heard(pair: Pair) -> None:
    one, other = pair
    id = linked(one, other)
    for _ in range(2):
        links.heard_from(registry=other.registry, call=other.call, link_id=id)
    link = other.registry.link(id)
    assert link.state is LinkState.ACTIVE
    assert [what for what, _ in link.changes] == ["accepted", "activated"]


def test_the_keys_of_a_linked_site_verify_what_it_signs(pair: Pair) -> None:
    one, other = pair
    now = one.clock.now()
    key = one.registry.keyring.signing_key_id(now)
    signature = one.registry.keyring.sign(key, b"data")
    with pytest.raises(Forbidden):
        other.registry.keyring.verify(HANBIN, key, b"data", signature, now)
    linked(one, other)
    other.registry.keyring.verify(HANBIN, key, b"data", signature, now)


def test_the_same_proposal_sent_again_is_the_first_one(pair: Pair) -> None:
    one, other = pair
    call = Call(one.call.actor, one.clock.now(), Idempotency("k", "f"))
    first, one_file = propose(one, other, call=call)
    one.clock.advance(timedelta(seconds=1))
    second, other_file = propose(one, other, call=replace(call, now=one.clock.now()))
    assert (first.id, one_file) == (second.id, other_file)


def test_the_same_acceptance_sent_again_is_the_first_one(pair: Pair) -> None:
    one, other = pair
    _, proposal = propose(one, other)
    call = Call(other.call.actor, other.clock.now(), Idempotency("k", "f"))
    _, first = accept(other, proposal, call=call)
    one.clock.advance(timedelta(seconds=1))
    _, second = accept(other, proposal, call=replace(call, now=one.clock.now()))
    assert first == second
    assert confirm(one, second).state is LinkState.ACTIVE


# ── Refused ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_site_is_not_linked_with_itself(pair: Pair) -> None:
    one, other = pair
    with pytest.raises(CardRefused, match="own_card"):
        propose(one, one)
    _, proposal = propose(one, other)
    with pytest.raises(CardRefused, match="own_card"):
        accept(one, proposal)


def test_a_site_is_linked_once_at_a_time(pair: Pair) -> None:
    one, other = pair
    id = linked(one, other)
    with pytest.raises(Conflict, match="link_exists"):
        propose(one, other)
    with pytest.raises(Conflict, match="link_exists"):
        propose(other, one)
    change(one, id, LinkState.REVOKED)
    again, _ = propose(one, other)
    assert again.id != id


def test_an_acceptance_is_not_taken_twice(pair: Pair) -> None:
    one, other = pair
    _, proposal = propose(one, other)
    _, acceptance = accept(other, proposal)
    confirm(one, acceptance)
    with pytest.raises(LinkRefused, match="link_not_proposed"):
        confirm(one, acceptance)
    with pytest.raises(Conflict):
        accept(other, proposal)


@pytest.mark.parametrize("fingerprint", ["", " ", "0" * 32, "1234"])
def test_a_fingerprint_that_nobody_compared_opens_nothing(pair: Pair, fingerprint: str) -> None:
    one, other = pair
    with pytest.raises((CardRefused, Invalid)):
        propose(one, other, fingerprint=fingerprint)
    _, proposal = propose(one, other)
    with pytest.raises((CardRefused, Invalid)):
        accept(other, proposal, fingerprint=fingerprint)
    assert other.registry.active_links() == []


def test_a_proposal_to_another_site_is_refused(pair: Pair, tmp_path: Path) -> None:
    one, other = pair
    third = trust_site(tmp_path, ANKANG, one.clock)
    _, proposal = propose(one, third)
    with pytest.raises(LinkRefused, match="proposal_for_another_site"):
        accept(other, proposal)


@pytest.mark.parametrize("days", [30, 400])
def test_an_expired_proposal_is_refused(pair: Pair, days: int) -> None:
    one, other = pair
    _, proposal = propose(one, other)
    other.clock.advance(timedelta(days=days))
    with pytest.raises(LinkRefused, match="proposal_expired"):
        accept(other, proposal)


@pytest.mark.parametrize(
    "changes",
    [
        {"limits": Limits(letters_per_minute=1)},
        {"direction": Direction.PARENT},
        {"link": "another"},
        {"expires_at": fixed_clock().now() + timedelta(days=3000)},
        {"signature": bytes(64)},
        {"signature": b""},
    ],
)
def test_a_changed_proposal_is_refused(pair: Pair, changes: dict[str, object]) -> None:
    one, other = pair
    _, proposal = propose(one, other)
    with pytest.raises(SignatureRefused):
        accept(other, replace(proposal, **changes))  # type: ignore[arg-type]


def test_a_changed_or_foreign_acceptance_is_refused(pair: Pair, tmp_path: Path) -> None:
    one, other = pair
    third = trust_site(tmp_path, ANKANG, one.clock)
    _, proposal = propose(one, other)
    _, acceptance = accept(other, proposal)
    with pytest.raises(SignatureRefused):
        confirm(one, replace(acceptance, limits=Limits(letters_per_minute=1)))
    with pytest.raises(CardRefused, match="card_of_another_site"):
        confirm(one, replace(acceptance, card=third.ring.card))
    assert one.registry.link(proposal.link).state is LinkState.PROPOSED


def test_an_acceptance_of_other_terms_is_refused(pair: Pair) -> None:
    one, other = pair
    link, first = propose(one, other)
    change(one, link.id, LinkState.REVOKED)
    second_link, _ = propose(one, other)
    _, acceptance = accept(other, first)
    moved = replace(acceptance, link=second_link.id)
    with pytest.raises((SignatureRefused, LinkRefused)):
        confirm(one, moved)
    with pytest.raises(LinkRefused):
        confirm(one, acceptance)  # that link is ended


@pytest.mark.parametrize(
    ("name", "code"), [("", "approver_missing"), ("王", "approver_missing"), ("王" * 51, "approver_missing")]
)
def test_nobody_approves_without_a_name(pair: Pair, name: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        propose(*pair, approved_by=name)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(max_letter_bytes=65535),
        Limits(max_letter_bytes=1 << 30),
        Limits(letters_per_minute=-1),
        Limits(letter_types=("crossing.*.x",)),
        Limits(items=("",)),
        Limits(introduces=("x",) * 201),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(pair: Pair, limits: Limits) -> None:
    with pytest.raises(Invalid, match="limits_wrong"):
        propose(*pair, limits=limits)


# ── Changed ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_suspended_link_carries_nothing_until_it_is_resumed(pair: Pair) -> None:
    one, other = pair
    id = linked(one, other)
    change(one, id, LinkState.SUSPENDED)
    with pytest.raises(LinkClosed, match="link_not_active"):
        one.registry.link(id).require_active()
    assert one.registry.active_links() == []
    assert [link.id for link in one.registry.standing_links()] == [id]
    other.registry.link(id).require_active()  # the other end decides for itself
    change(one, id, LinkState.ACTIVE)
    one.registry.link(id).require_active()


@pytest.mark.parametrize(
    ("done", "wanted"),
    [
        ([], LinkState.ACTIVE),
        ([LinkState.SUSPENDED], LinkState.SUSPENDED),
        ([LinkState.REVOKED], LinkState.ACTIVE),
        ([LinkState.REVOKED], LinkState.SUSPENDED),
        ([LinkState.REVOKED], LinkState.REVOKED),
    ],
)
def test_a_change_that_the_state_does_not_allow_is_refused(
    pair: Pair, done: list[LinkState], wanted: LinkState
) -> None:
    one, other = pair
    id = linked(one, other)
    for state in done:
        change(one, id, state)
    told = one.told()
    with pytest.raises(LinkRefused, match="link_state_wrong"):
        change(one, id, wanted)
    assert one.told() == told


def test_a_proposed_link_is_neither_suspended_nor_resumed(pair: Pair) -> None:
    link, _ = propose(*pair)
    with pytest.raises(LinkClosed):
        link.require_active()
    for state in (LinkState.SUSPENDED, LinkState.ACTIVE):
        with pytest.raises(LinkRefused):
            change(pair[0], link.id, state)


def test_a_change_needs_a_reason_and_the_present_version(pair: Pair) -> None:
    one, other = pair
    id = linked(one, other)
    with pytest.raises(Invalid, match="reason_missing"):
        change(one, id, LinkState.SUSPENDED, reason=" ")
    with pytest.raises(Stale):
        change(one, id, LinkState.SUSPENDED, version=1)
    assert change(one, id, LinkState.SUSPENDED, version=2).state is LinkState.SUSPENDED


def test_what_a_revoked_links_site_signed_stays_verifiable(pair: Pair) -> None:
    one, other = pair
    id = linked(one, other)
    key = one.registry.keyring.signing_key_id(one.clock.now())
    signature = one.registry.keyring.sign(key, b"data")
    change(other, id, LinkState.REVOKED)
    other.registry.keyring.verify(HANBIN, key, b"data", signature, other.clock.now())


def test_a_later_card_is_taken_by_hand_where_only_a_person_can_say(pair: Pair) -> None:
    one, other = pair
    id = linked(one, other)
    old = one.ring.card.keys[0].id
    card = one.ring.revoke(old, one.clock.now())

    def learn(fingerprint: str) -> Link:
        return links.learn_card(
            registry=other.registry,
            call=other.call,
            card=card,
            fingerprint=fingerprint,
            approved_by="李主任",
            reason="电话核对",
        )

    with pytest.raises(CardRefused, match="fingerprint_differs"):
        learn("0" * 32)
    assert learn(card.fingerprint()).peer_card == card
    with pytest.raises(CardRefused, match="card_not_newer"):
        learn(card.fingerprint())
    assert [what for what, _ in other.registry.link(id).changes][-1] == "card_learned"
    with pytest.raises(TongbanError, match="key_revoked"):
        other.registry.keyring.verify(HANBIN, old, b"x", one.ring.sign(old, b"x"), other.clock.now())


def test_a_card_of_a_site_without_a_link_is_not_learned(pair: Pair) -> None:
    one, other = pair
    with pytest.raises(LinkRefused, match="link_not_found"):
        links.learn_card(
            registry=other.registry,
            call=other.call,
            card=one.ring.card,
            fingerprint=one.ring.card.fingerprint(),
            approved_by="李主任",
            reason="x",
        )
