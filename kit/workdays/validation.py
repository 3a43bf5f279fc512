"""Strict reading of calendar documents: each function takes a raw value and its place, returns it typed or raises.

Every error is an Invalid with a stable code and a ``field`` that says where in the document it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from kit.errors import Invalid

MAX_NAME: Final = 100
MAX_SOURCE: Final = 500


def mapping(value: object, field: str) -> Mapping[str, Any]:
    """An object with text keys."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise Invalid("calendar_value_invalid", f"日历字段“{field}”应为对象。", field=field)
    return value


def sequence(value: object, field: str, most: int) -> list[Any] | tuple[Any, ...]:
    """A list of at most so many entries."""
    if not isinstance(value, list | tuple) or len(value) > most:
        raise Invalid("calendar_value_invalid", f"日历字段“{field}”应为列表，且不超过 {most} 项。", field=field)
    return value


def known_fields(data: Mapping[str, Any], field: str, required: Collection[str], optional: Collection[str]) -> None:
    """Nothing missing, nothing unknown: a misspelt field must not be dropped in silence."""
    prefix = f"{field}." if field else ""
    for name in required:
        if name not in data:
            message = f"日历缺少字段“{prefix}{name}”，请补全。"
            raise Invalid("calendar_field_missing", message, field=prefix + name)
    for name in data:
        if name not in required and name not in optional:
            message = f"日历不认识字段“{prefix}{name}”，请删除或更正。"
            raise Invalid("calendar_field_unknown", message, field=prefix + name)


def whole_number(value: object, field: str, least: int, most: int) -> int:
    """An integer within bounds (a boolean isn't one)."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Invalid("calendar_value_invalid", f"日历字段“{field}”应为 {least} 至 {most} 的整数。", field=field)
    return value


def text(value: object, field: str, most: int = MAX_NAME) -> str:
    """A text that says something, of at most so many characters and without control characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise Invalid("calendar_value_invalid", f"日历字段“{field}”应为 1 至 {most} 个字的文字。", field=field)
    return value


def day(value: object, field: str) -> date:
    """A date written exactly ``YYYY-MM-DD``; the other ISO forms are refused, as they'd make two keys of one day."""
    if isinstance(value, str) and len(value) == 10:
        try:
            parsed = date.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed is not None and parsed.isoformat() == value:
            return parsed
    raise Invalid(
        "calendar_date_invalid",
        f"日历字段“{field}”不是有效日期，请写成 2026-01-01 的形式。",
        field=field,
    )
