"""Settings of archive: what a case file must hold, by when it is handed over, how long it is kept (rules J01–J03)."""

from __future__ import annotations

from typing import Any, Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting
from reference.policies.shapes import bad, objects

_TERMS: Final = ("permanent", "years_30", "years_10")
_NATIONAL: Final = "国家档案局令第8号: permanent, 30 or 10 years; which of them an item has is our own choice"


def _retention_terms(value: Any) -> None:
    """A list of items, or types of items, each with its term."""
    objects(item=str, term=str)(value)
    if not {each["term"] for each in value} <= set(_TERMS):
        raise bad(f"保管期限应取自 {'、'.join(_TERMS)}")
    if len({each["item"] for each in value}) != len(value):
        raise bad("同一事项只能有一个保管期限")


SETTINGS: Final = (
    Setting("archive_scans_required", bool, True, "纸质材料须有影像才算齐全", "rules J01, J03"),
    Setting("archive_internal_notes", bool, False, "案卷是否列入部门内部备注和征询的记录（不含内容）", OUR_OWN_CHOICE),
    Setting("archive_gap_days", int, 5, "办结后补齐案卷的工作日数", "rules J02: within a set time; the figure is our own choice",
            least=1, most=365),
    Setting("archive_hand_over_days", int, 20, "办结后移交案卷的工作日数",
            "rules J02: within a set time; the figure is our own choice", least=1, most=365),
    Setting("archive_retention_default", str, "years_30",
            "案卷的保管期限（permanent 永久、years_30 三十年、years_10 十年）", _NATIONAL, choices=_TERMS),
    Setting("archive_retention_terms", list, [], "按事项编号或事项类型代码另定的保管期限", OUR_OWN_CHOICE,
            shape=_retention_terms),
)  # fmt: skip
