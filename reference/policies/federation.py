"""Settings of federation: what a center offers first in an agreement, and how long its letters wait."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("crossing_collection_days", int, 1, "收件地收件至发出的工作日数（新协议的默认值）", OUR_OWN_CHOICE,
            least=0, most=30),
    Setting("crossing_transit_days", int, 1, "发出至办理地收到的工作日数（新协议的默认值）", OUR_OWN_CHOICE,
            least=0, most=30),
    Setting("crossing_hand_back_days", int, 3, "出件至申请人收到的工作日数（新协议的默认值）", OUR_OWN_CHOICE,
            least=0, most=60),
    Setting("crossing_letter_days", int, 15, "代收件信函的有效自然日数，逾期未送达的退回收件地", OUR_OWN_CHOICE,
            least=1, most=365),
)  # fmt: skip
