"""Per-center settings with types, defaults and sources (convention 9; rules ZZ1–ZZ31)."""

from reference.policies.setting import OUR_OWN_CHOICE, Setting
from reference.policies.table import ALL

__all__ = ["ALL", "OUR_OWN_CHOICE", "Setting"]
