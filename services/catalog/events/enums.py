"""Enumerations of messages as the domain's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from kit.errors import Invalid

E = TypeVar("E", bound=Enum)


def known(table: Mapping[E, int], number: int, field: str) -> E:
    """The member of this number. Raises ``Invalid`` (``enum_unknown``)."""
    for member, known in table.items():
        if known == number:
            return member
    raise Invalid("enum_unknown", f"“{field}”缺失或不是已知的取值，请核对。", field=field, value=number)
