"""Settings of evaluation: how long an invitation stands, and how soon a negative one is mended."""

from __future__ import annotations

from typing import Final

from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("evaluation_valid_days", int, 7, "评价邀请的有效自然日数，逾期按“未评价”计",
            "facts 2: 7 (广东 2019, which then counts it as fairly satisfied; here never); no national figure",
            least=1, most=365),
    Setting("evaluation_comment_length", int, 500, "评价意见的最多字数", OUR_OWN_CHOICE, least=1, most=5000),
    Setting("rectification_days", int, 5, "差评整改的工作日数",
            "facts 2: 5 (德州); 15 (遂宁); no days in 国办发〔2019〕51号", least=1, most=365),
)  # fmt: skip
