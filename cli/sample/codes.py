"""Codes of matters and places: their shape, their check digits and how one is built from the other."""

from __future__ import annotations

import re
from typing import Final

from stdnum.cn import uscc

from cli.sample.terms import LEVEL_DIGITS, CenterLevel, ItemType

# 2 country (00) or province, 2 type, 2 line of business, 3 main item, 3 sub-item; a main item that
# has sub-items may end in Y.
_BASIC_CODE: Final = re.compile(r"\d{2}(?P<type>\d{2})\d{7}[\dY]")

# No province has this number, so that an invented code can never be a real one.
ASSUMED_PREFIX: Final = "99"


def is_basic_code(code: str) -> bool:
    """Check the structure of a 12-digit basic code (基本编码) and that its type digits are a known type."""
    found = _BASIC_CODE.fullmatch(code)
    return found is not None and found["type"] in set(ItemType)


def is_credit_code(code: str) -> bool:
    """Check a unified social credit code (统一社会信用代码, GB 32100) with its check digit."""
    return uscc.is_valid(code)


def implementation_code(credit_code: str, level: CenterLevel, basic_code: str) -> str:
    """Build the 31-digit implementation code (实施编码): credit code 18, level 1, basic code 12."""
    return f"{credit_code}{LEVEL_DIGITS[level]}{basic_code}"
