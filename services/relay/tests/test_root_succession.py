"""A root key signs its successor: neighbours take the new one by that word, whoever was away too; the former is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.clock import FixedClock
from kit.errors import Invalid
from kit.testing import examples
from services.relay.cards import card_message, card_of
from services.relay.domain.card import CardRefused, SiteCard, require_genuine, require_successor
from services.relay.domain.issuing import RotationRefused, with_next_root, with_root
from services.relay.domain.succession import MAX_FORMER, FormerRoot, succession
from services.relay.handlers.keyring import signed_with
from services.relay.tests.test_introductions import Post
from services.relay.tests.test_root_key import HOUR, Root, after_theft, meet
from services.relay.tests.trust_sites import HANBIN, SICHUAN, Ring, fixed_clock, linked, trust_site


@pytest.fixture
def clock() -> FixedClock:
    return fixed_clock()


@pytest.fixture
def root(clock: FixedClock) -> Root:
    return Root(clock.now())


@pytest.fixture
def pair(tmp_path: Path, clock: FixedClock, root: Root) -> tuple[Post, Post]:
    """Hanbin, which has a root key, and a neighbour that knows it by it."""
    one, other = trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)
    root.sign(one.ring, with_root(one.ring.card, root.key, clock.now()))
    linked(one, other)
    clock.advance(HOUR)
    return Post(one), Post(other)


def followed(post: Post, former: Root) -> Root:
    """The site's root key is followed by another, an hour later than whatever was before."""
    clock = post.site.clock
    clock.advance(HOUR)
    following = Root(clock.now())
    ring = post.site.ring
    card = with_next_root(ring.card, following.key, clock.now(), former.signer.sign, following.signer.sign)
    following.sign(ring, card)
    return following


def test_a_neighbour_takes_the_next_root_key_by_the_word_of_the_former(pair: tuple[Post, Post], root: Root) -> None:
    one, other = pair
    following = followed(one, root)
    card = meet(other, one.site.ring.card)
    assert card.root == following.key
    later = after_theft(one.site, following)
    assert meet(other, later) == later, "it does all that the former did"


def test_one_that_was_away_for_two_replacements_comes_to_the_present_key(pair: tuple[Post, Post], root: Root) -> None:
    one, other = pair
    third = followed(one, followed(one, root))
    one.site.clock.advance(HOUR)
    everyday = one.site.ring.rotate(one.site.clock.now())
    assert not everyday.is_rooted
    card = meet(other, everyday)
    assert (card.root, len(card.former_roots)) == (third.key, 2)


def test_even_if_all_other_keys_were_replaced_meanwhile(pair: tuple[Post, Post], root: Root) -> None:
    one, other = pair
    third = followed(one, followed(one, root))
    one.site.clock.advance(HOUR)
    card = after_theft(one.site, third)
    assert meet(other, card) == card


def test_the_former_root_key_is_refused_from_then_on(pair: tuple[Post, Post], root: Root) -> None:
    one, other = pair
    before = one.site.ring.card
    following = followed(one, root)
    meet(other, one.site.ring.card)
    thief = Ring(before, dict(one.site.ring.signers))
    clock = one.site.clock
    for serial in (one.site.ring.card.serial + 1, one.site.ring.card.serial + 9):
        forged = root.sign(thief, replace(before, serial=serial, issued_at=clock.now(), signatures=()))
        with pytest.raises(CardRefused, match="card_root_former"):
            meet(other, forged)
    evil = Root(clock.now())
    late = with_next_root(before, evil.key, clock.now(), root.signer.sign, evil.signer.sign)
    with pytest.raises(CardRefused, match="card_root_changed"):
        meet(other, evil.sign(thief, replace(late, serial=99)))
    named = replace(one.site.ring.card, serial=100, signatures=())
    signed = named.signed_with(one.site.ring.sign)
    with pytest.raises(CardRefused, match="card_signature_wrong"):
        meet(other, replace(signed, signatures=(*signed.signatures, replace(signed.signatures[0], key_id=root.key.id))))
    link = other.site.registry.link_with(HANBIN)
    assert link is not None
    assert link.peer_card.root == following.key


def forged_succession(card: SiteCard, root: Root, mine: Root) -> SiteCard:
    data = succession(card.site, 1, root.key, mine.key)
    return replace(
        card, root=mine.key, former_roots=(FormerRoot(root.key, mine.signer.sign(data), mine.signer.sign(data)),)
    )


def unaccepted(card: SiteCard, root: Root, mine: Root) -> SiteCard:
    """The former's word is true; whoever is named never said so."""
    data = succession(card.site, 1, root.key, mine.key)
    return replace(card, root=mine.key, former_roots=(FormerRoot(root.key, root.signer.sign(data), b"\0" * 64),))


def of_another_site(card: SiteCard, root: Root, mine: Root) -> SiteCard:
    """A succession that both keys did sign, for another site's card."""
    data = succession(SICHUAN, 1, root.key, mine.key)
    step = FormerRoot(root.key, root.signer.sign(data), mine.signer.sign(data))
    return replace(card, root=mine.key, former_roots=(step,))


