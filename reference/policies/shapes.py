"""Checks of settings that are lists or objects: each raises ``Invalid`` (``policy_value_invalid``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kit.errors import Invalid
from kit.workdays import WeeklyHours

Check = Callable[[Any], None]


def weekly_hours(value: Any) -> None:
    """A week of opening hours, as ``kit.workdays`` reads it."""
    WeeklyHours.from_data(value)


def texts(*choices: str, least: int = 0) -> Check:
    """A list of at least so many texts, of these if any are given, none twice."""

    def check(value: Any) -> None:
        if len(value) < least:
            raise bad(f"至少应有 {least} 项")
        if not all(isinstance(entry, str) and entry for entry in value) or len(set(value)) != len(value):
            raise bad("应为互不相同的文字列表")
        if choices and not set(value) <= set(choices):
            raise bad(f"应取自 {'、'.join(choices)}")

    return check


def objects(**fields: type | tuple[type, ...]) -> Check:
    """A list of objects that have exactly these fields of these types."""
    one = record(**fields)

    def check(value: Any) -> None:
        for entry in value:
            one(entry)

    return check


def record(**fields: type | tuple[type, ...]) -> Check:
    """An object that has exactly these fields of these types; numbers are not negative."""

    def check(value: Any) -> None:
        if not isinstance(value, Mapping) or set(value) != set(fields):
            raise bad(f"应为包含 {'、'.join(fields)} 的对象")
        for name, expected in fields.items():
            entry = value[name]
            kinds = expected if isinstance(expected, tuple) else (expected,)
            if not isinstance(entry, kinds) or (isinstance(entry, bool) and bool not in kinds):
                raise bad(f"字段 {name} 的类型不对")
            if isinstance(entry, int | float) and entry < 0:
                raise bad(f"字段 {name} 不能为负")

    return check


def bad(problem: str) -> Invalid:
    """The error of a value whose parts don't fit."""
    return Invalid("policy_value_invalid", f"参数{problem}，请更正。")
