"""What may travel over a link, and whom its other end may introduce."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.limits import LetterNotAllowed, Limits
from services.relay.domain.link import Link, area
from services.relay.domain.proposal import Direction
from services.relay.tests.trust_sites import (
    ANKANG,
    HANBIN,
    NO_LIMITS,
    SICHUAN,
    TOWNSHIP,
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


def letter(**changes: object) -> Letter:
    made = Letter("id", HANBIN, SICHUAN, "crossing.submitted", 1, "j-1", fixed_clock().now(), b"x" * 2000)
    return replace(made, **changes)  # type: ignore[arg-type]


# ── What may travel ──────────────────────────────────────────────────────────────────────────────────────────────


def sized(size: int) -> tuple[Attachment, ...]:
    return (Attachment("0" * 64, size, "application/pdf", "a.pdf"),)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(letter_types=("urging.*",)), "letter_type_not_allowed"),
        (Limits(letter_types=()), "letter_type_not_allowed"),
        (Limits(letter_types=("crossing.submit",)), "letter_type_not_allowed"),
        (Limits(max_letter_bytes=1999), "letter_too_large"),
        (Limits(max_attachment_bytes=9), "attachment_too_large"),
    ],
)
def test_a_letter_outside_the_limits_is_refused(pair: Pair, limits: Limits, code: str) -> None:
    link = one_link(pair)
    with pytest.raises(LetterNotAllowed, match=code):
        replace(link, limits=limits).permits(letter(attachments=sized(10)))
    with pytest.raises(LetterNotAllowed, match=code):
        replace(link, peer_limits=limits).permits_sending(letter(attachments=sized(10)))


@pytest.mark.parametrize("types", [("*",), ("crossing.*",), ("crossing.submitted",), ("a", "crossing.submitted")])
def test_a_letter_within_the_limits_passes(pair: Pair, types: tuple[str, ...]) -> None:
    replace(one_link(pair), limits=Limits(letter_types=types)).permits(letter(attachments=sized(10)))


def test_relays_own_letters_always_pass(pair: Pair) -> None:
    replace(one_link(pair), limits=Limits(letter_types=())).permits(letter(type="relay.receipt"))


def one_link(pair: Pair) -> Link:
    return pair[0].registry.link(linked(*pair))


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (ANKANG, "6109"),
        (SICHUAN, "51"),
        (HANBIN, "610902"),
        (TOWNSHIP, "610902101"),
        ("610902101000.x", "610902101"),
        ("000000.x", "00"),
    ],
)
def test_a_sites_area_is_its_division_and_below(site: str, expected: str) -> None:
    assert area(site) == expected


@pytest.mark.parametrize(
    ("direction", "limits", "site", "may"),
    [
        (Direction.PARENT, NO_LIMITS, HANBIN, True),
        (Direction.PARTNER, NO_LIMITS, "510100.chengdu", True),
        (Direction.PARTNER, NO_LIMITS, HANBIN, False),
        (Direction.CHILD, NO_LIMITS, "440000.gd", False),
        (Direction.PARENT, Limits(introduces=("51*",)), HANBIN, False),
        (Direction.PARTNER, Limits(introduces=("*",)), HANBIN, True),
    ],
)
def test_a_neighbour_introduces_whom_it_may(
    pair: Pair, direction: Direction, limits: Limits, site: str, may: bool
) -> None:
    link = replace(one_link(pair), direction=direction, limits=limits)
    assert link.may_introduce(site) is may
