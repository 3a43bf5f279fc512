"""Read the sample federation and refuse it if it is not consistent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from cli.sample import checks, codes
from cli.sample.checks import Finding
from cli.sample.decode import DecodeError, decode_list
from cli.sample.model import Center, DepartmentName, Item

DATA: Final = Path(__file__).parent


class SampleDataError(ValueError):
    """The sample data contradicts itself; `findings` says where."""

    code = "sample_data_inconsistent"

    def __init__(self, findings: Sequence[Finding]) -> None:
        lines = "\n".join(f"  {finding.message}（{finding.code}）" for finding in findings)
        super().__init__(f"样例数据有 {len(findings)} 处不一致，请修正后重试：\n{lines}")
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Federation:
    """The centers, parents before children, the items that they offer, and what is worth knowing about them."""

    departments: tuple[DepartmentName, ...]
    items: tuple[Item, ...]
    centers: tuple[Center, ...]
    warnings: tuple[Finding, ...]

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {item.key: item for item in self.items}

    @cached_property
    def _centers(self) -> dict[str, Center]:
        return {center.code: center for center in self.centers}

    def item(self, key: str) -> Item:
        """Find an item by its key; raises KeyError."""
        return self._items[key]

    def center(self, code: str) -> Center:
        """Find a center by its code; raises KeyError."""
        return self._centers[code]

    def items_of(self, center: Center) -> tuple[Item, ...]:
        """List what a center offers."""
        return tuple(self._items[key] for key in center.items)

    def implementation_code(self, center: Center, item: Item) -> str:
        """Build the 31-digit code (实施编码) of an item in a center."""
        department = center.department(item.department)
        return codes.implementation_code(department.credit_code, center.level, item.basic_code)


def load_federation(folder: Path = DATA) -> Federation:
    """Read the three data files of `folder`; raises DecodeError or SampleDataError."""
    departments = decode_list(DepartmentName, _read(folder / "departments.json"), "departments.json")
    items = decode_list(Item, _read(folder / "items.json"), "items.json")
    centers = decode_list(Center, _read(folder / "centers.json"), "centers.json")
    if found := checks.problems(departments, items, centers):
        raise SampleDataError(found)
    return Federation(
        departments=departments,
        items=items,
        centers=_parents_first(centers),
        warnings=tuple(checks.compression_warnings(items)),
    )


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DecodeError(path.name, f"无法读取（{error}）") from error


def _parents_first(centers: Sequence[Center]) -> tuple[Center, ...]:
    """Order the tree so that each center comes after its parent; raises SampleDataError on a ring."""
    ordered: list[Center] = []
    waiting = list(centers)
    while waiting:
        placed = {center.code for center in ordered}
        ready = [center for center in waiting if center.parent is None or center.parent in placed]
        if not ready:
            names = "、".join(center.name for center in waiting)
            raise SampleDataError([Finding("center_ring", waiting[0].code, f"{names} 互为上级")])
        ordered += ready
        waiting = [center for center in waiting if center not in ready]
    return tuple(ordered)
