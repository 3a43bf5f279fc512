"""Bounds of a form's field that leave nothing to say, and tests that can't be made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: Our own choices: more is nothing that a person fills in.
MOST_ROWS: Final = 50
MOST_LETTERS: Final = 4000

#: What a text may have to be, besides text.
FORMATS: Final = frozenset({"resident_id", "credit_code", "phone", "date"})

_ATOM: Final = r"(?:\[\^?[^\[\]\\]+\]|[^\\^$.|?*+()\[\]{}])"
#: Letters and classes, each counted, but for one: what has two ways to match can be made to try them all.
_PATTERN: Final = re.compile(
    rf"\^(?:{_ATOM}(?:\{{\d{{1,3}}\}})?){{0,20}}(?:{_ATOM}(?:\{{\d{{1,3}},\d{{0,3}}\}}|[?+*]))?"
    rf"(?:{_ATOM}(?:\{{\d{{1,3}}\}})?){{0,20}}\$"
)


def range_problems(schema: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a field's bounds, format and pattern, in words that follow its name."""
    for least, most, limit in (("minLength", "maxLength", MOST_LETTERS), ("minItems", "maxItems", MOST_ROWS)):
        low, high = schema.get(least, 0), schema.get(most, limit)
        if not all(_is_whole(one) and 0 <= one <= limit for one in (low, high)):
            yield f"的 {least}、{most} 应为 0 至 {limit} 的整数"
        elif low > high:
            yield f"的 {least} 大于 {most}，填什么都不对"
    low, high = schema.get("minimum"), schema.get("maximum")
    if not all(one is None or isinstance(one, float) or _is_whole(one) for one in (low, high)):
        yield "的 minimum、maximum 应为数字"
    elif low is not None and high is not None and low > high:
        yield "的 minimum 大于 maximum，填什么都不对"
    if "format" in schema and schema["format"] not in tuple(FORMATS):
        yield f"的格式 {str(schema['format'])[:40]} 不认识，可用：{'、'.join(sorted(FORMATS))}"
    if "const" in schema and schema["const"] is not True:
        yield "是勾选项，const 只能为 true"
    if "pattern" in schema and not _is_pattern(schema["pattern"]):
        yield "的 pattern 应为首尾锚定、最多一处不定长的简单正则表达式，以免很长的输入拖住系统"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_pattern(text: Any) -> bool:
    if not isinstance(text, str) or len(text) > 200 or not _PATTERN.fullmatch(text):
        return False
    try:
        re.compile(text)
    except re.error:
        return False
    return True
