"""Values of standards, as people read and type them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kit.errors import Invalid

_YES, _NO = "是", "否"


def shown(value: Any) -> str:
    """A value as a page shows it; what has parts as JSON."""
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else str(value)
    return json.dumps(value, ensure_ascii=False)


def read(text: str, like: Any, field: str) -> Any:
    """What was typed, of the kind of the value ``like``. Raises ``Invalid`` (``value_invalid``) when it is none."""
    try:
        if isinstance(like, bool):
            return {_YES: True, "true": True, _NO: False, "false": False}[text.lower()]
        if isinstance(like, int | float):
            return float(text)
        return text if isinstance(like, str) or like is None else json.loads(text)
    except (KeyError, ValueError) as error:
        raise Invalid("value_invalid", f"“{text}”与上级规定的内容格式不一致，请更正。", field=field) from error


def lines(text: str) -> list[str]:
    """What stands line by line, or between commas, without blanks."""
    return [part.strip() for part in text.replace("，", ",").replace(",", "\n").splitlines() if part.strip()]


def pairs(text: str, field: str) -> dict[str, Any]:
    """``字段=值`` line by line; a value is JSON where it reads as such, else text. Raises ``Invalid``."""
    said: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.replace("＝", "=", 1).partition("=")
        if not equals or not name.strip():
            raise Invalid("content_invalid", f"“{line}”应写成“字段=值”，一行一项，请更正。", field=field)
        try:
            said[name.strip()] = json.loads(value)
        except ValueError:
            said[name.strip()] = value.strip()
    return said


def as_pairs(content: Mapping[str, Any]) -> str:
    """The lines that would say a content."""
    return "\n".join(f"{name}={_said(value)}" for name, value in content.items())


def chosen(fields: Iterable[str], content: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed for the open fields; one that is left blank stays as it came. Raises ``Invalid``."""
    return {name: read(typed[name], content.get(name), f"local-{name}") for name in fields if typed.get(name)}


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value
    return shown(value) if isinstance(value, float) and value.is_integer() else json.dumps(value, ensure_ascii=False)
