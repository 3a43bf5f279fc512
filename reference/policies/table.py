"""All settings, collected from table ZZ and from each service's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from reference.policies.setting import Setting

#: Files with ``SETTINGS``; one that isn't written yet is passed over.
_FILES: Final = (
    "zz",
    "catalog",
    "queuing",
    "intake",
    "approval_routing",
    "evaluation",
    "complaint",
    "supervision",
    "workforce",
)


def collect(settings: Iterable[Setting]) -> Mapping[str, Setting]:
    """Settings by key, in order. Raises ``ValueError`` on a key given twice."""
    table: dict[str, Setting] = {}
    for setting in settings:
        if setting.key in table:
            raise ValueError(f"two settings have the key {setting.key}")
        table[setting.key] = setting
    return MappingProxyType(table)


def _declared() -> Iterable[Setting]:
    for name in _FILES:
        module = f"reference.policies.{name}"
        if find_spec(module) is not None:
            yield from import_module(module).SETTINGS


ALL: Final[Mapping[str, Setting]] = collect(_declared())
