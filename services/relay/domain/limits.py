"""Limits: what one end of a link takes from the other. The numbers are our own choice, by link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kit.errors import Forbidden, Invalid
from services.relay.domain.letter import Letter

#: What relays tell each other about letters: always allowed, or nothing could be settled.
CONTROL: Final = "relay."
#: Relay's own letters have to pass, the largest card too.
_LEAST_LETTER_BYTES: Final = 64 * 1024
#: An event holds a letter with its payload, so no limit may be above this.
MOST_LETTER_BYTES: Final = 512 * 1024
_PATTERN: Final = re.compile(r"\*|[A-Za-z0-9_.-]{1,80}\*?")


class LetterNotAllowed(Forbidden):
    """A letter is outside what a link carries."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one end takes."""

    #: Of a letter's payload.
    max_letter_bytes: int = MOST_LETTER_BYTES
    max_attachment_bytes: int = 256 * 1024 * 1024
    #: 0: as many as come.
    letters_per_minute: int = 0
    #: 0: as many as come.
    attachment_bytes_per_day: int = 0
    #: ``crossing.submitted``, ``crossing.*`` or ``*``.
    letter_types: tuple[str, ...] = ("*",)
    #: Patterns of item codes, for federation to keep: relay doesn't read what a letter says.
    items: tuple[str, ...] = ("*",)
    #: Patterns of the sites whose cards the other end may hand on; none: by what it is to this site.
    introduces: tuple[str, ...] = ()

    def fields(self) -> Iterator[str | int]:
        """Its part of a canonical form."""
        yield from (self.max_letter_bytes, self.max_attachment_bytes)
        yield from (self.letters_per_minute, self.attachment_bytes_per_day)
        for patterns in (self.letter_types, self.items, self.introduces):
            yield len(patterns)
            yield from patterns

    def require_sound(self) -> None:
        """Raises ``Invalid`` (``limits_wrong``) unless they can be kept."""
        numbers = (self.max_attachment_bytes, self.letters_per_minute, self.attachment_bytes_per_day)
        patterns = (*self.letter_types, *self.items, *self.introduces)
        if not _LEAST_LETTER_BYTES <= self.max_letter_bytes <= MOST_LETTER_BYTES:
            raise Invalid(
                "limits_wrong",
                f"单封函件的上限应在 {_LEAST_LETTER_BYTES} 至 {MOST_LETTER_BYTES} 字节之间。",
                field="max_letter_bytes",
            )
        if any(not 0 <= number < 1 << 62 for number in numbers):
            raise Invalid("limits_wrong", "链路限额不能为负数，也不能过大。", field="limits")
        if len(patterns) > 200 or not all(_PATTERN.fullmatch(each) for each in patterns):
            raise Invalid("limits_wrong", "允许的类型、事项应为编号、“前缀*”或“*”，最多200条。", field="patterns")

    def require_permitted(self, letter: Letter) -> None:
        """Raises ``LetterNotAllowed`` unless the letter keeps within the limits."""
        if not (letter.type.startswith(CONTROL) or matches(self.letter_types, letter.type)):
            raise LetterNotAllowed(
                "letter_type_not_allowed", "该链路不受理此类函件，请与对方站点协商。", type=letter.type
            )
        if len(letter.payload) > self.max_letter_bytes:
            raise LetterNotAllowed(
                "letter_too_large", "函件超过链路的大小上限，请精简内容或改用附件。",
                bytes=len(letter.payload), limit=self.max_letter_bytes,
            )  # fmt: skip
        largest = max((each.size for each in letter.attachments), default=0)
        if largest > self.max_attachment_bytes:
            raise LetterNotAllowed(
                "attachment_too_large", "附件超过链路的大小上限，请压缩或拆分后重发。",
                bytes=largest, limit=self.max_attachment_bytes,
            )  # fmt: skip


def matches(patterns: Iterable[str], value: str) -> bool:
    """Whether one of the patterns (exact, with a star at the end, or a star alone) fits."""
    return any(value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern for pattern in patterns)
