"""A local copy of centers, items, policies and calendars: pure lookups, no remote call."""

from reference.checklists import Commitment, Material, SituationCondition, SituationOption, SituationQuestion
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
    Policy,
    ServiceItem,
    Step,
    StepCondition,
    Window,
    WindowKind,
)

__all__ = [
    "REFERENCE_KINDS",
    "Center",
    "CenterLevel",
    "Commitment",
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
    "SituationCondition",
    "SituationOption",
    "SituationQuestion",
    "Step",
    "StepCondition",
    "Window",
    "WindowKind",
]
