"""Amounts as receipts write them: in figures, and in the capital numerals that can't be altered (大写金额)."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_GROUPS: Final = ((100_000_000, "亿"), (10_000, "万"), (1, ""))


def in_yuan(fen: int) -> str:
    """Fen as yuan with two places."""
    return f"{fen // 100}.{fen % 100:02d}"


def in_words(fen: int) -> str:
    """Fen in capital numerals, below a million million yuan: ``壹佰零伍元整``, ``叁元零贰分``."""
    yuan, rest = divmod(fen, 100)
    jiao, last = divmod(rest, 10)
    text = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        return (text or "零元") + "整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif yuan:
        text += _DIGITS[0]
    return text + (f"{_DIGITS[last]}分" if last else "整")


def _whole(number: int) -> str:
    text, skipped = "", False
    for size, unit in _GROUPS:
        group, number = divmod(number, size)
        if not group:
            skipped = bool(text)
            continue
        if text and (skipped or group < 1000):
            text += _DIGITS[0]
        text += _group(group) + unit
        skipped = False
    return text


def _group(number: int) -> str:
    """1 to 9999; several noughts inside are one, those at the end are none."""
    text, skipped = "", False
    for size, unit in _PLACES:
        digit, number = divmod(number, size)
        if not digit:
            skipped = bool(text)
            continue
        text += (_DIGITS[0] if skipped else "") + _DIGITS[digit] + unit
        skipped = False
    return text
