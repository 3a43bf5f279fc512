"""Whether the sample federation is consistent, and which items fall short of the compression rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Final

from cli.sample import codes
from cli.sample.model import Center, DepartmentName, Item, Limit
from cli.sample.terms import CenterLevel, ItemKind, LimitUnit, StepRole, WindowKind

# rules F02, ZZ16: a promised limit is at least 30 % shorter than the statutory one.
MIN_COMPRESSION_PERCENT: Final = 30

# Our own choice, for comparing limits of different units: five working days a week.
_WORKING_DAYS_PER_CALENDAR_DAY: Final = Fraction(5, 7)

_CODE_LENGTH: Final = {CenterLevel.CITY: 6, CenterLevel.COUNTY: 6, CenterLevel.TOWNSHIP: 9}


@dataclass(frozen=True)
class Finding:
    """What is wrong or worth knowing, about which item or center, with a stable code."""

    code: str
    subject: str
    message: str


def compression(item: Item) -> Fraction | None:
    """Say by which share the promise is shorter than the law (rules F02); None where there is nothing to compress."""
    if item.statutory_limit is None or item.statutory_limit.amount == 0:
        return None
    return 1 - _working_days(item.promised_limit) / _working_days(item.statutory_limit)


def compression_warnings(items: Iterable[Item], minimum_percent: int = MIN_COMPRESSION_PERCENT) -> Iterator[Finding]:
    """Name the items whose real promise is compressed less than `minimum_percent`; a warning, not an error."""
    for item in items:
        share = compression(item)
        if share is not None and share < Fraction(minimum_percent, 100):
            actual = f"较法定压缩 {float(share):.0%}" if share > 0 else "不短于法定时限"
            message = f"{item.name}：承诺时限{actual}，未达到压缩 {minimum_percent}% 的要求"
            yield Finding("compression_below_minimum", item.key, message)


def problems(departments: Sequence[DepartmentName], items: Sequence[Item], centers: Sequence[Center]) -> list[Finding]:
    """List every inconsistency of the data set; empty when all is well."""
    found: list[Finding] = []
    found += _duplicates("department_key_taken", "部门键", (d.key for d in departments))
    found += _duplicates("item_key_taken", "事项键", (i.key for i in items))
    found += _duplicates("basic_code_taken", "基本编码", (i.basic_code for i in items))
    found += _duplicates("center_code_taken", "中心编码", (c.code for c in centers))
    found += _duplicates("staff_prefix_taken", "账号前缀", (c.staff_prefix for c in centers))
    found += _duplicates(
        "credit_code_taken", "统一社会信用代码", (d.credit_code for c in centers for d in c.departments)
    )
    department_keys = {d.key for d in departments}
    for item in items:
        found += _item_problems(item, department_keys)
    by_code = {center.code: center for center in centers}
    by_key = {item.key: item for item in items}
    for center in centers:
        found += _center_problems(center, by_code, department_keys)
        found += _offer_problems(center, by_key)
    return found


def _working_days(limit: Limit) -> Fraction:
    days = Fraction(limit.amount)
    return days * _WORKING_DAYS_PER_CALENDAR_DAY if limit.unit is LimitUnit.CALENDAR_DAY else days


def _duplicates(code: str, label: str, values: Iterable[str]) -> Iterator[Finding]:
    for value, times in Counter(values).items():
        if times > 1:
            yield Finding(code, value, f"{label} {value} 出现了 {times} 次，应当唯一")


def _item_problems(item: Item, departments: set[str]) -> Iterator[Finding]:
    if item.department not in departments:
        yield Finding("department_unknown", item.key, f"{item.name} 的部门 {item.department} 不在部门表中")
    if not codes.is_basic_code(item.basic_code):
        yield Finding("basic_code_malformed", item.key, f"{item.name} 的基本编码 {item.basic_code} 不合 12 位结构")
    if item.basic_code_assumed != item.basic_code.startswith(codes.ASSUMED_PREFIX):
        yield Finding("basic_code_unmarked", item.key, f"{item.name} 的基本编码 {item.basic_code} 与“假定”标记不符")
    if item.basic_code_assumed != ("basic_code" in item.assumptions):
        yield Finding("assumption_missing", item.key, f"{item.name} 的假定清单应与 basic_code_assumed 一致")
    if not (item.materials and item.steps and item.results and item.audience and item.keywords):
        yield Finding("item_incomplete", item.key, f"{item.name} 缺少材料、环节、结果、服务对象或关键词")
    yield from _duplicates("material_key_taken", f"{item.name} 的材料键", (m.key for m in item.materials))
    yield from _duplicates("step_key_taken", f"{item.name} 的环节键", (s.key for s in item.steps))
    if any(material.copies < 1 for material in item.materials):
        yield Finding("copies_not_positive", item.key, f"{item.name} 的材料份数应不少于 1")
    if not item.fees and not item.fee_note:
        yield Finding("fee_unsaid", item.key, f"{item.name} 未写明收费或不收费")
    if any(not fee.basis for fee in item.fees):
        yield Finding("fee_without_basis", item.key, f"{item.name} 有收费但未写依据")
    if item.statutory_limit is not None and not item.statutory_limit.basis:
        yield Finding("limit_without_basis", item.key, f"{item.name} 有法定时限但未写依据")
    if item.kind is ItemKind.IMMEDIATE and [step.role for step in item.steps] != [StepRole.CHIEF]:
        yield Finding("immediate_steps", item.key, f"{item.name} 是即办件，应只有首席代表决定一个环节")
    if item.kind is ItemKind.PROMISED and item.steps and item.steps[-1].role is not StepRole.APPROVER:
        yield Finding("decision_role", item.key, f"{item.name} 的最后环节应由审批人员决定")
    if item.letter is not None and not set(item.letter.waived) <= {material.key for material in item.materials}:
        yield Finding("waived_unknown", item.key, f"{item.name} 的承诺书免交了没有列出的材料")
    if item.letter is not None and not item.commitment:
        yield Finding("letter_without_commitment", item.key, f"{item.name} 有承诺书但不适用告知承诺")
    names = {field.name for field in fields(Item)}
    for assumption in item.assumptions:
        if assumption.partition(".")[0] not in names:
            yield Finding("assumption_unknown", item.key, f"{item.name} 的假定字段 {assumption} 不存在")


def _center_problems(center: Center, centers: dict[str, Center], departments: set[str]) -> Iterator[Finding]:
    if not center.code.isdigit() or len(center.code) != _CODE_LENGTH[center.level]:
        yield Finding("center_code_malformed", center.code, f"{center.name} 的编码 {center.code} 与层级不符")
    if center.parent is not None and center.parent not in centers:
        yield Finding("parent_unknown", center.code, f"{center.name} 的上级 {center.parent} 不存在")
    suffix = "为民服务中心" if center.level is CenterLevel.TOWNSHIP else "政务服务中心"
    if not center.name.endswith(suffix):
        yield Finding("center_name", center.code, f"{center.name} 应以“{suffix}”结尾")
    yield from _duplicates("department_key_taken", f"{center.name} 的部门键", (d.key for d in center.departments))
    yield from _duplicates("lane_key_taken", f"{center.name} 的队列键", (lane.key for lane in center.lanes))
    yield from _duplicates("lane_prefix_taken", f"{center.name} 的号票字母", (lane.prefix for lane in center.lanes))
    yield from _duplicates("window_number_taken", f"{center.name} 的窗口号", (w.number for w in center.windows))
    for department in center.departments:
        if department.key not in departments:
            yield Finding("department_unknown", center.code, f"{center.name} 的部门 {department.key} 不在部门表中")
        if not codes.is_credit_code(department.credit_code):
            yield Finding("credit_code_invalid", center.code, f"{department.name} 的统一社会信用代码校验不通过")
    lanes = {lane.key for lane in center.lanes}
    served = {lane for window in center.windows for lane in window.lanes}
    for lane in sorted(served - lanes):
        yield Finding("lane_unknown", center.code, f"{center.name} 有窗口服务不存在的队列 {lane}")
    for lane in sorted(lanes - served):
        yield Finding("lane_unserved", center.code, f"{center.name} 的队列 {lane} 没有窗口服务")
    kinds = {window.kind for window in center.windows}
    if center.level is not CenterLevel.TOWNSHIP and kinds != set(WindowKind):
        yield Finding("window_kind_missing", center.code, f"{center.name} 的七类窗口不齐")


def _offer_problems(center: Center, items: dict[str, Item]) -> Iterator[Finding]:
    yield from _duplicates("offer_twice", f"{center.name} 的事项", center.items)
    own = {department.key for department in center.departments}
    for lane in center.lanes:
        for key in sorted({*lane.items} - {*center.items}):
            yield Finding("lane_item_not_offered", center.code, f"{center.name} 的队列 {lane.key} 含未进驻的事项 {key}")
    for key in center.items:
        item = items.get(key)
        if item is None:
            yield Finding("item_unknown", center.code, f"{center.name} 进驻的事项 {key} 不存在")
            continue
        if item.department not in own:
            yield Finding("department_absent", center.code, f"{center.name} 没有 {item.name} 所属的部门")
        named = [lane.key for lane in center.lanes if key in lane.items]
        by_department = [lane.key for lane in center.lanes if item.department in lane.departments]
        if len(named) > 1 or (not named and len(by_department) != 1):
            yield Finding("lane_ambiguous", center.code, f"{center.name} 的 {item.name} 应恰好对应一个队列")
