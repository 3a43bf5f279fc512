"""Numbers of papers and cases: a running number in the form that a center has set (convention 15)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from kit.errors import Invalid

#: ``{center}``, ``{day}`` (20261123), ``{year}`` and ``{sequence}``, the last padded to the width after its colon.
_FIELD: Final = re.compile(r"\{(center|day|year|sequence)(?::([1-9]))?\}")
_MAX_LENGTH: Final = 60


def series_pattern(value: Any) -> None:
    """Checks a setting. Raises ``Invalid`` unless each number of a series is another one."""
    rest = _FIELD.sub("", value)
    names = [match.group(1) for match in _FIELD.finditer(value)]
    if "{" in rest or "}" in rest or names.count("sequence") != 1 or len(value) > _MAX_LENGTH:
        raise Invalid(
            "policy_value_invalid",
            "编号格式只能使用 {center}、{day}、{year} 和一个 {sequence}（如 {sequence:5} 表示补足五位），请更正。",
        )
    if not {"day", "year"} & set(names):
        raise Invalid("policy_value_invalid", "编号格式须包含 {day} 或 {year}，以免跨期重号，请更正。")


def series_number(pattern: str, *, center_id: str, on: date, sequence: int) -> str:
    """A number in its written form: ``61090220261123`` + ``00042``, or ``610902受〔2026〕000042号``."""
    values = {
        "center": center_id,
        "day": on.strftime("%Y%m%d"),
        "year": f"{on.year:04d}",
        "sequence": str(sequence),
    }
    return _FIELD.sub(lambda match: values[match.group(1)].zfill(int(match.group(2) or 0)), pattern)


def series_period(pattern: str, on: date) -> str:
    """The period after which the running number begins anew: the day or the year, whichever the form shows."""
    return on.strftime("%Y%m%d") if "{day}" in pattern else f"{on.year:04d}"
