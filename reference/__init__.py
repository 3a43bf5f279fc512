"""A local copy of centers, items, policies and calendars: pure lookups, no remote call."""

from reference.kinds import REFERENCE_KINDS
from reference.lookups import Reference
from reference.model import (
    Center,
    CenterLevel,
    Cooperation,
    Department,
    Elsewhere,
    ElsewherePlace,
    Fee,
    ItemKind,
    ItemResult,
    Lane,
    Material,
    Policy,
    ServiceItem,
    Step,
    Window,
    WindowKind,
)

__all__ = [
    "REFERENCE_KINDS",
    "Center",
    "CenterLevel",
    "Cooperation",
    "Department",
    "Elsewhere",
    "ElsewherePlace",
    "Fee",
    "ItemKind",
    "ItemResult",
    "Lane",
    "Material",
    "Policy",
    "Reference",
    "ServiceItem",
    "Step",
    "Window",
    "WindowKind",
]
