"""Settings of catalog beyond table ZZ."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("compression_days_per_week", float, 5.0, "比较不同单位时限时每周折算的工作日数", OUR_OWN_CHOICE,
            least=1, most=7),
    Setting("limit_day_end", str, "midnight", "期限届满时点（midnight 当日 24 时；close_of_business 下班时）",
            "民法典 203: midnight (facts 8), or the close of business where there are hours of business",
            choices=("midnight", "close_of_business")),
    Setting("limit_rolls_over_days_off", bool, True, "自然日期限最后一日为休息日的，顺延至下一个工作日",
            "民法典 203; some local lists count on, so that it may be switched off: our own choice"),
    Setting("after_hours_start", str, "that_day",
            "服务时间结束后或者非工作日收件的，按日期限从哪一天起算（that_day 当日；next_working_day 视为下一个工作日收到）",
            f"facts 8 gives the next working day for immediate items; for limits in days the default is {OUR_OWN_CHOICE}, "
            "after 民法典 201",
            choices=("that_day", "next_working_day")),
)  # fmt: skip
