"""Settings of catalog beyond table ZZ."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("compression_days_per_week", float, 5.0, "比较不同单位时限时每周折算的工作日数", OUR_OWN_CHOICE,
            least=1, most=7),
)  # fmt: skip
