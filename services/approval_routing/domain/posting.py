"""What goes by post, and what says that it arrived; what is sent electronically, and that it was opened (rules I02, I03).

The post's receipt is what says when a result was delivered (许可法 44), so the second clock goes on until then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from kit.errors import Conflict, Invalid
from kit.workdays import local_date, local_instant
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.decision import DeliveryMethod, DeliverySlip, PostalReceipt
from services.approval_routing.domain.outcomes import require_tracked, to_be_delivered


def post(case: Case, *, tracking_number: str, now: datetime, slip: DeliverySlip) -> Case:
    """Gives the result, or the denial, to the post (rules I02).

    Raises ``Conflict`` (``nothing_to_deliver``), ``Invalid`` without its number (``tracking_number_required``).
    """
    result = to_be_delivered(case)
    require_tracked(tracking_number)
    sent = replace(
        result,
        method=DeliveryMethod.POST.value,
        posted_at=now,
        tracking_number=tracking_number,
        received_by="",
        pick_up=None,
        slip=slip,
    )
    return replace(case, state=CaseState.POSTED, result=sent)


def require_posted(case: Case) -> None:
    """Raises ``Conflict`` (``not_posted``) unless it is on its way by post."""
    if case.state is not CaseState.POSTED:
        message = "该办件没有寄出待签收的结果，请先登记邮寄送达。"
        raise Conflict("not_posted", message, id=case.id, state=case.state.value)


def sign_off(case: Case, receipt: PostalReceipt) -> Case:
    """The post gave it to somebody: delivered on the day that its receipt names (许可法 44).

    Raises ``Conflict`` (``not_posted``), ``Invalid``: a day before it was posted or still to come (``signed_on_invalid``),
    nobody named (``receiver_required``).
    """
    require_posted(case)
    assert case.result is not None  # noqa: S101 - it was posted
    assert case.result.posted_at is not None  # noqa: S101 - it was posted
    if not receipt.signed_by:
        raise Invalid("receiver_required", "请登记签收人。", field="signed_by")
    require_between(receipt.signed_on, case.result.posted_at, receipt.recorded_at)
    delivered_at = max(case.result.posted_at, local_instant(receipt.signed_on))
    result = replace(case.result, delivered_at=delivered_at, received_by=receipt.signed_by, receipt=receipt)
    return replace(case, state=CaseState.DELIVERED, result=result)


def require_between(day: date, posted_at: datetime, now: datetime) -> None:
    """Raises ``Invalid`` (``signed_on_invalid``) for a day before it was posted, or still to come."""
    if not local_date(posted_at) <= day <= local_date(now):
        message = f"签收日期应在寄出日期（{local_date(posted_at)}）和今天之间，请按签收回执填写。"
        raise Invalid("signed_on_invalid", message, field="signed_on")


def received_elsewhere(case: Case, *, received_by: str, now: datetime) -> Case:
    """Posted to the place that collected it, which has handed it out (rules P01). Raises ``Conflict`` (``not_posted``)."""
    require_posted(case)
    assert case.result is not None  # noqa: S101 - it was posted
    return replace(
        case, state=CaseState.DELIVERED, result=replace(case.result, delivered_at=now, received_by=received_by)
    )


def opened(case: Case, now: datetime) -> Case | None:
    """Its holder opened what was delivered electronically; None where that is known already, or it went another way."""
    result = case.result
    if case.state is not CaseState.DELIVERED or result is None or result.opened_at is not None:
        return None
    if result.method != DeliveryMethod.ELECTRONIC.value:
        return None
    return replace(case, result=replace(result, opened_at=now))
