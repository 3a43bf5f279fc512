"""Codes of service items, checked by their coding scheme (facts 4; GB/T 39554.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

#: 2 country (00) or province, 2 type, 2 line of business, 3 main item, 3 sub-item; Y ends a main item with sub-items.
_BASIC: Final = re.compile(r"[0-9]{11}[0-9Y]")
_LOCAL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
_CREDIT_CODE: Final = 18
_LEVELS: Final = "1234567"
MAX_LOCAL: Final = 64


class CodingScheme(StrEnum):
    """How an item's codes are built."""

    NATIONAL = "national"
    """Basic code of 12, implementation code of 31: credit code 18, level 1 (GB/T 39046 A.2), basic code 12."""
    FREE = "free"
    """A place's own, up to 64 letters, digits, dots and dashes; provinces have ones of ten digits and longer ones."""


def basic_code_of(scheme: CodingScheme, implementation_code: str) -> str:
    """The basic code within an implementation code; empty where the scheme has none."""
    if scheme is CodingScheme.NATIONAL and len(implementation_code) == 31:
        return implementation_code[19:]
    return ""


def code_problems(
    scheme: CodingScheme, basic: str, implementation: str, is_credit_code: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the codes that are given, as (code, message); an absent one is not a fault here."""
    if scheme is CodingScheme.FREE:
        for code in filter(None, (basic, implementation)):
            if len(code) > MAX_LOCAL or not _LOCAL.fullmatch(code):
                yield "item_code_invalid", f"编码 {code[:40]} 应为不超过 {MAX_LOCAL} 位的字母、数字、点或横线"
        return
    if basic and not _BASIC.fullmatch(basic):
        yield "basic_code_invalid", f"基本编码 {basic[:40]} 应为 12 位数字（主项末位可为 Y）"
    if not implementation:
        return
    if len(implementation) != 31:
        yield (
            "implementation_code_invalid",
            f"实施编码应为 31 位（信用代码 18＋层级 1＋基本编码 12），现为 {len(implementation)} 位",
        )
        return
    credit, level, inner = implementation[:_CREDIT_CODE], implementation[_CREDIT_CODE], implementation[19:]
    if not is_credit_code(credit):
        yield "implementation_code_invalid", f"实施编码中的统一社会信用代码 {credit} 校验不通过"
    if level not in _LEVELS:
        yield "implementation_code_invalid", f"实施编码第 19 位（行使层级）应为 1 至 7，现为 {level}"
    if not _BASIC.fullmatch(inner):
        yield "implementation_code_invalid", f"实施编码末 12 位 {inner} 不是基本编码"
    elif basic and inner != basic:
        yield "implementation_code_invalid", "实施编码末 12 位应与基本编码一致"
