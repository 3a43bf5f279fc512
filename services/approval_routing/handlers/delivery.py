"""Issuing and delivering results (出件、送达; rules I01–I05; 许可法 44)."""

from __future__ import annotations

from dataclasses import replace

from kit.call import Call
from kit.errors import Invalid
from kit.id_numbers import checked_id_number
from kit.privacy import mask_id, mask_name
from kit.store.port import Mark
from kit.store.repository import check_version
from kit.text import clean
from kit.workdays import local_date
from reference.papers.autograph import keep_autograph
from services.approval_routing.domain import outcomes
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.decision import DeliveryMethod, DeliverySlip
from services.approval_routing.domain.events import ResultDelivered, ResultIssued, ResultUndelivered
from services.approval_routing.domain.pick_up import Demand, IdentityCheck, PickUp, Taker, require_demanded
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
    taker: Taker,
) -> Case:
    """Hands the result, or the denial, to the applicant; who took it is kept masked (convention 13).

    At a window nothing is given without what the center demands. What is handed out or posted gets its slip (送达回证).
    Raises ``Conflict`` (``nothing_to_deliver``, ``fee_not_settled``), ``Invalid`` (``delivery_method_unknown``,
    ``receiver_required``, ``tracking_number_required``, and as ``pick_up.require_demanded``), ``Forbidden``, ``Stale``;
    ``Unavailable`` when an electronic certificate can't be made.
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
    outcomes.to_be_delivered(case)
    received_by = clean(received_by, field="received_by", max_length=100, required=False)
    tracking_number = clean(tracking_number, field="tracking_number", max_length=60, required=False)
    if method == DeliveryMethod.WINDOW and not received_by:
        outcomes.deliver(case, method=DeliveryMethod.WINDOW, received_by="", tracking_number="", now=call.now)
    pick_up = _picked_up(office, call, case, taker) if method == DeliveryMethod.WINDOW else None
    delivered = outcomes.deliver(
        case,
        method=DeliveryMethod(method),
        received_by=mask_name(received_by),
        tracking_number=tracking_number,
        now=call.now,
        pick_up=pick_up,
        slip=None if method == DeliveryMethod.ELECTRONIC else _slip(office, call, case),
    )
    if method == DeliveryMethod.ELECTRONIC and case.state is CaseState.ISSUED:
        # What the holder opens by their code from now on; nothing is delivered that isn't there.
        result_original(office, call, case)
    return office.cases.save(delivered, [ResultDelivered(delivered)], call)


def _picked_up(office: Office, call: Call, case: Case, taker: Taker) -> PickUp:
    """Who takes it, as it is kept: the number masked, the signature's file durable. Raises ``Invalid``."""
    demanded = [str(each) for each in office.reference.policy(case.center_id).data("pick_up_demands")]
    if taker.check and taker.check not in tuple(IdentityCheck):
        message = "核验方式应为 card_reader（读卡）、seen（当面核验）或 other（其他）。"
        raise Invalid("identity_check_unknown", message, field="taker.check")
    number = ""
    if taker.id_number:
        number = checked_id_number(taker.id_type, taker.id_number, local_date(call.now), prefix="taker")
    known = PickUp(
        by_agent=taker.by_agent,
        id_type=taker.id_type if number else "",
        id_number=mask_id(number),
        check=taker.check if number else "",
        authority=clean(taker.authority, field="taker.authority", max_length=200, required=False),
        given_by=call.actor.name,
    )
    require_demanded(known, [each for each in demanded if each != Demand.SIGNATURE])
    if taker.signature:
        kept = keep_autograph(office.shelf.blobs, taker.signature)
        known = replace(known, signature_sha256=kept.sha256, signature_type=kept.media_type)
    require_demanded(known, demanded)
    return known


def _slip(office: Office, call: Call, case: Case) -> DeliverySlip:
    """The slip of what is handed out or posted now."""
    number = office.next_number("delivery_slip", case.center_id, call.now)
    return DeliverySlip(number, call.now, call.actor.name, office.paper(case, "delivery_slip", "送达回证", call.actor))


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
