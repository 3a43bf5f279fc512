"""What fees tells the site of a bill."""

from __future__ import annotations

from dataclasses import dataclass

from services.fees.domain.bill import Bill


@dataclass(frozen=True, slots=True)
class BillOpened:
    """An approved case is charged; what is counted by unit waits for the department."""

    bill: Bill
    rules: str = "rules H02"


@dataclass(frozen=True, slots=True)
class BillComputed:
    """What is to be paid is known, or known anew."""

    bill: Bill
    rules: str = "rules H02"


@dataclass(frozen=True, slots=True)
class BillPaid:
    """It was paid; the receipt has its number."""

    bill: Bill
    rules: str = "rules H01, H02"


@dataclass(frozen=True, slots=True)
class BillWaived:
    """It was let off."""

    bill: Bill
    rules: str = "许可法 58"


@dataclass(frozen=True, slots=True)
class SurplusPaid:
    """Money came that wasn't owed; it goes back."""

    bill: Bill
    payment_id: str
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """What was paid goes back."""

    bill: Bill
    payment_id: str
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """It has gone back."""

    bill: Bill
    payment_id: str
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class ChargeReported:
    """Somebody was charged as may not be."""

    bill: Bill
    report_id: str
    rules: str = "rules H01, H02, H04"


@dataclass(frozen=True, slots=True)
class ChargeReportSettled:
    """It was looked into, and mended or found not so."""

    bill: Bill
    report_id: str
    rules: str = "rules H01, H02, H04"
