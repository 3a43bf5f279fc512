"""Whether what a case costs is settled: fees tells it, and the result waits for it (rules H02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Duplicate, Kind, Mark
from services.approval_routing.domain.case import Case, CaseState

if TYPE_CHECKING:
    from services.approval_routing.handlers.office import Office

SETTLED_BILLS: Final = Kind("settled_bill", ())


@dataclass(frozen=True, slots=True)
class SettledBill:
    """A case owes nothing any more: paid, or let off. Its id is the case's. A refund afterwards changes nothing here."""

    id: str
    settled_at: datetime
    version: int = 0


def settle_bill(*, office: Office, call: Call, case_id: str, mark: Mark) -> None:
    """Keeps that a case's bill is settled, once. Raises ``AlreadyApplied``."""
    try:
        office.settled_bills.create(SettledBill(case_id, call.now), [], call, mark=mark)
    except Duplicate:
        if office.settled_bills.find_by_id(case_id) is None:
            raise


def require_settled(office: Office, case: Case) -> None:
    """Raises ``Conflict`` (``fee_not_settled``) where an approved case costs something, nothing is paid or let off yet,
    and its center hands out results after that only."""
    if case.state is not CaseState.ISSUED or not office.reference.policy(case.center_id).flag("fees_before_delivery"):
        return
    item = office.reference.item(case.item_id, case.item_version)
    if any(fee.price_fen for fee in item.fees) and office.settled_bills.find_by_id(case.id) is None:
        raise Conflict("fee_not_settled", "该办件的费用尚未缴清，请申请人缴费（或依法减免）后再送达结果。", id=case.id)