@pytest.mark.parametrize("make", [forged_succession, unaccepted, of_another_site])
def test_a_forged_succession_is_refused(
    pair: tuple[Post, Post], root: Root, make: Callable[[SiteCard, Root, Root], SiteCard]
) -> None:
    one, other = pair
    mine = Root(one.site.clock.now())
    thief = Ring(one.site.ring.card, dict(one.site.ring.signers))
    card = make(replace(one.site.ring.card, serial=9, issued_at=one.site.clock.now()), root, mine)
    with pytest.raises(CardRefused, match="card_root_forged"):
        meet(other, mine.sign(thief, card))


def test_steps_in_another_order_or_with_one_left_out_are_refused(pair: tuple[Post, Post], root: Root) -> None:
    one, _ = pair
    third = followed(one, followed(one, root))
    card, now = one.site.ring.card, one.site.clock.now()
    first, second = card.former_roots
    for steps, code in (
        ((second, first), "card_malformed"),
        ((first,), "card_root_forged"),
        ((second,), "card_root_forged"),
    ):
        turned = replace(card, former_roots=steps, signatures=())
        signed = turned.signed_with(one.site.ring.sign).countersigned(third.signer.sign)
        with pytest.raises(CardRefused, match=code):
            require_genuine(signed, now, signed_with)


def test_a_card_that_forgets_a_step_is_refused(pair: tuple[Post, Post], root: Root) -> None:
    """A stolen everyday key must not cut the line that others still have to follow."""
    one, other = pair
    followed(one, root)
    known = meet(other, one.site.ring.card)
    for steps in ((), known.former_roots * 2):
        with pytest.raises(CardRefused, match="card_root_changed"):
            require_successor(known, replace(known, serial=known.serial + 1, former_roots=steps))


def test_a_replayed_card_from_before_changes_nothing(pair: tuple[Post, Post], root: Root) -> None:
    one, other = pair
    before = one.site.ring.card
    second = followed(one, root)
    between = one.site.ring.card
    followed(one, second)
    last = meet(other, one.site.ring.card)
    assert meet(other, between) == meet(other, before) == last
    with pytest.raises(CardRefused, match="card_root_former"):
        require_successor(last, between)


def test_a_succession_travels_and_is_kept_as_it_was_signed(pair: tuple[Post, Post], root: Root) -> None:
    one, other = pair
    followed(one, root)
    card = one.site.ring.card
    assert card_of(card_message(card)) == card
    assert card_of(card_message(card)).canonical() == card.canonical()
    meet(other, card)
    link = other.site.registry.link_with(HANBIN)
    assert link is not None
    assert other.site.registry.links.get(link.id).peer_card == card


def test_a_root_key_that_people_compare_begins_a_new_line(pair: tuple[Post, Post], root: Root) -> None:
    one, other = pair
    followed(one, root)
    known = meet(other, one.site.ring.card)
    anew = Root(one.site.clock.now())
    card = anew.sign(one.site.ring, with_root(one.site.ring.card, anew.key, one.site.clock.now()))
    assert card.former_roots == ()
    with pytest.raises(CardRefused, match="card_root_changed"):
        require_successor(known, card)


def test_what_can_follow_nothing_is_refused_where_it_is_made(pair: tuple[Post, Post], root: Root) -> None:
    one, _ = pair
    card, now = one.site.ring.card, one.site.clock.now()

    def make(card: SiteCard, following: Root) -> SiteCard:
        return with_next_root(card, following.key, now, root.signer.sign, following.signer.sign)

    with pytest.raises(RotationRefused, match="root_missing"):
        make(replace(card, root=None), Root(now))
    with pytest.raises(RotationRefused, match="root_same"):
        make(card, root)
    with pytest.raises(RotationRefused, match="root_too_often"):
        make(replace(card, former_roots=(FormerRoot(root.key, b"", b""),) * MAX_FORMER), Root(now))


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_whichever_cards_a_neighbour_hears_of_it_ends_at_the_last(heard: list[bool]) -> None:
    """Of a line of replacements any may be missed; what comes late or again changes nothing."""
    clock = fixed_clock()
    root = first = Root(clock.now())
    ring = Ring.made(HANBIN, clock.now())
    first.sign(ring, with_root(ring.card, first.key, clock.now()))
    known = ring.card
    cards = []
    for hears in heard:
        clock.advance(timedelta(hours=1))
        following = Root(clock.now())
        following.sign(
            ring, with_next_root(ring.card, following.key, clock.now(), root.signer.sign, following.signer.sign)
        )
        root = following
        cards.append(ring.card)
        if hears:
            require_successor(known, ring.card)
            known = ring.card
    if known != ring.card:
        require_successor(known, ring.card)
    for each in cards[:-1]:
        with pytest.raises((CardRefused, Invalid)):
            require_successor(ring.card, each)
