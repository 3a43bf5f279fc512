"""Settings of supervision: when a clock is reminded of, shown yellow and shown red (no national rule: facts 7)."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting
from reference.policies.shapes import texts

SETTINGS: Final = (
    Setting("reminder_lead_days", int, 1, "到期前几个工作日提醒", "rules F07; facts 7: 1 working day before",
            least=0, most=60),
    Setting("yellow_card_lead_days", int, 0, "到期前几个工作日亮黄牌（0 为到期当日）",
            "rules G01; facts 7: “about to be late” without a figure (泉州、成都); the figure is our own choice",
            least=0, most=60),
    Setting("red_card_appeal_days", int, 5, "红牌可申诉的工作日数",
            "facts 7: a red card may be appealed; the figure is our own choice", least=1, most=60),
    Setting("order_answer_days", int, 1, "督办单答复的工作日数", OUR_OWN_CHOICE, least=1, most=30),
    Setting("order_escalation_levels", list, ["责任部门负责人", "中心负责人", "监察机关"], "督办单逾期未答复时逐级上报的层级",
            "rules G03, G04: the window's department, then the supervising department; the names are our own choice",
            shape=texts()),
    Setting("measure_answer_days", int, 5, "追责处理答复的工作日数", OUR_OWN_CHOICE, least=1, most=60),
    Setting("measure_escalation_levels", list, ["责任部门主要负责人", "中心负责人", "监察机关"], "追责处理逾期未答复时逐级上报的层级",
            "rules G05 ends with the department that sent the person; the names are our own choice", shape=texts()),
    Setting("tacit_approval", bool, True, "超过承诺时限时启动超时默认，责令立即办理", "rules F06"),
    Setting("red_card_confirm_seconds", int, 60, "超期后等待在途消息再亮红牌的秒数", OUR_OWN_CHOICE, least=0, most=3600),
)  # fmt: skip
