"""Settings of fees: whether a result waits for the money, and the receipts' numbers."""

from __future__ import annotations

from typing import Final

from reference.papers.numbering import series_pattern
from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("fees_before_delivery", bool, True, "办件的费用缴清（或依法减免）后才送达结果",
            "our own choice; rules H02 ask for the receipt before the bill's voucher only"),
    Setting("fee_receipt_number_format", str, "{center}费〔{year}〕{sequence:6}号", "缴费凭证编号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
)  # fmt: skip
