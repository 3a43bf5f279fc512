"""Papers about money: the receipt of what was paid, and the note of what went back (rules H02)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

#: What a receipt, and a note of a refund, are called. Our own choice: an official invoice (票据) is its own system's.
RECEIPT_TITLE: Final = "缴费凭证"
REFUND_TITLE: Final = "退费凭证"


@dataclass(frozen=True, slots=True)
class FeePaper:
    """What a paper says beside its bill, as it stood when it was issued. ``issued_by`` is empty where no hand did it."""

    title: str
    number: str
    issued_at: datetime
    center_name: str
    department_name: str
    contact_phone: str
    complaint_phone: str
    progress_url: str
    issued_by: str = ""
    #: The center's own words, by part.
    wording: dict[str, str] = field(default_factory=dict)
    #: The seal that it bears; empty: a sample.
    seal_id: str = ""
