"""All settings, collected from table ZZ and from each service's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from reference.policies import (
    approval_routing,
    archive,
    catalog,
    certificates,
    complaint,
    evaluation,
    federation,
    fees,
    intake,
    papers,
    queuing,
    supervision,
    workforce,
    zz,
)
from reference.policies.setting import Setting


def collect(settings: Iterable[Setting]) -> Mapping[str, Setting]:
    """Settings by key, in order. Raises ``ValueError`` on a key given twice."""
    table: dict[str, Setting] = {}
    for setting in settings:
        if setting.key in table:
            raise ValueError(f"two settings have the key {setting.key}")
        table[setting.key] = setting
    return MappingProxyType(table)


ALL: Final[Mapping[str, Setting]] = collect(
    setting
    for declared in (
        zz,
        catalog,
        queuing,
        intake,
        approval_routing,
        papers,
        evaluation,
        fees,
        complaint,
        supervision,
        workforce,
        federation,
        archive,
        certificates,
    )
    for setting in declared.SETTINGS
)
