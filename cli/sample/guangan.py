"""A second, real catalogue: the published items of 广安区 (511602) put into the exchange form.

The source rows hold a name, a code and a type, and nothing of limits, materials or steps: those stay
empty, to be filled by the departments before an item can be published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from cli.sample.decode import decode_list
from cli.sample.exchange import BASE_COLUMNS, FREE_SCHEME, ExchangeRow, to_csv
from cli.sample.load import DATA
from cli.sample.model import DepartmentName
from cli.sample.terms import Cooperation, ItemKind, ItemType

CENTER_CODE: Final = "511602"
CENTER_NAME: Final = "广安区政务服务中心"
ITEMS_CSV: Final = DATA / "guangan_items.csv"
DEPARTMENTS: Final = DATA / "guangan_departments.json"
COLUMNS: Final = (*BASE_COLUMNS, "coding_scheme")

# The province's own scheme: local code, region, body and more, joined by hyphens; too uneven to check more closely.
_CODE: Final = re.compile(r"(?=.{10,64}\Z)[0-9A-Za-z]+(-[0-9A-Za-z]+){3,}")
_NO_MAIN_ITEM: Final = "未分类"
_COLUMN_COUNT: Final = 5


class GuanganRowError(ValueError):
    """A source row can't be put into the exchange form; the message says which and why."""

    code = "guangan_row_invalid"

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(f"第 {number} 行：{problem}")
        self.number = number


def departments(path: Path = DEPARTMENTS) -> tuple[DepartmentName, ...]:
    """List the departments of 广安区 with the keys that the exchange rows use; raises DecodeError."""
    return decode_list(DepartmentName, json.loads(path.read_text(encoding="utf-8")), path.name)


def convert(source: Iterable[Sequence[str]], known: Iterable[DepartmentName]) -> tuple[ExchangeRow, ...]:
    """Convert rows of [department, main item, name, code, type]; raises GuanganRowError at the first bad one."""
    keys = {department.name: department.key for department in known}
    taken: dict[str, int] = {}
    rows = []
    for number, columns in enumerate(source, start=1):
        row = _convert_one(number, columns, keys)
        if row.code in taken:
            raise GuanganRowError(number, f"编码 {row.code} 与第 {taken[row.code]} 行重复，请删去其一")
        taken[row.code] = number
        rows.append(row)
    return tuple(rows)


def write(source: Path, target: Path = ITEMS_CSV) -> int:
    """Convert a JSON file of source rows to the exchange CSV and say how many there are; raises GuanganRowError."""
    rows = convert(json.loads(source.read_text(encoding="utf-8")), departments())
    target.write_text(to_csv(rows, COLUMNS), encoding="utf-8")
    return len(rows)


def _convert_one(number: int, columns: Sequence[str], keys: dict[str, str]) -> ExchangeRow:
    if len(columns) != _COLUMN_COUNT:
        raise GuanganRowError(number, f"应为部门、主项、名称、编码、类型 {_COLUMN_COUNT} 列，实有 {len(columns)} 列")
    department, main_item, name, code, type_code = (column.strip() for column in columns)
    if not name:
        raise GuanganRowError(number, "缺少事项名称")
    if department not in keys:
        raise GuanganRowError(number, f"部门“{department}”不在部门表中，请先补充")
    if not _CODE.fullmatch(code):
        raise GuanganRowError(number, f"编码“{code}”不合结构")
    try:
        item_type = ItemType(type_code.zfill(2))
    except ValueError as error:
        raise GuanganRowError(number, f"事项类型“{type_code}”不在 GB/T 39046 A.1 之中") from error
    return ExchangeRow(
        code=code,
        name=name,
        type=item_type,
        # Not in the source. An item is promised and single until its department says otherwise: our own choice.
        kind=ItemKind.PROMISED,
        cooperation=Cooperation.SINGLE,
        department=keys[department],
        keywords=() if main_item in (_NO_MAIN_ITEM, name) else (main_item,),
        coding_scheme=FREE_SCHEME,
    )
