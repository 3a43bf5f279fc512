"""Settings of workforce: passwords, lock-out and sessions.

GB/T 22239 (level three) asks for complex passwords that are changed regularly, for an answer to failed sign-ins and
for sessions that time out, and gives no figures: the figures are our own choice. They run on real time.
"""

from __future__ import annotations

from typing import Final

from reference.policies.setting import Setting

_NO_FIGURE: Final = "GB/T 22239 asks for it without a figure; the figure is our own choice"

SETTINGS: Final = (
    Setting("password_min_length", int, 10, "密码最少字符数", _NO_FIGURE, least=8, most=64),
    Setting("password_min_classes", int, 3, "密码至少包含的字符种类（大写、小写、数字、其他）", _NO_FIGURE,
            least=1, most=4),
    Setting("password_max_age_days", int, 90, "密码有效天数（0 为不限）", _NO_FIGURE, most=3650),
    Setting("sign_in_max_failures", int, 5, "连续登录失败锁定账号的次数", _NO_FIGURE, least=1, most=100),
    Setting("sign_in_lock_min", int, 15, "登录失败的计数时段和锁定分钟数", _NO_FIGURE, least=1, most=1440),
    Setting("session_idle_min", int, 30, "无操作自动退出的分钟数", _NO_FIGURE, least=2, most=1440),
    Setting("substitute_needs_badge", bool, False, "顶岗人员领取临时工作证、座牌后才能确认到岗",
            "rules V05: yes (001 篇2); none (others), so the default is our own choice"),
    Setting("session_absolute_hours", int, 12, "登录最长有效小时数", _NO_FIGURE, least=1, most=168),
)  # fmt: skip
