"""Reporting what was charged as it may not be, and settling that (rules H01, H02, H04)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Invalid
from kit.text import clean
from services.fees.domain import reports
from services.fees.domain.bill import MAX_TOTAL_FEN, Bill
from services.fees.domain.events import ChargeReported, ChargeReportSettled
from services.fees.domain.reports import ChargeFault, ChargeReport, Settlement
from services.fees.handlers.treasury import Treasury, at_window

#: What a report and its settlement may have, in characters.
MAX_TEXT = 500


def report_charge(
    *,
    treasury: Treasury,
    call: Call,
    bill_id: str,
    fault: ChargeFault | None,
    amount_fen: int,
    reference: str,
    text: str,
    expected_version: int,
) -> Bill:
    """Staff of the center write down that somebody was charged as may not be; the bill goes on as it was.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Invalid`` (``fault_required``, ``amount_out_of_range``,
    ``amount_not_more``), ``Conflict`` (``charge_reported``, ``too_many_reports``).
    """
    bill = at_window(treasury, call, bill_id, expected_version)
    if fault is None:
        raise Invalid("fault_required", "请选择收费异常的情形。", field="fault")
    if not 0 <= amount_fen <= MAX_TOTAL_FEN:
        raise Invalid("amount_out_of_range", "金额超出允许范围，请核对。", field="amount_fen")
    made = ChargeReport(
        id=f"{bill.id}.x{len(bill.reports) + 1}",
        fault=fault,
        amount_fen=amount_fen,
        reference=clean(reference, field="reference", max_length=100, required=False),
        text=clean(text, field="text", max_length=MAX_TEXT, multiline=True),
        by=call.actor.id,
        by_name=call.actor.name,
        at=call.now,
    )
    reported = reports.report(bill, made)
    return treasury.bills.save(reported, [ChargeReported(reported, made.id)], call)


def settle_charge_report(
    *, treasury: Treasury, call: Call, bill_id: str, report_id: str, text: str, expected_version: int
) -> Bill:
    """Supervision, or a manager, says what became of a report: mended, or not so.

    Raises ``NotFound`` (``charge_report_not_found``), ``Forbidden`` (``own_report``), ``Stale``, ``Invalid``, ``Conflict``
    (``charge_report_settled``).
    """
    bill = at_window(treasury, call, bill_id, expected_version)
    said = clean(text, field="text", max_length=MAX_TEXT, multiline=True)
    settled = reports.settle(bill, report_id, Settlement(said, call.actor.id, call.actor.name, call.now))
    return treasury.bills.save(settled, [ChargeReportSettled(settled, report_id)], call)
