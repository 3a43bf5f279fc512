"""One per-center setting: its type, its default and where that comes from (convention 9)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kit.errors import Invalid

#: The source note of a number that no source gives.
OUR_OWN_CHOICE: Final = "our own choice"

#: Bounds of numbers that don't say their own; the upper one keeps any sum of days within a date.
LEAST: Final = 0
MOST: Final = 1_000_000

_MAX_TEXT: Final = 2000
_TYPES: Final = {int: "整数", float: "数字", str: "文字", bool: "是或否", list: "列表", dict: "对象"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that a center may change and its children inherit.

    ``type`` is int, float, str, bool, list or dict; ``title`` is for people, in Chinese; ``source`` names the rule,
    or the values that the sources give differently (table ZZ), or is ``OUR_OWN_CHOICE``. ``choices`` bounds a text
    or a number, ``least`` and ``most`` a number; ``shape`` checks a list or an object and raises ``Invalid``.
    """

    key: str
    type: type
    default: Any
    title: str
    source: str
    choices: tuple[Any, ...] = ()
    least: float = LEAST
    most: float = MOST
    shape: Callable[[Any], None] | None = None

    def __post_init__(self) -> None:
        """Raises ``ValueError`` when the declaration itself is wrong, so that a wrong default never ships."""
        if self.type not in _TYPES:
            raise ValueError(f"{self.key}: {self.type} is no type of a setting")
        if not self.key or not self.title or not self.source:
            raise ValueError(f"{self.key}: key, title and source are needed")
        try:
            normal = self.check(self.default)
        except Invalid as error:
            raise ValueError(f"{self.key}: the default does not fit ({error})") from error
        object.__setattr__(self, "default", normal)

    def check(self, value: Any) -> Any:
        """The value in the setting's type (5.0 is the integer 5). Raises ``Invalid`` (``policy_value_invalid``)."""
        typed = self._typed(value)
        if isinstance(typed, int | float) and not isinstance(typed, bool) and not self.least <= typed <= self.most:
            raise self._bad(f"应在 {self.least:g} 至 {self.most:g} 之间")
        if isinstance(typed, str) and (len(typed) > _MAX_TEXT or not typed.isprintable()):
            raise self._bad(f"应为不超过 {_MAX_TEXT} 个字的文字，且不含控制字符")
        if self.choices and typed not in self.choices:
            raise self._bad(f"应为 {'、'.join(map(str, self.choices))} 之一")
        if self.shape is not None:
            self.shape(typed)
        return typed

    def _typed(self, value: Any) -> Any:
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if self.type is int and isinstance(value, float) and value.is_integer():
            return int(value)
        if not isinstance(value, self.type) or (self.type is int and isinstance(value, bool)):
            raise self._bad(f"应为{_TYPES[self.type]}")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._bad("应为有限的数字")
        return value

    def _bad(self, problem: str) -> Invalid:
        return Invalid("policy_value_invalid", f"参数“{self.title}”（{self.key}）{problem}，请更正。", key=self.key)
