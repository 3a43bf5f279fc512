"""What was made of an object is made once, and never taken for another's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.made import MadeOnce
from kit.store.codec import Codec


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole."""

    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """What is kept."""

    id: str
    parts: tuple[Part, ...]
    version: int = 0


def test_the_same_object_is_asked_about_once_and_an_equal_one_anew() -> None:
    asked: list[Part] = []

    def name(part: Part) -> str:
        asked.append(part)
        return part.name

    made = MadeOnce(name)
    one, equal = Part("a"), Part("a")
    assert [made(one), made(one), made(equal)] == ["a", "a", "a"]
    assert [each is one for each in asked] == [True, False]


def test_objects_that_come_and_go_are_never_taken_for_each_other() -> None:
    made: MadeOnce[Part, str] = MadeOnce(lambda part: part.name, most=3)
    for number in range(200):
        assert made(Part(f"part {number}")) == f"part {number}"


def test_parts_that_a_change_leaves_alone_are_written_as_before() -> None:
    codec = Codec(Whole)
    whole = Whole("w", (Part("a", ("x",)), Part("b")))
    before = codec.body(whole)
    after = codec.body(replace(whole, parts=(whole.parts[0], replace(whole.parts[1], name="c"))))
    assert after["parts"] == [{"name": "a", "words": ["x"]}, {"name": "c", "words": []}]
    assert after["parts"][0] is before["parts"][0]
    assert codec.entity("w", 0, before) == whole
