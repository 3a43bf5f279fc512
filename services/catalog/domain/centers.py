"""Centers as a tree: codes, levels, departments, lanes and windows (rules A01, AH21, B01)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Final

from kit.errors import Invalid

MAX_DEPARTMENTS: Final = 500
MAX_LANES: Final = 100
MAX_WINDOWS: Final = 1000

_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PREFIX: Final = re.compile(r"[A-Z][A-Z0-9]?")
_NUMBER: Final = re.compile(r"[0-9A-Z]{1,8}")


class CenterLevel(IntEnum):
    """Level of a center in the tree; the numbers are GB/T 39046 A.2's."""

    PROVINCE = 2
    CITY = 3
    COUNTY = 4
    TOWNSHIP = 5
    VILLAGE = 6


class WindowKind(StrEnum):
    """The seven kinds of window (rules B01)."""

    CONSULTING = "consulting"
    GENERAL = "general"
    ASSISTED = "assisted"
    CROSS_REGION = "cross_region"
    LIFE_EVENT = "life_event"
    POLICY_BENEFIT = "policy_benefit"
    STUCK_MATTER = "stuck_matter"


@dataclass(frozen=True, slots=True)
class Department:
    """A body that has moved into a center (进驻部门); its credit code may be unknown."""

    key: str
    name: str
    credit_code: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue under one ticket letter (rules A01)."""

    key: str
    prefix: str
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """A counter window and the lanes that it serves, in order of preference."""

    id: str
    number: str
    name: str
    kind: WindowKind
    lanes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Center:
    """A government-service center (政务服务中心)."""

    id: str
    name: str
    level: CenterLevel
    parent_id: str = ""
    address: str = ""
    phone: str = ""
    departments: tuple[Department, ...] = ()
    lanes: tuple[Lane, ...] = ()
    windows: tuple[Window, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class CenterChanged:
    """A center was added or changed; it carries the version that it gets by this change."""

    center: Center
    rules: str = "rules AH21, B01"


def level_of(code: str) -> CenterLevel:
    """The level that a code belongs to: GB/T 2260 to the county, nine digits a township, twelve a village.

    Only the structure is looked at, not whether the place exists: new ones do before any table knows them. Raises
    ``Invalid`` (``center_code_invalid``).
    """
    if not code.isascii() or not code.isdigit() or len(code) not in (6, 9, 12) or code[:2] == "00":
        raise Invalid(
            "center_code_invalid",
            "中心编码应为 6 位（省、市、县）、9 位（镇街）或 12 位（村居）数字，请核对。",
            center=code[:40],
        )
    if len(code) == 12:
        return CenterLevel.VILLAGE
    if len(code) == 9:
        return CenterLevel.TOWNSHIP
    if code.endswith("0000"):
        return CenterLevel.PROVINCE
    return CenterLevel.CITY if code.endswith("00") else CenterLevel.COUNTY


def describe(center: Center, parent: Center | None, is_credit_code: Callable[[str], bool]) -> Center:
    """The center as it may be kept: checked in itself and under its parent, its windows' ids filled in.

    The level follows from the code, so it never changes; with each child below its parent's level, no loop can
    arise. Raises ``Invalid``.
    """
    if center.level is not level_of(center.id):
        raise Invalid(
            "center_level_mismatch", "中心层级与编码不符，请核对。", center=center.id, level=center.level.name
        )
    if parent is not None and center.level <= parent.level:
        raise Invalid("center_level_not_below", "下级中心的层级必须低于上级中心，请核对。", parent=parent.id)
    _check_departments(center, is_credit_code)
    _check_lanes(center)
    return replace(center, windows=_numbered_windows(center))


def change(before: Center, after: Center) -> tuple[Center, CenterChanged] | None:
    """The new description of a center with its event; None when nothing has changed."""
    changed = replace(after, version=before.version)
    if changed == before:
        return None
    return changed, told(changed)


def told(center: Center) -> CenterChanged:
    """The event of a center that is about to be saved."""
    return CenterChanged(replace(center, version=center.version + 1))


def _check_departments(center: Center, is_credit_code: Callable[[str], bool]) -> None:
    _bounded(center.departments, MAX_DEPARTMENTS, "部门")
    _check_keys((one.key for one in center.departments), "department", "部门")
    for one in center.departments:
        if one.credit_code and not is_credit_code(one.credit_code):
            raise Invalid(
                "credit_code_invalid", f"“{one.name}”的统一社会信用代码校验不通过，请核对。", department=one.key
            )


def _check_lanes(center: Center) -> None:
    _bounded(center.lanes, MAX_LANES, "队列")
    _check_keys((lane.key for lane in center.lanes), "lane", "队列")
    for lane in center.lanes:
        if not _PREFIX.fullmatch(lane.prefix):
            raise Invalid("lane_prefix_invalid", "号票字母应为一个大写字母，或再加一个大写字母或数字。", lane=lane.key)
    _unique((lane.prefix for lane in center.lanes), "lane_prefix_taken", "号票字母")


def _numbered_windows(center: Center) -> tuple[Window, ...]:
    """Windows with ids ``<center>-<number>``: unique in the site, and each tells its center."""
    _bounded(center.windows, MAX_WINDOWS, "窗口")
    _unique((window.number for window in center.windows), "window_number_taken", "窗口号")
    lanes = {lane.key for lane in center.lanes}
    windows = []
    for window in center.windows:
        if not _NUMBER.fullmatch(window.number):
            raise Invalid("window_number_invalid", "窗口号应为 1 至 8 位数字或大写字母。", number=window.number[:40])
        id = f"{center.id}-{window.number}"
        if window.id not in ("", id):
            raise Invalid("window_id_invalid", f"窗口编号应为“中心编码-窗口号”，即 {id}。", window=window.id[:40])
        unknown = [lane for lane in window.lanes if lane not in lanes]
        if unknown:
            raise Invalid(
                "window_lane_unknown", f"窗口 {window.number} 服务的队列不存在，请核对。", lane=unknown[0][:40]
            )
        _unique(window.lanes, "window_lane_twice", f"窗口 {window.number} 的队列")
        windows.append(replace(window, id=id))
    return tuple(windows)


def _check_keys(keys: Iterable[str], code: str, label: str) -> None:
    all_keys = tuple(keys)
    for key in all_keys:
        if not _KEY.fullmatch(key):
            raise Invalid(f"{code}_key_invalid", f"{label}键应为小写字母、数字、- 或 _，请更正。", key=key[:40])
    _unique(all_keys, f"{code}_key_taken", f"{label}键")


def _unique(values: Iterable[str], code: str, label: str) -> None:
    for value, times in Counter(values).items():
        if times > 1:
            raise Invalid(code, f"{label} {value[:40]} 重复，请改为不同的值。", value=value[:40])


def _bounded(values: tuple[object, ...], most: int, label: str) -> None:
    if len(values) > most:
        raise Invalid("center_too_large", f"{label}不能超过 {most} 个。", most=most)
