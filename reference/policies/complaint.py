"""Settings of complaint: how soon a complaint is answered, and how much may be written."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("complaint_days", int, 5, "投诉答复的工作日数",
            "facts 5: 5 (山东、沙坡头); 13 or 15 (江苏); no figure in rules R03, S01 or GB/T 36113 as far as read",
            least=1, most=365),
    Setting("complaint_text_length", int, 2000, "投诉内容、调查情况和答复的最多字数", OUR_OWN_CHOICE, least=50, most=20000),
)  # fmt: skip
