"""A changed document is what ``dataclasses.replace`` makes of it, and what has to be checked is not changed this way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from kit.changing import changed, versioned


@dataclass(frozen=True, slots=True)
class Sheet:
    """What nobody checks."""

    id: str
    words: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What is checked whenever it is made."""

    id: str
    version: int = 0

    def __post_init__(self) -> None:
        """Counts from zero on."""
        if self.version < 0:
            raise ValueError("a version below zero")


@dataclass(frozen=True)
class Open:
    """What has no slots, but defaults that stand in the class."""

    id: str
    version: int = 0


def test_a_changed_document_is_the_one_that_would_have_been_made_anew() -> None:
    sheet = Sheet("a", ("x",), 3)
    assert changed(sheet, words=("y",), version=9) == replace(sheet, words=("y",), version=9)
    assert changed(sheet) == sheet
    assert changed(sheet).words is sheet.words
    assert sheet == Sheet("a", ("x",), 3)


@pytest.mark.parametrize("document", [Checked("a"), Open("a")], ids=["checked", "without slots"])
def test_nothing_is_changed_that_checks_itself_or_has_no_slots(document: Checked | Open) -> None:
    with pytest.raises(TypeError, match="to be replaced"):
        changed(document, version=1)


def test_nothing_is_changed_that_isnt_there() -> None:
    with pytest.raises(KeyError):
        changed(Sheet("a"), colour="红")


@pytest.mark.parametrize("document", [Sheet("a", ("x",)), Checked("a"), Open("a")], ids=["sheet", "checked", "open"])
def test_any_document_takes_its_next_version(document: Sheet | Checked | Open) -> None:
    assert versioned(document, 4) == replace(document, version=4)


def test_a_document_that_is_checked_is_checked_with_its_next_version_too() -> None:
    with pytest.raises(ValueError, match="below zero"):
        versioned(Checked("a"), -1)
