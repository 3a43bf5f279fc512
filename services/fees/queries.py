"""Reads: one bill, by its case's code too, and a center's."""

from __future__ import annotations

from kit.call import Call
from kit.store.port import Scalar
from kit.store.repository import Found
from services.fees.domain.bill import Bill, BillState
from services.fees.handlers.treasury import Treasury

_PAGE = 50
_LONGEST_PAGE = 200


def get_bill(*, treasury: Treasury, call: Call, bill_id: str) -> Bill:
    """A bill of the asker's center; a chief sees those of their department. Raises ``NotFound``, ``Forbidden``."""
    bill = treasury.bills.get(bill_id)
    if _sees_whole_center(call):
        call.actor.require_center(bill.center_id)
    else:
        call.actor.require_department(bill.center_id, bill.department_key)
    return bill


def list_bills(
    *, treasury: Treasury, call: Call, center_id: str, state: BillState | None, limit: int, cursor: str
) -> Found[Bill]:
    """A center's bills, the latest first; a chief gets those of their department. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    states: tuple[Scalar, ...] = (state,) if state else tuple(BillState)
    page = min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE
    if _sees_whole_center(call):
        return treasury.bills.find(
            "by_center", descending=True, limit=page, cursor=cursor, center_id=center_id, state=states
        )
    return treasury.bills.find(
        "by_department",
        descending=True,
        limit=page,
        cursor=cursor,
        center_id=center_id,
        department_key=call.actor.department,
        state=states,
    )


def _sees_whole_center(call: Call) -> bool:
    return call.actor.has("clerk", "supervisor", "manager")
