"""A history can be verified by somebody who trusts nobody, and every change in it is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.clock import FixedClock
from kit.errors import Invalid, NotFound
from services.relay.domain.card import SiteCard
from services.relay.domain.register import Settlement
from services.relay.handlers.history import export_history, render_history
from services.relay.handlers.receipts import settle_letter
from services.relay.queries.verdicts import Verification, differences, verify_history
from services.relay.tests.test_introductions import Post, carry
from services.relay.tests.trust_sites import HANBIN, SICHUAN, TrustSite, fixed_clock, linked, trust_site

Pair = tuple[Post, Post]


@pytest.fixture
def clock() -> FixedClock:
    return fixed_clock()


@pytest.fixture
def pair(tmp_path: Path, clock: FixedClock) -> Pair:
    one, other = trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)
    linked(one, other)
    posts = Post(one), Post(other)
    for number in range(12):
        letter = posts[0].write(SICHUAN)
        if number == 5:
            posts[0].write(SICHUAN, journey="j-2")
    carry(*posts)
    settle_letter(desk=posts[1].desk, call=posts[1].call, letter_id=letter, settlement=Settlement.READ)
    posts[1].write(HANBIN)
    carry(*posts)
    return posts


def exported(post: Post, journey: str = "j-1") -> list[bytes]:
    return list(
        export_history(
            desk=post.desk,
            registry=post.site.registry,
            call=post.call,
            journey=journey,
            exported_by="王主任",
            reason="法院调取",
        )
    )


def verified(lines: list[bytes], *cards: SiteCard) -> Verification:
    return verify_history(lines, {card.site: card for card in cards})


def codes(found: Verification) -> list[str]:
    return [each.code for each in found.verdicts if each.code]


def test_a_history_is_sound_at_both_ends_and_they_agree(pair: Pair) -> None:
    one, other = (verified(exported(post)) for post in pair)
    assert (codes(one), codes(other)) == ([], [])
    assert one.sound
    assert other.sound
    assert len(one.lines) == 12 + 1 + 1 + 12 + 1  # letters, answer, its receipt, delivered, read
    assert differences(one, other) == []
    said = [each.what for each in one.verdicts if "receipt" in each.what]
    assert sum("delivered" in each for each in said) == 13
    assert sum(" read" in each for each in said) == 1


def test_the_cards_that_somebody_compared_are_held_against_those_in_it(pair: Pair, tmp_path: Path) -> None:
    lines = exported(pair[0])
    (tmp_path / "x").mkdir()
    impostor = trust_site(tmp_path / "x", SICHUAN, pair[0].site.clock)
    assert verified(lines, pair[0].site.ring.card, pair[1].site.ring.card).sound
    found = verified(lines, impostor.ring.card)
    assert not found.sound
    assert codes(found)[0] == "card_not_newer"


def test_a_history_outlives_rotation_and_revocation(pair: Pair, clock: FixedClock) -> None:
    _, other = pair
    old = other.site.ring.card.keys[0].id
    clock.advance(timedelta(days=1))
    known = other.site.ring.rotate(clock.now())
    other.introductions.announce(other.desk, other.call)
    carry(*pair)
    clock.advance(timedelta(days=1))
    other.site.ring.revoke(old, clock.now())
    other.introductions.announce(other.desk, other.call)
    carry(*pair)
    for post in pair:
        found = verified(exported(post), known)
        assert codes(found) == []
        assert found.sound


def test_what_arrived_after_its_key_was_revoked_is_not_sound(pair: Pair, clock: FixedClock) -> None:
    one, other = pair
    ring = other.site.ring
    since = clock.now() - timedelta(milliseconds=0)
    ring.revoke(ring.card.keys[0].id, clock.advance(timedelta(days=1)), since=since)
    link = one.site.registry.link_with(SICHUAN)
    assert link is not None
    one.site.registry.links.save(replace(link, peer_card=ring.card), [], one.call)
    found = verified(exported(one))
    assert not found.sound
    assert set(codes(found)) == {"key_revoked"}


Change = Callable[[list[dict[str, object]]], None]


def _envelopes(lines: list[dict[str, object]]) -> list[int]:
    return [number for number, line in enumerate(lines) if "envelope" in line]


def _letter(line: dict[str, object]) -> dict[str, object]:
    return line["envelope"]["letter"]  # type: ignore[index, no-any-return]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: _letter(lines[_envelopes(lines)[0]]).update(payload="AAAA"), "signature_wrong"),
        (lambda lines: _letter(lines[_envelopes(lines)[0]]).update(destination="610900.ankang"), "signature_wrong"),
        (lambda lines: lines[_envelopes(lines)[0]]["envelope"].update(sequence="7"), "signature_wrong"),
        (lambda lines: lines[_envelopes(lines)[0]].update(direction="out"), "another_site"),
        (lambda lines: lines[_envelopes(lines)[0]].update(direction="up"), "line_malformed"),
        (lambda lines: lines[_envelopes(lines)[0]].update(kept_at="2026-11-24T02:00:00Z"), "kept_in_future"),
        (lambda lines: lines[_envelopes(lines)[0]].update(kept_at="2020-11-24T02:00:00Z"), "key_out_of_time"),
        (lambda lines: lines.pop(_envelopes(lines)[3]), "lines_missing"),
        (lambda lines: lines.insert(_envelopes(lines)[0], lines[_envelopes(lines)[0]]), "number_twice"),
        (lambda lines: lines.pop(1), "site_unknown"),
        (lambda lines: lines.insert(1, lines[1]), "card_twice"),
        (lambda lines: lines[1]["card"].update(name="另一个中心"), "card_signature_wrong"),
        (lambda lines: lines[0].update(exported_by="别人"), "signature_wrong"),
        (lambda lines: lines[0].update(journey="j-2"), "another_journey"),
        (lambda lines: lines[0].update(tongban_history=2), "history_version_unknown"),
        (lambda lines: lines.pop(), "history_cut_off"),
        (lambda lines: lines.append(lines[-1]), "history_goes_on"),
        (lambda lines: lines[-1]["signature"].update(signature="00" * 64), "signature_wrong"),
        (lambda lines: lines[-1]["signature"].update(lines=3), "lines_missing"),
        (lambda lines: lines[-1]["signature"].pop("key_id"), "line_malformed"),
        (lambda lines: lines.clear(), "history_cut_off"),
    ],
)
def test_every_change_is_found_out(pair: Pair, change: Change, expected: str) -> None:
    lines = [json.loads(line) for line in exported(pair[0])]
    change(lines)
    text = [json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines]
    found = verified(text)
    assert not found.sound
    assert expected in codes(found)


def test_a_missing_link_of_the_chain_is_found_even_if_the_file_were_signed_anew(pair: Pair) -> None:
    one, other = (verified(exported(post)) for post in pair)
    one.lines = [line for line in one.lines if line.envelope.sequence != 3 or line.incoming]
    assert [each.code for each in differences(one, other)] == ["missing_at_origin"]


def test_a_letter_that_one_end_has_not_got_yet_is_told_as_on_its_way(pair: Pair) -> None:
    pair[0].write(SICHUAN)
    one, other = (verified(exported(post)) for post in pair)
    assert [each.code for each in differences(one, other)] == ["on_its_way"]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [b"\n"],
        [b"{}\n"],
        [b"[]\n"],
        [b"null\n"],
        [b"\xff\n"],
        [b'"x"\n'],
        [b"[" * 100_000 + b"\n"],
        [b"1\n"] * 3,
    ],
)
def test_what_is_no_history_is_said_to_be_none(lines: list[bytes]) -> None:
    found = verified(lines)
    assert not found.sound
    assert codes(found)


def test_an_export_and_a_print_are_on_the_record_with_who_and_why(pair: Pair) -> None:
    one, _ = pair
    lines = exported(one)
    assert "tongban.relay.history_exported.v1" in one.site.told()
    (entry,) = one.site.registry.exports.find("by_journey", journey="j-1").items
    assert (entry.by, entry.reason, entry.how, entry.actor_id) == ("王主任", "法院调取", "file", "operator:wang")
    assert lines


@pytest.mark.parametrize(("by", "reason"), [("", "x"), ("王主任", " ")])
def test_nothing_leaves_without_a_name_and_a_reason(pair: Pair, by: str, reason: str) -> None:
    one, _ = pair
    for take in (export_history, render_history):
        with pytest.raises(Invalid):
            take(desk=one.desk, registry=one.site.registry, call=one.call, journey="j-1", exported_by=by, reason=reason)
    assert not one.site.registry.exports.find("by_journey", journey="j-1").items


def test_a_journey_without_letters_has_no_history(pair: Pair) -> None:
    with pytest.raises(NotFound):
        exported(pair[0], "j-9")
    assert "tongban.relay.history_exported.v1" not in pair[0].site.told()


def test_a_history_is_printed(pair: Pair) -> None:
    one: TrustSite = pair[0].site
    pdf = render_history(
        desk=pair[0].desk,
        registry=one.registry,
        call=pair[0].call,
        journey="j-1",
        exported_by="王主任",
        reason="群众申请查阅",
    )
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 5000
