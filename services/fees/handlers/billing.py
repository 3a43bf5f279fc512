"""Opening a bill after the decision, counting what it comes to, letting it off (rules H02; 许可法 58)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.call import Call
from kit.store.port import Mark
from kit.text import clean
from services.fees.domain import bill as bills
from services.fees.domain.bill import Bill, BillState, Charge, Waiver
from services.fees.domain.events import BillComputed, BillOpened, BillWaived
from services.fees.handlers.treasury import Treasury, of_department


@dataclass(frozen=True, slots=True)
class ApprovedCase:
    """What a bill needs to know of the case that it is for."""

    id: str
    number: str
    center_id: str
    department_key: str
    item_id: str
    item_version: int
    item_name: str
    applicant_masked: str
    journey: str
    code: str
    decided_at: datetime


def open_bill(*, treasury: Treasury, call: Call, case: ApprovedCase, mark: Mark) -> None:
    """Charges an approved case what its item version says, once; one that says no price is charged nothing.

    The case keeps the prices that it began with (rules AB02). Raises ``AlreadyApplied``, ``Unavailable``
    (``reference_not_ready``).
    """
    item = treasury.reference.item(case.item_id, case.item_version)
    charges = tuple(Charge(fee.name, fee.price_fen, fee.basis, fee.unit) for fee in item.fees if fee.price_fen > 0)
    if not charges or treasury.bills.find_by_id(case.id) is not None:
        return
    opened = bills.open_bill(
        Bill(
            id=case.id,
            center_id=case.center_id,
            department_key=case.department_key,
            item_id=case.item_id,
            item_version=case.item_version,
            item_name=case.item_name,
            case_number=case.number,
            applicant_masked=case.applicant_masked,
            journey=case.journey,
            code=case.code,
            state=BillState.COMPUTING,
            charges=charges,
            opened_at=case.decided_at,
        )
    )
    treasury.bills.create(opened, [BillOpened(opened)], call, mark=mark)


def compute_bill(
    *, treasury: Treasury, call: Call, bill_id: str, quantities: tuple[int, ...], expected_version: int
) -> Bill:
    """Counts what is charged by unit. Raises ``NotFound``, ``Forbidden``, ``Stale`` and as ``bills.compute``."""
    bill = of_department(treasury, call, bill_id, expected_version)
    computed = bills.compute(bill, quantities, by=call.actor.id, by_name=call.actor.name, now=call.now)
    return treasury.bills.save(computed, [BillComputed(computed)], call)


def waive_bill(*, treasury: Treasury, call: Call, bill_id: str, reason: str, basis: str, expected_version: int) -> Bill:
    """Lets a bill off, with the law that it goes by. Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict``
    (``bill_settled``), ``Invalid`` without reason or basis."""
    bill = of_department(treasury, call, bill_id, expected_version)
    waiver = Waiver(
        reason=clean(reason, field="reason", max_length=500, multiline=True),
        basis=clean(basis, field="basis", max_length=500),
        by=call.actor.id,
        by_name=call.actor.name,
        at=call.now,
    )
    waived = bills.waive(bill, waiver)
    return treasury.bills.save(waived, [BillWaived(waived)], call)
