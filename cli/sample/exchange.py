"""The exchange form of service items: what catalog imports and exports, as CSV or JSON (see README.md)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Final

from cli.sample.load import Federation
from cli.sample.model import Center, Item, Limit

NATIONAL_SCHEME: Final = "national"
FREE_SCHEME: Final = "free"
NOTHING_CHARGED: Final = "不收费"

# Within one CSV cell; JSON has lists instead.
_SEPARATOR: Final = ";"


@dataclass(frozen=True)
class ExchangeRow:
    """One service item in the exchange form; an empty field is not known, and an amount None has no limit."""

    code: str
    name: str
    type: str
    kind: str
    cooperation: str
    department: str
    statutory_amount: int | None = None
    statutory_unit: str = ""
    statutory_basis: str = ""
    promised_amount: int | None = None
    promised_unit: str = ""
    materials: tuple[Mapping[str, object], ...] = ()
    # A list, "不收费", or "" where it is not known.
    fees: tuple[Mapping[str, object], ...] | str = ""
    steps: tuple[Mapping[str, object], ...] = ()
    results: tuple[Mapping[str, object], ...] = ()
    audience: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    # From here on columns may be left out of a file.
    coding_scheme: str = NATIONAL_SCHEME
    lane: str = ""
    extension_amount: int | None = None
    extension_unit: str = ""
    special_procedures: tuple[str, ...] = ()
    fee_note: str = ""
    source_note: str = ""
    assumptions: tuple[str, ...] = ()
    commitment: Mapping[str, object] = field(default_factory=dict)


COLUMNS: Final = tuple(column.name for column in fields(ExchangeRow))
BASE_COLUMNS: Final = COLUMNS[: COLUMNS.index("coding_scheme")]
OBJECT_COLUMNS: Final = ("materials", "fees", "steps", "results", "commitment")


def rows_of(federation: Federation, center: Center) -> tuple[ExchangeRow, ...]:
    """Put what a center offers into the exchange form, with its own implementation codes and lanes."""
    return tuple(
        _row(item, federation.implementation_code(center, item), center.lane_of(item).key)
        for item in federation.items_of(center)
    )


def to_csv(rows: Iterable[ExchangeRow], columns: Iterable[str] = COLUMNS) -> str:
    """Write rows as CSV with a header line; structured columns hold JSON, lists are joined by semicolons."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, tuple(columns), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(name, getattr(row, name)) for name in COLUMNS})
    return stream.getvalue()


def to_json(rows: Iterable[ExchangeRow]) -> str:
    """Write rows as a JSON list of objects, one a line, with lists and numbers as such and null for no limit."""
    return "[\n" + ",\n".join(json.dumps(asdict(row), ensure_ascii=False) for row in rows) + "\n]\n"


def _row(item: Item, code: str, lane: str) -> ExchangeRow:
    statutory, extension = item.statutory_limit, item.extension_limit
    return ExchangeRow(
        code=code,
        name=item.name,
        type=item.type,
        kind=item.kind,
        cooperation=item.cooperation,
        department=item.department,
        statutory_amount=statutory.amount if statutory else None,
        statutory_unit=statutory.unit if statutory else "",
        statutory_basis=_basis(statutory) if statutory else "",
        promised_amount=item.promised_limit.amount,
        promised_unit=item.promised_limit.unit,
        materials=tuple(asdict(material) for material in item.materials),
        fees=tuple(asdict(fee) for fee in item.fees) or NOTHING_CHARGED,
        steps=tuple(asdict(step) for step in item.steps),
        results=tuple(asdict(result) for result in item.results),
        audience=tuple(item.audience),
        keywords=item.keywords,
        lane=lane,
        extension_amount=extension.amount if extension else None,
        extension_unit=extension.unit if extension else "",
        special_procedures=tuple(need.kind for need in item.special_procedures),
        fee_note=item.fee_note,
        source_note=f"{item.source_note}（可信度 {item.confidence}）",
        assumptions=item.assumptions,
        commitment=asdict(item.letter) if item.letter is not None else {},
    )


def _basis(limit: Limit) -> str:
    return f"{limit.basis}；{limit.note}" if limit.note else limit.basis


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in OBJECT_COLUMNS and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""
    if isinstance(value, tuple):
        return _SEPARATOR.join(value)
    return str(value)
