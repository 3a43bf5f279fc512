"""Issuing and delivering results (出件、送达; rules I01–I05; 许可法 44)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Invalid
from kit.privacy import mask_name
from kit.store.port import Mark
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import outcomes
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.decision import DeliveryMethod
from services.approval_routing.domain.events import ResultDelivered, ResultIssued, ResultUndelivered
from services.approval_routing.handlers.access import handing_out
from services.approval_routing.handlers.charges import require_settled
from services.approval_routing.handlers.licences import validity_of
from services.approval_routing.handlers.office import Office
from services.approval_routing.queries.papers import result_original


def issue_result(*, office: Office, call: Call, case_id: str, expected_version: int) -> Case:
    """Makes the result of an approved case. Raises ``Conflict`` (``case_not_approved``), ``Forbidden``, ``Stale``."""
    case = handing_out(office, call, case_id)
    check_version(case, expected_version)
    outcomes.require_approved(case)  # before a number is drawn
    validity = validity_of(office, case, call.now)
    number = office.next_number("result", case.center_id, call.now)
    paper = office.paper(case, "result", case.result_name, call.actor)
    issued = outcomes.issue_result(case, number=number, now=call.now, validity=validity, paper=paper)
    return office.cases.save(issued, [ResultIssued(issued)], call)


def deliver_result(
    *,
    office: Office,
    call: Call,
    case_id: str,
    method: str,
    received_by: str,
    tracking_number: str,
    expected_version: int,
) -> Case:
    """Hands the result, or the denial, to the applicant; who took it is kept masked (convention 13).

    Raises ``Conflict`` (``nothing_to_deliver``, ``fee_not_settled``), ``Invalid`` (``delivery_method_unknown``,
    ``receiver_required``,
    ``tracking_number_required``), ``Forbidden``, ``Stale``; ``Unavailable`` when an electronic certificate can't be made.
    """
    case = handing_out(office, call, case_id)
    check_version(case, expected_version)
    if method not in tuple(DeliveryMethod):
        raise Invalid(
            "delivery_method_unknown",
            "送达方式应为 window（窗口领取）、post（邮寄）或 electronic（电子送达）。",
            field="method",
        )
    require_settled(office, case)
    received_by = clean(received_by, field="received_by", max_length=100, required=False)
    tracking_number = clean(tracking_number, field="tracking_number", max_length=60, required=False)
    delivered = outcomes.deliver(
        case,
        method=DeliveryMethod(method),
        received_by=mask_name(received_by),
        tracking_number=tracking_number,
        now=call.now,
    )
    if method == DeliveryMethod.ELECTRONIC and case.state is CaseState.ISSUED:
        # What the holder opens by their code from now on; nothing is delivered that isn't there.
        result_original(office, call, case)
    return office.cases.save(delivered, [ResultDelivered(delivered)], call)


def deliver_elsewhere(*, office: Office, call: Call, case_id: str, received_by: str, mark: Mark) -> None:
    """The collecting center gave the result to the applicant (rules P01): the case is closed by its owner, here.

    One that was delivered before stays as it is. Raises ``AlreadyApplied``, ``Stale``, ``NotFound``, ``Conflict``
    (``nothing_to_deliver``).
    """
    case = office.cases.get(case_id)
    if case.state is CaseState.DELIVERED:
        return
    delivered = outcomes.deliver(
        case, method=DeliveryMethod.WINDOW, received_by=received_by, tracking_number="", now=call.now
    )
    office.cases.save(delivered, [ResultDelivered(delivered)], call, mark=mark)


def return_result(*, office: Office, call: Call, case_id: str, reason: str, expected_version: int) -> Case:
    """Gives what couldn't be delivered back to the department (rules I03).

    Raises ``Conflict`` (``nothing_to_deliver``), ``Invalid`` without a reason, ``Forbidden``, ``Stale``.
    """
    case = handing_out(office, call, case_id)
    check_version(case, expected_version)
    reason = clean(reason, field="reason", max_length=500, multiline=True)
    returned = outcomes.return_result(case, reason=reason)
    return office.cases.save(returned, [ResultUndelivered(returned, reason)], call)
