"""What the use cases work with, and how bills are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.alarms import ALARMS
from kit.call import Call
from kit.clock import to_ms
from kit.errors import NotFound
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository, check_version
from kit.workdays import local_date
from reference import Reference
from reference.papers.numbering import series_number, series_period
from services.fees.domain.bill import Bill, Channel
from services.fees.payments.port import PaymentPort

BILLS: Final = Kind(
    "bill",
    (
        Index("by_code", ("code",), unique=True),
        # A bank's receipt pays one bill.
        Index("by_bank_receipt", ("bank_receipt",), unique=True),
        Index("by_center", ("center_id", "state", "opened_at")),
        Index("by_department", ("center_id", "department_key", "state", "opened_at")),
        ALARMS,
    ),
)
KINDS: Final = (BILLS,)


@dataclass(frozen=True)
class Treasury:
    """What the use cases work with. ``public_url`` is where citizens open the site."""

    bills: Repository[Bill]
    reference: Reference
    payments: PaymentPort
    public_url: str

    def next_receipt(self, center_id: str, now: datetime) -> str:
        """The next number of a center's receipts; a crash may leave a gap (convention 15)."""
        pattern = self.reference.policy(center_id).text("fee_receipt_number_format")
        day = local_date(now)
        sequence = self.bills.store.next_number(f"fee_receipt:{center_id}:{series_period(pattern, day)}")
        return series_number(pattern, center_id=center_id, on=day, sequence=sequence)

    def bill_url(self, bill: Bill) -> str:
        """The page of a bill, for whoever holds its code."""
        return f"{self.public_url}/bills/{bill.code}"


def bill_keys(bill: Bill) -> Body:
    """The receipt that paid it, and since when money that came online waits to go back."""
    payment = bill.payment
    at_bank = payment is not None and payment.channel is Channel.BANK
    waiting = [
        to_ms(each.refund.asked_at)
        for each in bill.going_back()
        if each.channel is Channel.ONLINE and each.refund is not None
    ]
    return {
        "bank_receipt": f"{payment.bank}|{payment.reference}" if payment is not None and at_bank else None,
        "due_at": min(waiting) if waiting else None,
    }


def bill_missing(id: str) -> NotFound:
    """What is raised for an id or a code that opens no bill."""
    return NotFound("bill_not_found", "没有找到缴费单，请核对编号或查询码；该事项不收费或尚未作出决定。", id=id[:80])


def of_department(treasury: Treasury, call: Call, bill_id: str, expected_version: int) -> Bill:
    """A bill for those who compute, waive or send money back: its department's, or the center's managers.

    Raises ``NotFound``, ``Forbidden``, ``Stale``.
    """
    bill = treasury.bills.get(bill_id)
    if call.actor.has("manager"):
        call.actor.require_center(bill.center_id)
    else:
        call.actor.require_department(bill.center_id, bill.department_key)
    check_version(bill, expected_version)
    return bill


def at_window(treasury: Treasury, call: Call, bill_id: str, expected_version: int) -> Bill:
    """A bill for those who write down what a bank confirmed: the center's windows. Raises as ``of_department``."""
    bill = treasury.bills.get(bill_id)
    call.actor.require_center(bill.center_id)
    check_version(bill, expected_version)
    return bill
