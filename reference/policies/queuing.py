"""Settings of queuing beyond table ZZ (which holds ``pause_max_min`` and ``ticket_requires_precheck``)."""

from __future__ import annotations

from typing import Any, Final

from kit.workdays import day_hours
from reference.policies.setting import OUR_OWN_CHOICE, Setting


def _intervals(value: Any) -> None:
    """A list such as ``["08:30-11:30", "13:30-16:30"]``; empty is allowed."""
    day_hours(*value)


SETTINGS: Final = (
    # ── Taking a number ──────────────────────────────────────────────────────────────────────────────────────
    Setting("ticket_hours", list, [], "取号时段（空：与中心服务时间相同）", OUR_OWN_CHOICE, shape=_intervals),
    Setting("ticket_id_number_required", bool, False, "取号须出示身份证号码",
            "rules A02 names ID card, number and code; that none is needed is our own choice"),
    Setting("ticket_one_per_item", bool, True, "同一人同一事项同时只能持有一张有效号票", OUR_OWN_CHOICE),
    Setting("closing_warning_min", int, 30, "预计叫号时间距下班不足多少分钟时提醒",
            "rules A08, O02 ask for the warning (002 4.3.4.2); the minutes are our own choice"),
    Setting("service_estimate_seconds", int, 600, "当日尚无办结记录时假定的平均办理秒数", OUR_OWN_CHOICE,
            least=1, most=86_400),
    # ── Who is called first ──────────────────────────────────────────────────────────────────────────────────
    Setting("senior_age", int, 70, "享受优先叫号的年龄", "rules A05 (001 篇3)", least=1, most=150),
    Setting("priority_head_start_min", int, 30, "优先号（高龄、残疾）相当于提前到达的分钟数",
            "rules A05 asks for priority; the minutes are our own choice", most=1440),
    Setting("appointment_head_start_min", int, 20, "预约号相当于提前到达的分钟数",
            "rules A06, A09 ask for appointments; the minutes are our own choice", most=1440),
    Setting("priority_calls_in_row", int, 2, "同一窗口连续叫几个优先号或预约号后必叫一个普通号", OUR_OWN_CHOICE,
            least=1, most=1000),
    Setting("lane_preference_head_start_min", int, 0, "窗口首选队列每提前一位相当于提前到达的分钟数（0：先到先叫）",
            OUR_OWN_CHOICE, most=1440),
    # ── Calls and misses ─────────────────────────────────────────────────────────────────────────────────────
    Setting("recall_limit", int, 3, "同一号票最多重呼次数", OUR_OWN_CHOICE, most=100),
    Setting("missed_return_rule", str, "requeue", "过号后的处理：requeue 顺延，front 续号，retake 重取",
            "facts 8: all three are practised; that requeue is the default is our own choice",
            choices=("requeue", "front", "retake")),
    Setting("missed_return_places", int, 3, "过号顺延的位数", "facts 8: 3 to 5 are practised", least=1, most=100),
    Setting("missed_return_limit", int, 2, "同一号票最多可恢复排队的次数", OUR_OWN_CHOICE, most=100),
    # ── Board and day end ────────────────────────────────────────────────────────────────────────────────────
    Setting("board_calls", int, 10, "大屏显示的最近叫号条数", OUR_OWN_CHOICE, least=1, most=50),
    Setting("day_end_grace_min", int, 120, "下班后多少分钟自动结束当日排队",
            "rules O01: who waits at closing time is still served (002 4.3.4.1); the minutes are our own choice",
            most=720),
    Setting("serving_grace_min", int, 240, "当日排队结束后多少分钟清理仍在办理的号票",
            "rules O01: who is being served is still served; the minutes are our own choice", most=1440),
    # ── Appointments ─────────────────────────────────────────────────────────────────────────────────────────
    Setting("appointment_days_ahead", int, 5, "可预约未来几个工作日", "facts 8: 5 in one center", least=1, most=60),
    Setting("appointment_from_days", int, 1, "最早可预约几天后（0：当天）", "facts 8: a day before in one center",
            most=60),
    Setting("appointment_lead_min", int, 10, "距时段开始不足多少分钟不可预约",
            "facts 8: 10 in another center; it matters where the same day may be booked", most=1440),
    Setting("appointment_slot_min", int, 30, "预约时段长度（分钟）", OUR_OWN_CHOICE, least=5, most=480),
    Setting("appointment_slot_capacity", int, 4, "每个队列每个时段可预约的人数", OUR_OWN_CHOICE, most=200),
    Setting("appointment_per_person_day", int, 1, "同一人每日可预约次数", "facts 8: 1 in one center", least=1, most=20),
    Setting("appointment_cancel_min", int, 120, "取消预约须提前的分钟数", "facts 8: 2 hours in one center", most=10_080),
    Setting("appointment_early_min", int, 30, "预约时段开始前多少分钟起可取号", OUR_OWN_CHOICE, most=720),
    Setting("appointment_grace_min", int, 15, "预约时段结束后多少分钟内仍可取号", OUR_OWN_CHOICE, most=720),
)  # fmt: skip
