"""What a step of the exchange form says of its place in the route, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from services.catalog.domain.routes import Elsewhere, ElsewhereKind, ElsewherePlace, Step, StepCondition, StepKind

#: Fields of a step beside its key, name, role and department.
ROUTE_FIELDS: Final = (
    "elsewhere",
    "kind",
    "after",
    "when",
    "days",
    "signers",
    "sign_departments",
    "notice_days",
)
_FORMS: Final = {
    "elsewhere": "kind（sent_up 或 part）和 places（每项有 site，另可有 center、department、days、title）",
    "kind": f"{'、'.join(StepKind)} 之一",
    "after": "环节键的列表，start 为受理",
    "when": "条件的列表，每项有 field 和 values（取值的列表）",
    "days": "整数",
    "signers": "整数",
    "sign_departments": "部门键的列表",
    "notice_days": "整数",
}


def route_cells(step: Step) -> dict[str, Any]:
    """What the form says of a step's place in the route; what is as usual is left out."""
    cells: dict[str, Any] = {
        "elsewhere": None if step.elsewhere is None else _elsewhere_cell(step.elsewhere),
        "kind": "" if step.kind is StepKind.REVIEW else step.kind.value,
        "after": list(step.after),
        "when": [{"field": one.field, "values": list(one.values)} for one in step.when],
        "days": step.days,
        "signers": step.signers,
        "sign_departments": list(step.sign_departments),
        "notice_days": step.notice_days,
    }
    return {name: value for name, value in cells.items() if value}


def step_of(step: Step, cell: Mapping[str, Any], problems: list[str]) -> Step:
    """The step with its place in the route; what can't be read is added to the problems."""
    read: dict[str, Any] = {}
    for name, reader in _READERS.items():
        if name not in cell:
            continue
        try:
            read[name] = reader(cell[name])
        except (AttributeError, KeyError, TypeError, ValueError):
            problems.append(f"steps 的 {name} 应为{_FORMS[name]}")
    return replace(step, **read)


def _elsewhere_cell(there: Elsewhere) -> dict[str, Any]:
    places = [
        {
            "site": one.site,
            "center": one.center_id,
            "department": one.department_key,
            "days": one.days,
            "title": one.title,
        }
        for one in there.places
    ]
    return {"kind": there.kind.value, "places": places}


def _elsewhere(there: Mapping[str, Any]) -> Elsewhere:
    places = tuple(
        ElsewherePlace(
            _word(one["site"]),
            _word(one.get("center", "")),
            _word(one.get("department", "")),
            _number(one.get("days", 0)),
            _word(one.get("title", "")),
        )
        for one in there["places"]
    )
    return Elsewhere(ElsewhereKind(there["kind"]), places)


def _conditions(cells: object) -> tuple[StepCondition, ...]:
    return tuple(StepCondition(_word(one["field"]), _word_list(one["values"])) for one in _listed(cells))


def _word_list(value: object) -> tuple[str, ...]:
    return tuple(map(_word, _listed(value)))


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "elsewhere": _elsewhere,
    "kind": StepKind,
    "after": _word_list,
    "when": _conditions,
    "days": _number,
    "signers": _number,
    "sign_departments": _word_list,
    "notice_days": _number,
}
