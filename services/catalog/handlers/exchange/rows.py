"""Rows of the exchange form as guides, and back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from kit.errors import Invalid
from kit.workdays import Limit, Unit
from services.catalog.domain.codes import CodingScheme, basic_code_of
from services.catalog.domain.items import (
    Cooperation,
    Fee,
    Guide,
    ItemKind,
)
from services.catalog.domain.routes import MergeRule, Step
from services.catalog.handlers.exchange.checklists import (
    MATERIAL,
    commitment_cell,
    commitment_of,
    material_cell,
    material_of,
    questions_cell,
    questions_of,
)
from services.catalog.handlers.exchange.fees import FEE, FEE_NUMBERS, fee_cell, fee_of
from services.catalog.handlers.exchange.files import NOTHING_CHARGED, Cells, Row
from services.catalog.handlers.exchange.results import RESULT, RESULT_NUMBERS, result_cell, result_of
from services.catalog.handlers.exchange.routes import ROUTE_FIELDS, route_cells, step_of

E = TypeVar("E", bound=StrEnum)

#: Fields of the objects within a cell, with whether they must be there.
_STEP: Final = {"key": True, "name": True, "role": True, "department": False, **dict.fromkeys(ROUTE_FIELDS, False)}
#: Fields of objects that aren't texts.
_NO_TEXT: Final = ("copies", "deferrable", *ROUTE_FIELDS, *RESULT_NUMBERS, *FEE_NUMBERS)


def guide_of(row: Row) -> tuple[Guide | None, list[str]]:
    """The guide that a row describes, or all that keeps it from being read."""
    if row.problems:
        return None, list(row.problems)
    reader = _Reader(row.cells)
    guide = reader.guide()
    return (None if reader.problems else guide), reader.problems


def cells_of(guide: Guide) -> Cells:
    """The row that describes a guide; reading it again gives the same guide."""
    nothing_charged = NOTHING_CHARGED if guide.fee_note else ""
    return {
        "code": guide.implementation_code,
        "name": guide.name,
        "type": guide.type_code,
        "kind": guide.kind or "",
        "cooperation": guide.cooperation or "",
        "department": guide.department_key,
        **_limit_cells("statutory", guide.statutory_limit),
        **_limit_cells("promised", guide.promised_limit),
        "materials": [material_cell(one) for one in guide.materials],
        "fees": [fee_cell(one) for one in guide.fees] or nothing_charged,
        "steps": [
            {"key": one.key, "name": one.name, "role": one.role}
            | ({"department": one.department_key} if one.department_key else {})
            | route_cells(one)
            for one in guide.steps
        ],
        "results": [result_cell(one) for one in guide.results],
        "audience": list(guide.audience),
        "keywords": list(guide.keywords),
        "coding_scheme": guide.coding_scheme,
        "lane": guide.lane,
        **_limit_cells("extension", guide.extension_limit),
        "special_procedures": list(guide.special_procedures),
        "merge_rule": "" if guide.merge_rule is MergeRule.ALL else guide.merge_rule,
        "fee_note": guide.fee_note,
        "source_note": guide.source_note,
        "assumptions": list(guide.assumptions),
        "questions": questions_cell(guide.questions),
        "form_schema": guide.form_schema,
        "commitment": commitment_cell(guide.commitment),
    }


def _limit_cells(prefix: str, limit: Limit | None) -> dict[str, Any]:
    return {
        f"{prefix}_amount": None if limit is None else limit.amount,
        f"{prefix}_unit": "" if limit is None else str(limit.unit),
        f"{prefix}_basis": "" if limit is None else limit.basis,
    }


class _Reader:
    """Reads the cells of one row and gathers everything that is wrong with them."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.problems: list[str] = []

    def guide(self) -> Guide:
        """The guide, as far as it can be read."""
        scheme = self._choice("coding_scheme", CodingScheme) or CodingScheme.NATIONAL
        code = self._text("code")
        if not code:
            self.problems.append("缺少编码 code")
        if not self._text("name"):
            self.problems.append("缺少名称 name")
        fees, fee_note = self._fees()
        return Guide(
            name=self._text("name"),
            basic_code=basic_code_of(scheme, code),
            implementation_code=code,
            coding_scheme=scheme,
            type_code=self._text("type"),
            kind=self._choice("kind", ItemKind),
            cooperation=self._choice("cooperation", Cooperation),
            statutory_limit=self._limit("statutory"),
            promised_limit=self._limit("promised"),
            extension_limit=self._limit("extension"),
            department_key=self._text("department"),
            lane=self._text("lane"),
            materials=tuple(material_of(one, self.problems) for one in self._objects("materials", MATERIAL)),
            fees=fees,
            fee_note=fee_note,
            special_procedures=self._words("special_procedures"),
            merge_rule=self._choice("merge_rule", MergeRule) or MergeRule.ALL,
            steps=tuple(
                step_of(Step(one["key"], one["name"], one["role"], one.get("department", "")), one, self.problems)
                for one in self._objects("steps", _STEP)
            ),
            results=tuple(result_of(one, self.problems) for one in self._objects("results", RESULT)),
            audience=self._words("audience"),
            keywords=self._words("keywords"),
            source_note=self._text("source_note"),
            assumptions=self._words("assumptions"),
            questions=questions_of(self._cells.get("questions"), self.problems),
            form_schema=self._text("form_schema"),
            commitment=commitment_of(self._cells.get("commitment"), self.problems),
        )

    def _text(self, name: str) -> str:
        value = self._cells.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.problems.append(f"{name} 应为文字")
            return ""
        return value.strip()

    def _choice(self, name: str, kind: type[E]) -> E | None:
        text = self._text(name)
        if not text:
            return None
        try:
            return kind(text)
        except ValueError:
            self.problems.append(f"{name} 应为 {'、'.join(kind)} 之一")
            return None

    def _limit(self, prefix: str) -> Limit | None:
        amount = self._cells.get(f"{prefix}_amount")
        unit = self._choice(f"{prefix}_unit", Unit)
        basis = self._text(f"{prefix}_basis")
        if amount is None:
            return None
        if not isinstance(amount, int) or isinstance(amount, bool):
            self.problems.append(f"{prefix}_amount 应为整数")
            return None
        if unit is None:
            self.problems.append(f"有 {prefix}_amount 而没有 {prefix}_unit")
            return None
        try:
            return Limit(amount, unit, basis)
        except Invalid as error:
            self.problems.append(f"{prefix}_amount：{error.message}")
            return None

    def _words(self, name: str) -> tuple[str, ...]:
        value = self._cells.get(name)
        if value is None or value == "":
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.problems.append(f"{name} 应为文字的列表")
            return ()
        return tuple(value)

    def _fees(self) -> tuple[tuple[Fee, ...], str]:
        note = self._text("fee_note")
        value = self._cells.get("fees")
        if isinstance(value, str):
            if value not in ("", NOTHING_CHARGED):
                self.problems.append(f"fees 应为列表，或“{NOTHING_CHARGED}”，或空")
            return (), note or value
        return tuple(fee_of(one, self.problems) for one in self._objects("fees", FEE)), note

    def _objects(self, name: str, fields: Mapping[str, bool]) -> list[Mapping[str, Any]]:
        """The objects of a column that have the fields that they must have, and no others."""
        value = self._cells.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            self.problems.append(f"{name} 应为对象的列表")
            return []
        good: list[Mapping[str, Any]] = []
        for number, entry in enumerate(value, start=1):
            if not isinstance(entry, dict):
                self.problems.append(f"{name} 第 {number} 项应为对象")
                continue
            missing = [field for field, needed in fields.items() if needed and field not in entry]
            unknown = [field[:40] for field in entry if field not in fields]
            wrong = [field for field in entry if field not in _NO_TEXT and not isinstance(entry[field], str)]
            if missing or unknown or wrong:
                words = [f"缺少 {field}" for field in missing]
                words += [f"不认识 {field}" for field in unknown]
                words += [f"{field[:40]} 应为文字" for field in wrong if field not in unknown]
                self.problems.append(f"{name} 第 {number} 项{'，'.join(words)}")
                continue
            good.append(entry)
        return good
