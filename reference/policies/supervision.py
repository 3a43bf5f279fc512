"""Settings of supervision: when a clock is reminded of, shown yellow and shown red (no national rule: facts 7)."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("reminder_lead_days", int, 1, "到期前几个工作日提醒", "rules F07; facts 7: 1 working day before",
            least=0, most=60),
    Setting("yellow_card_lead_days", int, 0, "到期前几个工作日亮黄牌（0 为到期当日）",
            "rules G01; facts 7: “about to be late” without a figure (泉州、成都); the figure is our own choice",
            least=0, most=60),
    Setting("red_card_appeal_days", int, 5, "红牌可申诉的工作日数",
            "facts 7: a red card may be appealed; the figure is our own choice", least=1, most=60),
    Setting("red_card_confirm_seconds", int, 60, "超期后等待在途消息再亮红牌的秒数", OUR_OWN_CHOICE, least=0, most=3600),
)  # fmt: skip
