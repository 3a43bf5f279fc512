"""Table ZZ: where the sources differ or are silent, each row a setting (rules ZZ1–ZZ31).

001 篇N is the N-th text of the collection of window rules, 002 the window standard of 重庆 (2023), 003 the plan of a
banner's center, 004 the guidance of 安康 (2017), 法 the licensing law (行政许可法 2019). The default is the value of 004
where it has one, as the sample federation is in 安康; else the only one given; else our own choice.
"""

from __future__ import annotations

from typing import Any, Final

from reference.policies import shapes
from reference.policies.item_types import ITEM_TYPES
from reference.policies.setting import Setting

#: 004: nine to twelve, one to five.
_NINE_TO_FIVE: Final[dict[str, Any]] = {
    day: ["09:00-12:00", "13:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri", "make_up")
}

#: Setting by row of the table.
ROWS: Final[dict[int, Setting]] = {
    1: Setting("absence_half_day_after_minutes", int, 60, "擅自离岗计旷工半天的分钟数",
               "rules ZZ1, T06: 60 (001 篇1); 120 (001 篇2)"),
    2: Setting("late_as_half_day_minutes", int, 60, "迟到计旷工半天的分钟数（0 为不计）",
               "rules ZZ2, T06: 60 (001 篇1); none, 0 here (001 篇2)"),
    3: Setting("late_grace_min", int, 5, "迟到、早退的宽限分钟数",
               "rules ZZ3, T04: 5 (001 篇1); by the attendance machine (others)"),
    4: Setting("monthly_late_limit", int, 4, "当月迟到早退计旷工半天的次数",
               "rules ZZ4, T05: 4 or more (001 篇1, 篇2); that 4 itself counts is our own choice"),
    5: Setting("missed_punch_tiers", list, [{"count": 4, "days": 0.5}, {"count": 8, "days": 1.0}],
               "当月漏签次数与旷工天数",
               "rules ZZ5, T07: 4 times half a day, 8 times a day (001 篇2); none (others)",
               shape=shapes.objects(count=int, days=(int, float))),
    6: Setting("work_calendar", dict, _NINE_TO_FIVE, "每周服务时间",
               "rules ZZ6, T02: 09:00–12:00, 13:00–17:00 (004); 08:30–12:00, 14:30–18:00 (001 篇2)",
               shape=shapes.weekly_hours),
    7: Setting("early_arrival_min", int, 10, "提前到岗分钟数", "rules ZZ7, T03: 10 (001, 004); 5 (002)"),
    8: Setting("leave_tiers", list, [{"up_to_days": 0, "approvers": ["center"]}], "请假分级审批（天数 0 为不限）",
               "rules ZZ8, U01–U03: center approves all (004); ≤ 1 center, from 2 also the department's head (001 篇1); "
               "≤ 1 center, ≤ 3 department and center, ≤ 7 and above the government office (001 篇2)",
               shape=shapes.objects(up_to_days=int, approvers=list)),
    9: Setting("monthly_leave_quota", dict,
               {"chief_days": 5, "chief_times": 5, "clerk_days": 3, "clerk_times": 3}, "月度请假限额",
               "rules ZZ9, U04: chief 5 days or times, window 3 days or times (001 篇2, the table says 篇1); none (others)",
               shape=shapes.record(chief_days=int, chief_times=int, clerk_days=int, clerk_times=int)),
    10: Setting("substitute_from_days", float, 0.5, "须安排顶岗的请假天数",
                "rules ZZ10, V02: half a day (004; single windows 001 篇1); one day (001)"),
    11: Setting("substitute_max_days", int, 30, "临时顶岗最长天数",
                "rules ZZ11, V06: one month (001 篇1), 30 days here; none (others)"),
    12: Setting("secondment_min_months", int, 24, "派驻最短月数",
                "rules ZZ12, X01: two years (001 篇6, 004); one year (001 篇1)"),
    13: Setting("rotation_window", dict,
                {"month": 12, "apply_by": "12-20", "return_on": "01-01", "replacement_first": True}, "人员轮换时间",
                "rules ZZ13, X02, X05: December, by 12-20, back on 01-01 (001 篇1); the new one in before the old one "
                "leaves (004)",
                shape=shapes.record(month=int, apply_by=str, return_on=str, replacement_first=bool)),
    14: Setting("supplement_notice_days", int, 5, "一次性告知补正的工作日数（0 为当场）",
                "rules ZZ14, C08: on the spot or 5 working days (001 篇2; 法 32); on the spot, 0 here (004)"),
    15: Setting("extension_requires_approval", bool, True, "延期须经中心审核",
                "rules ZZ15, F04: the center approves (004); it is told (002)"),
    16: Setting("min_compression_pct", int, 30, "承诺时限较法定时限的最低压缩百分比",
                "rules ZZ16, F02: 30 or more (004); shortened and published, no figure (001 篇6)", most=100),
    17: Setting("pause_max_min", int, 15, "窗口暂离最长分钟数",
                "rules ZZ17, B02: 15 with a sign and a report (002); a substitute or another window (001)"),
    18: Setting("rectification_target_pct", int, 100, "合理差评整改率、实名差评回复率目标（%）",
                "rules ZZ18, Q05: 100, no days (002, 国办发〔2019〕51号); days are settings of evaluation and complaint",
                most=100),
    19: Setting("report_cadence", list, ["day", "week", "month", "quarter"], "检查、考勤、通报、考核的节奏",
                "rules ZZ19, T11: day, week, month, quarter (004); month (001 篇1); week, month, quarter (001 篇2)",
                shape=shapes.texts("day", "week", "month", "quarter", "year")),
    20: Setting("accept_on_spot", bool, True, "材料齐全时当场受理",
                "rules ZZ20, C05: on the spot (002, 004); within 5 working days (法 32)"),
    21: Setting("overtime_comp_hours", float, 8.0, "延时服务累计可调休的小时数",
                "rules ZZ21, O04: no figure (002); the figure is our own choice"),
    22: Setting("dress_policy", str, "three_seasons", "工装规则",
                "rules ZZ22, W04: three seasons (004); 5–10 and 11–4 (001 篇2); appendix A (002)",
                choices=("three_seasons", "two_seasons", "appendix_a")),
    23: Setting("assess_period", str, "quarter", "考核周期",
                "rules ZZ23, T11, W07: quarter (001 篇2, 004); month (001 篇6); year (001 篇1)",
                choices=("month", "quarter", "year")),
    24: Setting("unresolved_days", int, 5, "“办不成事”复杂事项办结或反馈的工作日数",
                "rules ZZ24, M03: 5 (002); 3 and 10 elsewhere (facts 9)"),
    25: Setting("incomplete_notice_kind", str, "one_time_notice", "材料不齐时出具的文书",
                "rules ZZ25, AH05: one-time notice (004; 法 32); refusal with guidance (002)",
                choices=("one_time_notice", "refusal_notice")),
    26: Setting("post_employment_rule", str, "approval_by_established", "审批岗位的用工性质要求",
                "rules ZZ26, AH14: no temporary staff in approval posts (004); hired or dispatched staff (002, 003)",
                choices=("approval_by_established", "any")),
    27: Setting("item_type_dict", str, "gbt39046", "事项类型表",
                "rules ZZ27, AH01: GB/T 39046 A.1 (facts 3); eight types (002); five types (004)",
                choices=tuple(ITEM_TYPES)),
    28: Setting("ticket_requires_precheck", bool, False, "须先填单备料再取号",
                "rules ZZ28, A02–A04: a ticket on entering (002, 004); forms first (003, 001 篇3)"),
    29: Setting("staff_change_approval", str, "joint_agreement", "窗口人员调整的批准方式",
                "rules ZZ29, X02–X04, AH09: joint agreement, two years (004); reply by letter, December only (001 篇1); "
                "the center approves (001 篇6)",
                choices=("joint_agreement", "december_letter", "center_review")),
    30: Setting("accept_notice_for_immediate", bool, True, "即办件也出具受理通知书",
                "rules ZZ30, C05, F03: every acceptance (002, 004 part 5; 法 32); not for immediate items (004 part 6)"),
    31: Setting("assess_owner_by_post", dict,
                {"a_post": "center", "b_post": "department", "general_window": "center"}, "各岗位的考核归属",
                "rules ZZ31, V08: center for A posts, department for B posts (001, 004); the operating body for general "
                "windows (002)",
                shape=shapes.record(a_post=str, b_post=str, general_window=str)),
}  # fmt: skip

SETTINGS: Final = tuple(ROWS.values())
