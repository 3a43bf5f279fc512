"""Materials, situations and commitments as cells of the exchange form, and back.

What a cell holds is checked like what a department types; here only that it can be read at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cattrs import Converter
from cattrs.errors import BaseValidationError

from services.catalog.domain.checklists import Commitment, SituationQuestion
from services.catalog.domain.items import Material

#: Fields of a material, with whether they must be there.
MATERIAL: Final = {
    "key": True, "name": True, "source": False, "form": False, "necessity": False, "note": False, "copies": False,
    "when": False, "sample": False, "standard": False, "obtained": False, "trust": False, "deferrable": False,
}  # fmt: skip
_UNREADABLE: Final = (BaseValidationError, AttributeError, KeyError, TypeError, ValueError)
_NECESSITIES: Final = ("main", "secondary")

_CELLS: Final = Converter(forbid_extra_keys=True, unstruct_collection_overrides={tuple: list})


@_CELLS.register_structure_hook
def _text(value: Any, _: type) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


@_CELLS.register_structure_hook
def _days(value: Any, _: type) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value


@_CELLS.register_structure_hook
def _flag(value: Any, _: type) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def material_cell(one: Material) -> dict[str, Any]:
    """A material; what it doesn't say isn't written."""
    cell: dict[str, Any] = _CELLS.unstructure(one)
    main = cell.pop("main")
    rare = ("when", "sample", "standard", "obtained", "trust", "deferrable")
    return {name: value for name, value in cell.items() if value or name not in rare} | {
        "necessity": _NECESSITIES[0 if main else 1]
    }


def material_of(cell: Mapping[str, Any], problems: list[str]) -> Material:
    """A material, and all that is wrong with its cell."""
    fields = {"copies": 1, **cell}
    necessity = fields.pop("necessity", _NECESSITIES[0])
    if necessity not in _NECESSITIES:
        problems.append(f"materials 的 necessity 应为 {'、'.join(_NECESSITIES)} 之一")
    try:
        return _CELLS.structure({**fields, "main": necessity == _NECESSITIES[0]}, Material)
    except _UNREADABLE:
        problems.append(
            "materials 的 copies 应为整数，deferrable 应为 true 或 false，when 应为 question、options 的列表"
        )
        return Material(cell["key"], cell["name"])


def questions_cell(questions: tuple[SituationQuestion, ...]) -> list[dict[str, Any]]:
    """The questions."""
    cells: list[dict[str, Any]] = _CELLS.unstructure(questions)
    return cells


def questions_of(value: Any, problems: list[str]) -> tuple[SituationQuestion, ...]:
    """The questions of a cell; none where it is empty."""
    try:
        return _CELLS.structure(value or [], tuple[SituationQuestion, ...])
    except _UNREADABLE:
        problems.append("questions 应为列表，每项有 key、label 和 options（各有 key、label）")
        return ()


def commitment_cell(commitment: Commitment | None) -> dict[str, Any]:
    """The parts of a letter."""
    cell: dict[str, Any] = _CELLS.unstructure(commitment) if commitment else {}
    return cell


def commitment_of(value: Any, problems: list[str]) -> Commitment | None:
    """The letter of a cell; none where it is empty."""
    if not value:
        return None
    try:
        return _CELLS.structure(value, Commitment)
    except _UNREADABLE:
        problems.append(
            "commitment 应有 laws、conditions、consequences、supervision、breach、remedies、correction_days、verification_days"
        )
        return None
