"""``tongban relay verify``: a third party's own look at a history, offline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from services.relay.cards import card_message, file_text
from services.relay.handlers.history import export_history
from services.relay.tests.test_introductions import Post, carry
from services.relay.tests.trust_sites import HANBIN, SICHUAN, fixed_clock, linked, trust_site


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, list[Path]]:
    """Both ends' histories of a journey, and both cards."""
    clock = fixed_clock()
    one, other = trust_site(tmp_path, HANBIN, clock), trust_site(tmp_path, SICHUAN, clock)
    linked(one, other)
    posts = Post(one), Post(other)
    posts[0].write(SICHUAN)
    carry(*posts)
    found, cards = [], []
    for post in posts:
        path = tmp_path / f"{post.site.id}.jsonl"
        lines = export_history(
            desk=post.desk,
            registry=post.site.registry,
            call=post.call,
            journey="j-1",
            exported_by="王主任",
            reason="法院调取",
        )
        path.write_bytes(b"".join(lines))
        found.append(path)
        cards.append(tmp_path / f"{post.site.id}.card.json")
        cards[-1].write_text(file_text(card_message(post.site.ring.card)))
    return found[0], found[1], cards


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["relay", "verify", *map(str, arguments)])


def test_a_sound_history_is_said_to_be_sound_line_by_line(files: tuple[Path, Path, list[Path]]) -> None:
    one, _, cards = files
    result = verify(one)
    assert result.exit_code == 0, result.output
    assert "is SOUND: 2 envelopes, 2 cards" in result.output
    assert "crossing.submitted" in result.output
    assert "compare their fingerprints" in result.output
    compared = verify(one, "--card", cards[0], "--card", cards[1])
    assert compared.exit_code == 0
    assert "compare their fingerprints" not in compared.output


def test_two_ends_are_held_against_each_other(files: tuple[Path, Path, list[Path]]) -> None:
    one, other, _ = files
    result = verify(one, other, "--quiet")
    assert result.exit_code == 0, result.output
    assert "the two ends agree." in result.output


def test_a_changed_line_is_named_and_the_exit_code_says_so(files: tuple[Path, Path, list[Path]]) -> None:
    one, _, _ = files
    lines = one.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if "crossing.submitted" in line)
    content = json.loads(lines[place])
    content["envelope"]["letter"]["payload"] = "AAAA"
    lines[place] = json.dumps(content, ensure_ascii=False)
    one.write_text("\n".join(lines) + "\n")
    result = verify(one, "--quiet")
    assert result.exit_code == 1
    assert f"{place + 1}  WRONG signature_wrong" in result.output
    assert "is NOT SOUND" in result.output


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no history", b"\x1b[2J\n" * 3, b"x" * 5_000_000])
def test_what_is_no_history_is_not_sound(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    result = verify(path)
    assert result.exit_code == 1
    assert "NOT SOUND" in result.output
    assert "\x1b" not in result.output


def test_a_terminals_commands_in_a_file_stay_in_it(files: tuple[Path, Path, list[Path]]) -> None:
    one, _, _ = files
    lines = one.read_text().splitlines()
    lines[0] = json.dumps({**json.loads(lines[0]), "exported_by": "\x1b]0;owned\x07"})
    one.write_text("\n".join(lines) + "\n")
    result = verify(one)
    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert verify(tmp_path / "missing").exit_code == 1
