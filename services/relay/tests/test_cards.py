"""Cards: what is believed, of whom, and what follows what."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Invalid, TongbanError
from kit.testing import MONDAY
from services.relay.cards import card_message, card_of, file_text, parse_card, read_file
from services.relay.domain.card import (
    CardRefused,
    CardSignature,
    SiteCard,
    require_genuine,
    require_site_id,
    require_successor,
    same_fingerprint,
)
from services.relay.domain.issuing import RotationRefused
from services.relay.domain.keys import SKEW, KeyRefused, find_key, signing_key
from services.relay.handlers.keyring import SignatureRefused, SiteKeyring, signed_with
from services.relay.tests.trust_sites import ANKANG, HANBIN, Ring
from tongban.relay.v1 import site_pb2

DAY = timedelta(days=1)


def ring() -> Ring:
    return Ring.made(HANBIN, MONDAY, ("grpcs://relay.example:7443",))


def keyring_with(card: SiteCard) -> SiteKeyring:
    return SiteKeyring(lambda: None, lambda site: card if site == card.site else None)


def refusal(error: pytest.ExceptionInfo[TongbanError]) -> str:
    return error.value.code


# ── Genuine ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_card_comes_out_of_its_file_and_its_bytes_as_it_went_in() -> None:
    card = ring().card
    text = file_text(card_message(card))
    assert card_of(read_file(text, site_pb2.SiteCard)) == card
    assert parse_card(card_message(card).SerializeToString()) == card
    require_genuine(card, MONDAY, signed_with)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "另一个中心"}, "card_signature_wrong"),
        ({"endpoints": ("grpcs://attacker.example:7443",)}, "card_signature_wrong"),
        ({"serial": 9}, "card_signature_wrong"),
        ({"signatures": ()}, "card_not_signed"),
        ({"signatures": (CardSignature("ed25519:0123456789abcdef", bytes(64)),)}, "card_signature_wrong"),
        ({"keys": ()}, "card_malformed"),
        ({"name": " "}, "card_malformed"),
        ({"serial": 0}, "card_malformed"),
        ({"site": "hanbin"}, "site_id_malformed"),
        ({"issued_at": MONDAY + DAY}, "card_from_future"),
    ],
)
def test_a_card_that_was_changed_or_is_not_whole_is_refused(changes: dict[str, object], code: str) -> None:
    card = replace(ring().card, **changes)  # type: ignore[arg-type]
    with pytest.raises(TongbanError) as error:
        require_genuine(card, MONDAY, signed_with)
    assert refusal(error) == code


def test_a_key_under_anothers_name_is_refused() -> None:
    card, other = ring().card, ring().card
    stolen = replace(card.keys[0], public=other.keys[0].public)
    with pytest.raises(CardRefused) as error:
        require_genuine(replace(card, keys=(stolen,)), MONDAY, signed_with)
    assert refusal(error) == "card_malformed"


def test_a_card_whose_keys_have_all_ended_is_expired() -> None:
    mine = ring()
    ended = replace(mine.card, keys=(replace(mine.card.keys[0], valid_until=MONDAY + DAY),))
    card = mine.issue(ended)
    require_genuine(card, MONDAY, signed_with)
    with pytest.raises(CardRefused) as error:
        require_genuine(card, MONDAY + 2 * DAY, signed_with)
    assert refusal(error) == "card_expired"


def test_an_unknown_algorithm_is_refused_by_name() -> None:
    key = replace(ring().card.keys[0], id="sm2:0123456789abcdef")
    with pytest.raises(KeyRefused) as error:
        signed_with(key, b"data", bytes(64))
    assert refusal(error) == "algorithm_unknown"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"site_card": null}',
        '{"site_card": []}',
        '{"site_card": {"site": 5}}',
        '{"link_proposal": {}}',
        '{"site_card": {}, "link_proposal": {}}',
        '{"site_card": {"unknown": 1}}',
        "[" * 100_000,
        '{"site_card": {"issued_at": "yesterday"}}',
    ],
)
def test_a_file_that_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as error:
        card_of(read_file(text, site_pb2.SiteCard))
    assert refusal(error) in ("file_malformed", "card_malformed")


@given(st.binary(max_size=300))
def test_bytes_that_are_no_card_are_refused(data: bytes) -> None:
    try:
        card = parse_card(data)
        require_genuine(card, MONDAY, signed_with)
    except TongbanError:
        return
    pytest.fail("random bytes were a card")


@given(st.data())
def test_whatever_byte_of_a_cards_file_is_changed_it_is_the_same_card_or_none(data: st.DataObject) -> None:
    card = _CARD
    content = json.loads(file_text(card_message(card)))["site_card"]
    field = data.draw(st.sampled_from(["site", "name", "serial", "issued_at"]))
    text = content[field]
    at = data.draw(st.integers(0, len(text) - 1))
    content[field] = text[:at] + data.draw(st.sampled_from("0123456789abcxyz.-")) + text[at + 1 :]
    try:
        found = card_of(read_file(json.dumps({"site_card": content}), site_pb2.SiteCard))
        require_genuine(found, MONDAY, signed_with)
    except TongbanError:
        return
    assert found == card


_CARD = Ring.made(HANBIN, MONDAY).card


@pytest.mark.parametrize("site", ["610902.hanbin", "610902101.wuli", "610902101001.cun-1", "510000.s"])
def test_a_site_id_is_taken(site: str) -> None:
    assert require_site_id(site) == site


@pytest.mark.parametrize(
    "site",
    ["", "hanbin", "61090.x", "610902.", "610902.-x", "610902.x-", "610902.X", "610902.汉", "610902.x\n", "6109021.x"],
)
def test_what_is_no_site_id_is_refused(site: str) -> None:
    with pytest.raises(Invalid):
        require_site_id(site)


def test_a_fingerprint_is_the_same_however_it_is_read_out_and_another_cards_is_not() -> None:
    card, other = ring().card, ring().card
    assert same_fingerprint(card.fingerprint().upper().replace(" ", "-"), card)
    assert not same_fingerprint(other.fingerprint(), card)
    assert not same_fingerprint(card.fingerprint()[:-1], card)
    assert not same_fingerprint("", card)


# ── Following ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rotated_card_follows_as_the_old_key_signed_it_too() -> None:
    mine = ring()
    first = mine.card
    second = mine.rotate(MONDAY + DAY)
    require_genuine(second, MONDAY + DAY, signed_with)
    require_successor(first, second)
    assert {each.key_id for each in second.signatures} == {key.id for key in second.keys}


def test_the_old_key_signs_until_the_overlap_ends_and_the_new_one_then() -> None:
    mine = ring()
    old = mine.card.keys[0].id
    card = mine.rotate(MONDAY, overlap=10 * DAY)
    new = card.keys[1].id
    assert signing_key(card.keys, MONDAY + 9 * DAY).id == old
    assert signing_key(card.keys, MONDAY + 10 * DAY).id == new


def test_what_an_old_key_signed_stays_verifiable_and_later_dates_of_it_are_refused() -> None:
    mine = ring()
    old = mine.card.keys[0].id
    signature = mine.sign(old, b"letter")
    card = mine.rotate(MONDAY, overlap=10 * DAY)
    keys = keyring_with(card)
    year = MONDAY + 365 * DAY
    keys.verify(HANBIN, old, b"letter", signature, year, signed_at=MONDAY + DAY)
    with pytest.raises(KeyRefused) as error:
        keys.verify(HANBIN, old, b"letter", signature, year, signed_at=MONDAY + 11 * DAY)
    assert refusal(error) == "key_out_of_time"


def test_keys_are_not_rotated_twice_within_an_overlap() -> None:
    mine = ring()
    mine.rotate(MONDAY, overlap=10 * DAY)
    with pytest.raises(RotationRefused) as error:
        mine.rotate(MONDAY + DAY)
    assert refusal(error) == "rotation_under_way"
    third = mine.rotate(MONDAY + 10 * DAY)
    assert len(third.keys) == 3


def test_a_card_that_only_a_new_key_signed_needs_a_person() -> None:
    mine = ring()
    first = mine.card
    second = mine.revoke(first.keys[0].id, MONDAY + DAY)
    require_genuine(second, MONDAY + DAY, signed_with)
    with pytest.raises(CardRefused) as error:
        require_successor(first, second)
    assert refusal(error) == "card_not_continued"


def test_a_thief_of_a_revoked_key_issues_no_card_that_follows() -> None:
    mine = ring()
    stolen = mine.card.keys[0].id
    mine.rotate(MONDAY)
    known = mine.revoke(stolen, MONDAY + DAY)
    thief = Ring(known, dict(mine.signers))
    forged = replace(known, serial=9, endpoints=("grpcs://thief.example:1",))
    data = forged.canonical()
    with pytest.raises(CardRefused) as error:
        require_successor(known, replace(forged, signatures=(CardSignature(stolen, thief.sign(stolen, data)),)))
    assert refusal(error) == "card_not_continued"


def test_within_an_overlap_a_revoked_old_key_is_followed_without_a_person() -> None:
    mine = ring()
    first = mine.card
    second = mine.rotate(MONDAY)
    third = mine.revoke(first.keys[0].id, MONDAY + DAY)
    require_successor(second, third)
    assert signing_key(third.keys, MONDAY + DAY).id == second.keys[1].id


def test_a_key_is_revoked_once() -> None:
    mine = ring()
    key = mine.card.keys[0].id
    mine.revoke(key, MONDAY)
    with pytest.raises(RotationRefused) as error:
        mine.revoke(key, MONDAY)
    assert refusal(error) == "key_revoked_already"


def test_a_key_is_not_revoked_from_a_time_to_come_or_before_it_was() -> None:
    mine = ring()
    for since in (MONDAY + DAY, MONDAY - DAY):
        with pytest.raises(Invalid):
            mine.revoke(mine.card.keys[0].id, MONDAY, since)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda known, ring: known, "card_not_newer"),
        (lambda known, ring: ring.issue(replace(known, serial=known.serial - 1 or 0)), "card_not_newer"),
        (lambda known, ring: Ring.made(ANKANG, MONDAY).card, "card_of_another_site"),
        (lambda known, ring: replace(Ring.made(HANBIN, MONDAY).card, serial=9), "card_forgets_key"),
    ],
)
def test_a_card_that_does_not_follow_is_refused(change: object, code: str) -> None:
    mine = ring()
    mine.rotate(MONDAY)
    known = mine.card
    with pytest.raises(CardRefused) as error:
        require_successor(known, change(known, mine))  # type: ignore[operator]
    assert refusal(error) == code


def test_no_card_revives_a_revoked_key() -> None:
    mine = ring()
    old = mine.card.keys[0].id
    mine.rotate(MONDAY)
    known = mine.revoke(old, MONDAY + DAY)
    for changed in (None, MONDAY + 2 * DAY):
        keys = tuple(replace(key, revoked_at=changed) if key.id == old else key for key in known.keys)
        with pytest.raises(CardRefused) as error:
            require_successor(known, replace(known, serial=known.serial + 1, keys=keys))
        assert refusal(error) == "card_revives_key"


# ── The key ring ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_revoked_key_is_refused_by_arrival_whatever_the_letter_says_of_itself() -> None:
    mine = ring()
    key = mine.card.keys[0].id
    signature = mine.sign(key, b"letter")
    keys = keyring_with(mine.revoke(key, MONDAY + 5 * DAY))
    keys.verify(HANBIN, key, b"letter", signature, MONDAY + 4 * DAY, signed_at=MONDAY)  # it came before
    with pytest.raises(KeyRefused) as error:
        keys.verify(HANBIN, key, b"letter", signature, MONDAY + 5 * DAY, signed_at=MONDAY)
    assert refusal(error) == "key_revoked"


@pytest.mark.parametrize(
    ("site", "data", "code"),
    [(ANKANG, b"letter", "site_unknown"), (HANBIN, b"lettre", "signature_wrong")],
)
def test_another_site_or_other_bytes_are_refused(site: str, data: bytes, code: str) -> None:
    mine = ring()
    key = mine.card.keys[0].id
    with pytest.raises((KeyRefused, SignatureRefused)) as error:
        keyring_with(mine.card).verify(site, key, data, mine.sign(key, b"letter"), MONDAY)
    assert refusal(error) == code


def test_a_strangers_key_is_refused_and_so_is_a_time_before_the_keys_own() -> None:
    mine, other = ring(), ring()
    key = other.card.keys[0].id
    with pytest.raises(KeyRefused) as error:
        keyring_with(mine.card).verify(HANBIN, key, b"x", other.sign(key, b"x"), MONDAY)
    assert refusal(error) == "key_unknown"
    own = mine.card.keys[0].id
    with pytest.raises(KeyRefused) as error:
        keyring_with(mine.card).verify(HANBIN, own, b"x", mine.sign(own, b"x"), MONDAY, MONDAY - SKEW - DAY)
    assert refusal(error) == "key_out_of_time"


def test_a_site_verifies_its_own_signatures_and_signs_only_with_what_is_at_hand() -> None:
    mine = ring()
    keys = SiteKeyring(mine.identity, lambda site: None)
    key = keys.signing_key_id(MONDAY)
    keys.verify(HANBIN, key, b"x", keys.sign(key, b"x"), MONDAY)
    with pytest.raises(KeyRefused) as error:
        keys.sign("ed25519:0123456789abcdef", b"x")
    assert refusal(error) == "key_not_here"
    assert find_key(mine.card.keys, key).public == base64.b64decode(base64.b64encode(mine.signers[key].public))


def test_a_site_without_an_identity_signs_nothing() -> None:
    keys = SiteKeyring(lambda: None, lambda site: None)
    with pytest.raises(TongbanError) as error:
        keys.signing_key_id(MONDAY)
    assert refusal(error) == "site_has_no_identity"
