"""docs/bad-input.md names a test for each kind of bad input: each of them is there."""

import re
from functools import cache

import pytest

from tests.architecture.tree import ROOT

_NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_FILE = re.compile(r"`([\w/]+\.py)[:`]")
TESTS = _NAMED.findall((ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8"))


@cache
def defined(path: str) -> frozenset[str]:
    """The tests of a file."""
    return frozenset(re.findall(r"^ *def (test_\w+)\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(("path", "name"), TESTS, ids=[name for _, name in TESTS])
def test_a_named_test_is_there(path: str, name: str) -> None:
    assert name in defined(path)


def test_every_line_of_a_table_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
    assert [path for path in _FILE.findall(text) if not (ROOT / path).exists()] == []
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    assert [line for line in lines if not _FILE.search(line) and not line.endswith(("bring it |", "| test |"))] == []
