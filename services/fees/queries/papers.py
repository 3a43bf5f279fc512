"""Receipts of what was paid, and notes of what went back, as PDF (rules H02)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kit.call import Call
from kit.errors import Conflict, Forbidden, NotFound
from kit.text import clean
from reference.papers.printing import date_parts
from reference.papers.shelf import IssuedPaper, PaperCopy, Sheet, Standing, StandingState
from reference.papers.wording import worded
from services.fees.domain.amounts import in_words, in_yuan
from services.fees.domain.bill import Bill, BillState, Payment, Refund
from services.fees.domain.events import FeePaperReprinted
from services.fees.domain.paper import FeePaper
from services.fees.handlers.treasury import Treasury, bill_missing
from services.fees.queries.bills import get_bill

_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "papers"
#: Who hands papers out: they may see the payer's name (rules AG01).
_PRINTING_ROLES: Final = ("clerk", "chief")


def get_fee_receipt(*, treasury: Treasury, call: Call, bill_id: str, code: str) -> tuple[FeePaper, bytes]:
    """The receipt of a paid bill; staff get it with the payer's full name, whoever comes with the code with a masked one.

    One that is first printed after money went back says so. Raises ``Conflict`` (``bill_not_paid``), ``NotFound``,
    ``Forbidden``; ``Unavailable`` while intake or the printer can't be asked.
    """
    bill = _printable(treasury, call, bill_id, code)
    payment = bill.payment
    if payment is None:
        raise Conflict("bill_not_paid", "该缴费单尚未缴费，没有缴费凭证。", id=bill.id)
    paper = bill.receipt or treasury.unsealed(
        bill, "fee_receipt", bill.receipt_number, bill.settled_at or payment.paid_at
    )
    about = _Printed(bill, "receipt", "fee_receipt", paper, _addressee(treasury, call, bill, code, paper))
    return paper, treasury.shelf.original(call, _sheet(about, receipt_data(bill, payment)))[1]


def get_refund_note(
    *, treasury: Treasury, call: Call, bill_id: str, code: str, refund_id: str
) -> tuple[FeePaper, bytes]:
    """The note of a refund that was made, named as the receipt is.

    Raises ``NotFound`` (``refund_note_not_found`` too), ``Forbidden``; ``Unavailable`` as ``get_fee_receipt``.
    """
    bill = _printable(treasury, call, bill_id, code)
    for payment in bill.payments:
        for refund in payment.gone:
            if refund.id == refund_id and refund.note is not None:
                addressee = _addressee(treasury, call, bill, code, refund.note)
                about = _Printed(bill, refund.id, "fee_refund", refund.note, addressee)
                sheet = _sheet(about, refund_data(bill, payment, refund))
                return refund.note, treasury.shelf.original(call, sheet)[1]
    raise NotFound("refund_note_not_found", "没有这份退费凭证；退费尚未办结的，请稍后再试。", refund=refund_id[:80])


def reprint_fee_paper(
    *, treasury: Treasury, call: Call, bill_id: str, paper_id: str, reason: str
) -> tuple[IssuedPaper, PaperCopy, bytes]:
    """Prints a receipt or a note once more, marked, also with what went back of the receipt's money; written down.

    Raises ``NotFound`` (``paper_not_printed`` too), ``Forbidden``, ``Invalid``; ``Unavailable`` as ``get_fee_receipt``.
    """
    bill = _printable(treasury, call, bill_id, "")
    paper = treasury.shelf.printed(bill.id, paper_id)
    reason = clean(reason, field="reason", max_length=200)
    if not paper.masked:
        _name(treasury, call, bill, f"补打{paper.title} {paper.number}：{reason}"[:200])

    def told(paper: IssuedPaper, copy: PaperCopy) -> FeePaperReprinted:
        return FeePaperReprinted(
            bill_id=bill.id,
            center_id=bill.center_id,
            journey=bill.journey,
            paper_id=paper.id,
            title=paper.title,
            number=paper.number,
            copy=copy.number,
            reason=copy.reason,
        )

    remark = standing_of(treasury, paper).reason
    return treasury.shelf.reprint(call, bill.id, paper.id, reason, told, remark=remark)


def list_printed_fee_papers(
    *, treasury: Treasury, call: Call, bill_id: str
) -> list[tuple[IssuedPaper, tuple[PaperCopy, ...]]]:
    """The papers of a bill that were printed, with their further prints. Raises ``NotFound``, ``Forbidden``."""
    return treasury.shelf.copies_of(get_bill(treasury=treasury, call=call, bill_id=bill_id).id)


def standing_of(treasury: Treasury, paper: IssuedPaper) -> Standing:
    """Whether a receipt still stands for money that was paid: what went back of it is said, all of it ends the receipt."""
    bill = treasury.bills.get(paper.subject_id)
    payment = bill.payment
    gone = payment.gone if payment is not None and paper.kind == "fee_receipt" else ()
    if payment is None or not gone:
        return Standing()
    if bill.state is BillState.REFUNDED:
        return Standing(StandingState.CANCELLED, gone[-1].done_at, "所载费用已全部退回，凭证作废")
    return Standing(reason=f"所载费用已退回 {in_yuan(payment.gone_fen)} 元")


def receipt_data(bill: Bill, payment: Payment) -> dict[str, Any]:
    """What the template of a receipt is given of a bill."""
    return _paid(payment) | {
        "paid_at": date_parts(payment.paid_at),
        "charges": [
            {
                "name": each.name,
                "price": in_yuan(each.price_fen),
                "unit": each.unit,
                "quantity": each.quantity,
                "amount": in_yuan(each.amount_fen),
                "basis": each.basis,
            }
            for each in bill.charges
            if each.quantity
        ],
        "total": in_yuan(payment.amount_fen),
        "total_in_words": in_words(payment.amount_fen),
        "refunded": [
            {
                "at": date_parts(each.done_at),
                "amount": in_yuan(each.amount_fen or payment.amount_fen),
                "reference": each.reference,
            }
            for each in payment.gone
            if each.done_at is not None
        ],
        "void": bill.state is BillState.REFUNDED,
    }


def refund_data(bill: Bill, payment: Payment, refund: Refund) -> dict[str, Any]:
    """What the template of a note is given of a refund."""
    amount = refund.amount_fen or payment.amount_fen
    return _paid(payment) | {
        "receipt_number": "" if payment.surplus else bill.receipt_number,
        "paid": in_yuan(payment.amount_fen),
        "amount": in_yuan(amount),
        "amount_in_words": in_words(amount),
        "refunded_at": date_parts(refund.done_at or refund.asked_at),
        "refund_reference": refund.reference,
        "reason": refund.reason,
        "asked_by": refund.asked_by_name,
    }


def _paid(payment: Payment) -> dict[str, Any]:
    return {"channel": payment.channel.value, "bank": payment.bank, "reference": payment.reference}


def _printable(treasury: Treasury, call: Call, bill_id: str, code: str) -> Bill:
    """A bill whose papers the caller gets: by its case's code, or as those who hand papers out.

    Raises ``NotFound``, ``Forbidden``.
    """
    if code:
        found = treasury.bills.find_unique("by_code", code)
        if found is None or (bill_id and found.id != bill_id):
            raise bill_missing(bill_id)
        return found
    if not call.actor.has(*_PRINTING_ROLES):
        raise Forbidden("code_required", "请凭收件凭证上的查询码打印缴费凭证。")
    return get_bill(treasury=treasury, call=call, bill_id=bill_id)


def _addressee(treasury: Treasury, call: Call, bill: Bill, code: str, paper: FeePaper) -> str:
    return bill.applicant_masked if code else _name(treasury, call, bill, f"打印{paper.title} {paper.number}")


def _name(treasury: Treasury, call: Call, bill: Bill, purpose: str) -> str:
    once = "" if call.idempotency is None else call.idempotency.key
    return treasury.payers.name(bill.id, purpose=purpose, token=call.token, once=once)


@dataclass(frozen=True, slots=True)
class _Printed:
    """A paper about to be on the shelf. ``name`` tells it from the bill's others."""

    bill: Bill
    name: str
    kind: str
    paper: FeePaper
    addressee: str


