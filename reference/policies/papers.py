"""Settings of papers of every kind: which of them aren't issued without a seal."""

from __future__ import annotations

from typing import Final

from reference.policies import approval_routing, intake, shapes
from reference.policies.setting import OUR_OWN_CHOICE, Setting

_KINDS: Final = tuple(
    each.key.removesuffix("_wording")
    for each in (*intake.SETTINGS, *approval_routing.SETTINGS)
    if each.key.endswith("_wording")
)

SETTINGS: Final = (
    Setting("sealed_papers", list, [], "须有登记的有效印章才能出具的文书",
            f"rules C02–C04 and 许可法 32 ask for a seal; whether the paper waits for its picture is {OUR_OWN_CHOICE}",
            shape=shapes.texts(*_KINDS)),
)  # fmt: skip
