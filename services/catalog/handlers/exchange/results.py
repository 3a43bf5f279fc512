"""What the exchange form says of a result: how long it is valid, and how it is renewed, beside its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.catalog.domain.items import ItemResult

#: Fields that are whole numbers.
RESULT_NUMBERS: Final = ("valid_months", "renewal_days")
#: Fields of a result, with whether they must be there.
RESULT: Final = {
    "name": True,
    "kind": True,
    "validity": False,
    **dict.fromkeys(RESULT_NUMBERS, False),
    "renewal_field": False,
}


def result_cell(result: ItemResult) -> dict[str, Any]:
    """One result of the form; what isn't known or wanted is left out."""
    cell: dict[str, Any] = {"name": result.name, "kind": result.kind, "validity": result.validity}
    further = {name: getattr(result, name) for name in (*RESULT_NUMBERS, "renewal_field")}
    return cell | {name: value for name, value in further.items() if value}


def result_of(cell: Mapping[str, Any], problems: list[str]) -> ItemResult:
    """The result that it describes; what can't be read is added to the problems."""
    numbers = whole_numbers(cell, RESULT_NUMBERS, "results", problems)
    return ItemResult(
        cell["name"], cell["kind"], cell.get("validity", ""), renewal_field=cell.get("renewal_field", ""), **numbers
    )


def whole_numbers(cell: Mapping[str, Any], names: Sequence[str], column: str, problems: list[str]) -> dict[str, int]:
    """These fields of an object, 0 where they aren't there; one that is no whole number is added to the problems."""
    numbers: dict[str, int] = {}
    for name in names:
        value = cell.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool):
            problems.append(f"{column} 的 {name} 应为整数")
            value = 0
        numbers[name] = value
    return numbers