def _sheet(about: _Printed, special: dict[str, Any]) -> Sheet:
    """A paper as the shelf makes and keeps it; what bears a masked name is another than what is handed out."""
    bill, paper = about.bill, about.paper
    masked = about.addressee == bill.applicant_masked
    data: dict[str, Any] = special | {
        "title": paper.title,
        "number": paper.number,
        "center_name": paper.center_name,
        "department_name": paper.department_name,
        "contact_phone": paper.contact_phone,
        "complaint_phone": paper.complaint_phone,
        "progress_url": paper.progress_url,
        "addressee": about.addressee,
        "item_name": bill.item_name,
        "application_number": bill.case_number,
        "issued_at": date_parts(paper.issued_at),
        "issued_by": paper.issued_by,
    }
    return Sheet(
        id=f"{bill.id}/{about.name}/masked" if masked else f"{bill.id}/{about.name}",
        subject_id=bill.id,
        center_id=bill.center_id,
        kind=about.kind,
        title=paper.title,
        number=paper.number,
        issued_at=paper.issued_at,
        office=paper.department_name or paper.center_name,
        holder=bill.applicant_masked,
        masked=masked,
        template=_TEMPLATES / f"{about.kind}.typ",
        data=data | {"wording": worded(paper.wording, data)},
        seal_id=paper.seal_id,
        issued_by=paper.issued_by,
    )
