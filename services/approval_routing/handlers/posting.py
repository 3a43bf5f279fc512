"""What says that a result arrived: the post's receipt, and that its holder opened it (签收; rules I02, I03; 许可法 44)."""

from __future__ import annotations

from datetime import date

from kit.actor import PUBLIC
from kit.call import Call
from kit.errors import Invalid
from kit.privacy import mask_name
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import posting
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import PostalReceipt
from services.approval_routing.domain.events import ResultDelivered, ResultOpened
from services.approval_routing.handlers.access import handing_out
from services.approval_routing.handlers.office import Office


def sign_off_post(
    *,
    office: Office,
    call: Call,
    case_id: str,
    signed_by: str,
    by_proxy: bool,
    signed_on: str,
    expected_version: int,
) -> Case:
    """The post's receipt is back: delivered on the day that it names, to whom it names, kept masked (许可法 44; rules I03).

    Raises ``Conflict`` (``not_posted``), ``Invalid`` (``signed_on_invalid``, ``text_required``), ``Forbidden``, ``Stale``.
    """
    case = handing_out(office, call, case_id)
    check_version(case, expected_version)
    posting.require_posted(case)
    name = clean(signed_by, field="signed_by", max_length=100)
    try:
        day = date.fromisoformat(signed_on)
    except ValueError as error:
        raise Invalid("signed_on_invalid", "请按签收回执填写签收日期（年-月-日）。", field="signed_on") from error
    receipt = PostalReceipt(mask_name(name), by_proxy, day, call.actor.name, call.now)
    signed = posting.sign_off(case, receipt)
    return office.cases.save(signed, [ResultDelivered(signed)], call)


def confirm_opened(office: Office, call: Call, case: Case) -> None:
    """Who holds the code has opened what was delivered electronically: kept the first time (rules I02).

    Staff who look at it by the code open nothing. Raises ``Stale``.
    """
    by_holder = call.actor.id == PUBLIC.id or call.actor.has("citizen")
    opened = posting.opened(case, call.now) if by_holder else None
    if opened is not None:
        office.cases.save(opened, [ResultOpened(opened)], call)
