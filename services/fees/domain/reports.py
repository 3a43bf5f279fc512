"""What was charged as it may not be (收费异常): reported at once, kept with its bill, settled by supervision (rules H01, H02, H04).

The bill itself can't be paid in cash, before the decision, or by another sum; where somebody was charged so all the same,
this says it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from kit.errors import Conflict, Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from services.fees.domain.bill import Bill

#: How many there may be of one bill.
MAX_REPORTS: Final = 20


class ChargeFault(StrEnum):
    """What may not be."""

    #: Cash was asked for or taken (rules H01).
    CASH = "cash"
    #: Charged before the decision (rules H02).
    BEFORE_DECISION = "before_decision"
    #: More than was computed (rules H02).
    MORE_THAN_COMPUTED = "more_than_computed"
    #: Something that no published standard names (rules H04; 许可法 58, 59).
    NO_BASIS = "no_basis"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of it."""

    text: str = field(repr=False)
    by: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChargeReport:
    """One report. ``amount_fen`` in fen, of what was asked or taken; ``reference``: of a receipt, where there is one."""

    id: str
    fault: ChargeFault
    amount_fen: int
    reference: str
    text: str = field(repr=False)
    by: str
    by_name: str
    at: datetime
    settled: Settlement | None = None


def report(bill: Bill, made: ChargeReport) -> Bill:
    """The bill with a report, in whatever state it is.

    Raises ``Conflict`` (``charge_reported``, ``too_many_reports``), ``Invalid`` (``amount_not_more``).
    """
    if made.fault is ChargeFault.MORE_THAN_COMPUTED and made.amount_fen <= bill.total_fen:
        raise Invalid("amount_not_more", "实收金额没有多于应缴金额，请核对金额或者异常情形。", field="amount_fen")
    known = (made.fault, made.amount_fen, made.reference)
    if any(known == (each.fault, each.amount_fen, each.reference) and each.settled is None for each in bill.reports):
        raise Conflict("charge_reported", "同一情形已经登记，正在核查。", id=bill.id)
    if len(bill.reports) >= MAX_REPORTS:
        raise Conflict(
            "too_many_reports", f"一张缴费单至多登记 {MAX_REPORTS} 次收费异常，请先核查已登记的。", id=bill.id
        )
    return replace(bill, reports=(*bill.reports, made))


def settle(bill: Bill, report_id: str, settlement: Settlement) -> Bill:
    """The bill with what became of a report; nobody settles the own one.

    Raises ``NotFound`` (``charge_report_not_found``), ``Conflict`` (``charge_report_settled``), ``Forbidden``
    (``own_report``).
    """
    found = next((each for each in bill.reports if each.id == report_id), None)
    if found is None:
        raise NotFound("charge_report_not_found", "没有找到这条收费异常登记，请核对后重试。")
    if found.settled is not None:
        raise Conflict("charge_report_settled", "该收费异常已经核查处理，请刷新后查看。", id=bill.id)
    if found.by == settlement.by:
        raise Forbidden("own_report", "不能核查本人登记的收费异常，请由其他人员处理。")
    settled = replace(found, settled=settlement)
    return replace(bill, reports=tuple(settled if each.id == report_id else each for each in bill.reports))
