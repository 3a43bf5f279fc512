"""Files of the exchange form as rows of cells, and back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kit.errors import Invalid

#: Columns that every file has.
REQUIRED: Final = (
    "code",
    "name",
    "type",
    "kind",
    "cooperation",
    "department",
    "statutory_amount",
    "statutory_unit",
    "statutory_basis",
    "promised_amount",
    "promised_unit",
    "materials",
    "fees",
    "steps",
    "results",
    "audience",
    "keywords",
)
#: Columns that may be left out.
OPTIONAL: Final = (
    "coding_scheme",
    "lane",
    "promised_basis",
    "extension_amount",
    "extension_unit",
    "extension_basis",
    "special_procedures",
    "merge_rule",
    "fee_note",
    "source_note",
    "assumptions",
    "questions",
    "form_schema",
    "commitment",
)
COLUMNS: Final = REQUIRED + OPTIONAL
AMOUNTS: Final = frozenset({"statutory_amount", "promised_amount", "extension_amount"})
OBJECTS: Final = frozenset({"materials", "fees", "steps", "results", "questions", "commitment"})
LISTS: Final = frozenset({"audience", "keywords", "special_procedures", "assumptions"})
#: In the column ``fees``, where nothing is charged.
NOTHING_CHARGED: Final = "不收费"

#: Rows of one file: what is judged before the first write is held in memory, some kilobytes a row (our own choice).
MAX_ROWS: Final = 5_000
_SEPARATOR: Final = ";"

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was read: texts, numbers, lists and objects as JSON has them, and what can't be read of it."""

    number: int
    cells: Cells
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The item's name, as far as there is one."""
        name = self.cells.get("name")
        return name[:200] if isinstance(name, str) else ""


def read(format: str, content: bytes) -> list[Row]:
    """The rows of a file. Raises ``Invalid`` on what is no file of this format; a bad row is only told in it."""
    text = _decoded(content)
    match format:
        case "csv":
            rows = list(_csv_rows(text))
        case "json":
            rows = list(_json_rows(text))
        case _:
            raise _unknown_format(format)
    if not rows:
        raise Invalid("import_empty", "文件中没有事项，请核对。")
    return rows


def write(format: str, rows: Iterable[Cells]) -> bytes:
    """Rows as a file. Raises ``Invalid`` (``exchange_format_unknown``)."""
    match format:
        case "csv":
            stream = io.StringIO()
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: _cell(name, row[name]) for name in COLUMNS} for row in rows)
            return stream.getvalue().encode()
        case "json":
            lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
            return f"[\n{lines}\n]\n".encode()
        case _:
            raise _unknown_format(format)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            "import_not_utf8", "文件不是 UTF-8 编码，请另存为 UTF-8 后重试。", position=error.start
        ) from error


def _csv_rows(text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_columns(header)
        number = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            number += 1
            _check_rows(number)
            yield _csv_row(number, header, cells)
    except csv.Error as error:
        raise Invalid(
            "import_malformed", f"CSV 第 {reader.line_num} 行附近格式有误，请核对引号和逗号。", line=reader.line_num
        ) from error


def _check_columns(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise Invalid("import_columns_missing", f"缺少列：{'、'.join(missing)}，请补全。", columns=" ".join(missing))
    unknown = [name[:40] for name in header if name not in COLUMNS]
    if unknown:
        raise Invalid("import_columns_unknown", f"不认识的列：{'、'.join(unknown[:10])}，请删除或更正。")
    if len(set(header)) != len(header):
        raise Invalid("import_columns_twice", "有重复的列，请只保留一个。")


def _csv_row(number: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) > len(header):
        return Row(number, dict(zip(header, cells, strict=False)), ("单元格多于列，请核对引号和逗号",))
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, cell in zip(header, cells, strict=False):
        try:
            values[name] = _value(name, cell.strip())
        except (ValueError, RecursionError):
            problems.append(f"{name} 的内容无法读取")
    return Row(number, values, tuple(problems))


def _value(name: str, cell: str) -> Any:
    """A CSV cell as JSON would have it. Raises ``ValueError``."""
    if name in AMOUNTS:
        if cell and not (cell.isascii() and cell.isdigit() and len(cell) <= 6):
            raise ValueError(name)
        return int(cell) if cell else None
    if name in LISTS:
        return [part.strip() for part in cell.split(_SEPARATOR) if part.strip()]
    if name in OBJECTS and cell and cell != NOTHING_CHARGED:
        return json.loads(cell)
    return [] if name in OBJECTS and name != "fees" and not cell else cell


def _json_rows(text: str) -> Iterator[Row]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("import_malformed", "文件不是有效的 JSON，请核对。") from error
    if not isinstance(data, list):
        raise Invalid("import_malformed", "JSON 应为事项的列表。")
    for number, entry in enumerate(data, start=1):
        _check_rows(number)
        yield _json_row(number, entry)


def _json_row(number: int, entry: Any) -> Row:
    if not isinstance(entry, dict):
        return Row(number, {}, ("应为对象",))
    problems = [f"缺少 {name}" for name in REQUIRED if name not in entry]
    problems += [f"不认识 {name[:40]}" for name in entry if name not in COLUMNS]
    return Row(number, entry, tuple(problems))


def _check_rows(number: int) -> None:
    if number > MAX_ROWS:
        raise Invalid("import_too_many_rows", f"一次最多导入 {MAX_ROWS} 行，请分批导入。", most=MAX_ROWS)


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in LISTS:
        return _SEPARATOR.join(value)
    if name in OBJECTS and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""
    return str(value)


def _unknown_format(format: str) -> Invalid:
    return Invalid("exchange_format_unknown", "文件格式应为 csv 或 json。", format=format[:20])
