"""What the exchange form says of a fee: its price, where the center collects it, beside its standard in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.catalog.domain.items import Fee
from services.catalog.handlers.exchange.results import whole_numbers

#: Fields that are whole numbers.
FEE_NUMBERS: Final = ("price_fen",)
#: Fields of a fee, with whether they must be there.
FEE: Final = {"name": True, "amount": True, "basis": False, **dict.fromkeys(FEE_NUMBERS, False), "unit": False}


def fee_cell(fee: Fee) -> dict[str, Any]:
    """One fee of the form; what isn't collected here has no price."""
    cell: dict[str, Any] = {"name": fee.name, "amount": fee.amount, "basis": fee.basis}
    further = {"price_fen": fee.price_fen, "unit": fee.unit}
    return cell | {name: value for name, value in further.items() if value}


def fee_of(cell: Mapping[str, Any], problems: list[str]) -> Fee:
    """The fee that it describes; what can't be read is added to the problems."""
    numbers = whole_numbers(cell, FEE_NUMBERS, "fees", problems)
    return Fee(cell["name"], cell["amount"], cell.get("basis", ""), unit=cell.get("unit", ""), **numbers)
