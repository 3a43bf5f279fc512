"""Opening, deciding, issuing, delivering (许可法 38, 44; rules C10, I01–I03, L03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from kit.errors import Conflict, Invalid
from kit.workdays import Calendar, Limit
from services.approval_routing.domain.access import require_held
from services.approval_routing.domain.case import Case, CaseState, CaseStep, MergeRule, StepState, with_step
from services.approval_routing.domain.clock import with_deadlines
from services.approval_routing.domain.conduct import require_conducted
from services.approval_routing.domain.decision import (
    CaseResult,
    Decision,
    DeliveryMethod,
    DeliverySlip,
    Outcome,
    PaperFields,
)
from services.approval_routing.domain.pick_up import PickUp
from services.approval_routing.domain.route import advance, unpassed
from services.approval_routing.domain.validity import Validity
from services.approval_routing.domain.worker import Worker


@dataclass(frozen=True, slots=True)
class AcceptedApplication:
    """What a case needs to know of the application that it comes from."""

    id: str
    number: str
    center_id: str
    item_id: str
    item_version: int
    item_name: str
    department_key: str
    item_kind: str
    accepted_at: datetime
    applicant_masked: str
    journey: str
    code: str
    delivery: str
    responsible_staff_id: str
    responsible_staff_name: str
    #: The visit's number; empty when it was handed in online.
    ticket_id: str = ""
    #: The window that took it in; empty when none did.
    window_number: str = ""
    #: What the applicant answered, by field: conditional steps depend on it.
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: When it was handed in; None: not known.
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """What a case takes from its item version, and keeps (rules AB02)."""

    steps: tuple[CaseStep, ...]
    promised: Limit
    statutory: Limit | None
    special_procedures: tuple[str, ...]
    result_name: str
    licence: bool
    merge_rule: MergeRule = MergeRule.ALL


def open_case(application: AcceptedApplication, terms: ItemTerms, calendar: Calendar, *, now: datetime) -> Case:
    """An accepted application becomes a case; its clocks run from the acceptance (许可法 42).

    An item without steps is done by the department's chief alone (rules AA03).
    """
    steps = terms.steps or (CaseStep("decide", "办理", "chief", application.department_key),)
    immediate = application.item_kind == "immediate"
    case = Case(
        id=application.id,
        number=application.number,
        center_id=application.center_id,
        item_id=application.item_id,
        item_version=application.item_version,
        item_name=application.item_name,
        department_key=application.department_key,
        item_kind=application.item_kind,
        licence=terms.licence,
        state=CaseState.IN_PROGRESS,
        steps=steps,
        current_step="",
        accepted_at=application.accepted_at,
        opened_at=now,
        promised=Limit.same_day(terms.promised.basis) if immediate else terms.promised,
        statutory=terms.statutory,
        special_procedures=terms.special_procedures,
        result_name=terms.result_name,
        applicant_masked=application.applicant_masked,
        journey=application.journey,
        code=application.code,
        delivery=application.delivery,
        responsible_staff_id=application.responsible_staff_id,
        responsible_staff_name=application.responsible_staff_name,
        ticket_id=application.ticket_id,
        window_number=application.window_number,
        merge_rule=terms.merge_rule,
    )
    return with_deadlines(advance(case, now), calendar)


def may_decide(case: Case, worker: Worker, outcome: Outcome, now: datetime) -> None:
    """Checks a decision before its number is drawn.

    Raises ``Conflict``: not at the last step (``not_deciding_step``), an approval over a step that wasn't passed
    (``steps_not_passed``), paused or decided, another outcome than the site above's (``decided_above``), a denial of a
    renewal that counts as granted (``renewal_deemed``, 许可法 50); ``Forbidden`` for others than who holds the step.
    """
    position, step = require_held(case, worker)
    if position != len(case.steps) - 1:
        raise Conflict("not_deciding_step", "只有最后一个环节可以作出决定，请先通过本环节。", step=step.key)
    if outcome is Outcome.APPROVED:
        require_conducted(step, now)
    if outcome is Outcome.DENIED and case.renewal is not None and case.renewal.deemed(now):
        until = case.renewal.valid_until
        message = f"原证照有效期已于 {until} 届满，逾期未作决定的视为准予延续，不能再作出不予决定，请办理延续。"
        raise Conflict("renewal_deemed", message, id=case.id)
    above = case.decided_above
    if above is not None and above.outcome is not outcome:
        said = "准予" if above.outcome is Outcome.APPROVED else "不予"
        raise Conflict("decided_above", f"上级已决定{said}，请按上级决定办理。", step=step.key)
    if outcome is Outcome.APPROVED and (missing := unpassed(case)):
        names = "、".join(each.name for each in missing)
        raise Conflict("steps_not_passed", f"以下环节没有通过：{names}。准予前请退回办理。", steps=names)


def decide(case: Case, worker: Worker, decision: Decision, calendar: Calendar, *, delivery_days: int) -> Case:
    """Decides at the last step; the second clock, to delivery, begins (许可法 38, 44; rules C10, L03).

    Raises what ``may_decide`` raises; ``Invalid`` when a denial lacks reason or basis
    (``denial_needs_reason_and_basis``); ``Conflict`` when the center has no rights text (``denial_rights_missing``).
    """
    may_decide(case, worker, decision.outcome, decision.decided_at)
    denied = decision.outcome is Outcome.DENIED
    if denied and not (decision.reason and decision.basis):
        raise Invalid("denial_needs_reason_and_basis", "不予决定必须写明理由和依据。")
    if denied and not decision.rights:
        raise Conflict("denial_rights_missing", "不予决定必须告知救济途径，请联系管理员补全中心设置后再出具。")
    last = len(case.steps) - 1
    opinion = decision.reason or ("不予办理" if denied else "同意")
    done = replace(case.steps[last].by(worker), state=StepState.PASSED, opinion=opinion, done_at=decision.decided_at)
    decided = replace(
        with_step(case, last, done),
        state=CaseState.DENIED if denied else CaseState.APPROVED,
        current_step="",
        decision=decision,
        delivery_days=delivery_days,
    )
    return with_deadlines(decided, calendar)


def issue_result(
    case: Case, *, number: str, now: datetime, validity: Validity | None = None, paper: PaperFields | None = None
) -> Case:
    """Makes the result of an approved case (出件). Raises ``Conflict`` (``case_not_approved``)."""
    require_approved(case)
    result = CaseResult(case.result_name, number, now, validity=validity, paper=paper)
    return replace(case, state=CaseState.ISSUED, result=result)


def require_approved(case: Case) -> None:
    """Raises ``Conflict`` (``case_not_approved``) unless its result is to be made."""
    if case.state is not CaseState.APPROVED:
        raise Conflict("case_not_approved", "只有准予后尚未出件的办件可以出件。", id=case.id, state=case.state.value)


def deliver(
    case: Case,
    *,
    method: DeliveryMethod,
    received_by: str,
    tracking_number: str,
    now: datetime,
    pick_up: PickUp | None = None,
    slip: DeliverySlip | None = None,
) -> Case:
    """Hands the result, or the denial, to the applicant (送达; rules I01–I03).

    Raises ``Conflict`` (``nothing_to_deliver``); ``Invalid`` when it isn't said who took it at a window
    (``receiver_required``), or under which number it was posted (``tracking_number_required``).
    """
    result = to_be_delivered(case)
    if method is DeliveryMethod.WINDOW and not received_by:
        raise Invalid("receiver_required", "窗口领取须登记领取人。", field="received_by")
    if method is DeliveryMethod.POST and not tracking_number:
        raise Invalid("tracking_number_required", "邮寄送达须登记快递单号。", field="tracking_number")
    delivered = replace(
        result,
        method=method.value,
        delivered_at=now,
        received_by=received_by,
        tracking_number=tracking_number,
        pick_up=pick_up,
        slip=slip,
    )
    return replace(case, state=CaseState.DELIVERED, result=delivered)


def return_result(case: Case, *, reason: str) -> Case:
    """Gives a result that couldn't be delivered back to the department (rules I03).

    Raises ``Conflict`` (``nothing_to_deliver``), ``Invalid`` without a reason.
    """
    result = to_be_delivered(case)
    if not reason:
        raise Invalid("text_required", "请写明不能送达的原因。", field="reason")
    return replace(case, state=CaseState.UNDELIVERED, result=result, return_reason=reason)


def to_be_delivered(case: Case) -> CaseResult:
    """What waits for its applicant. Raises ``Conflict`` (``nothing_to_deliver``)."""
    if case.state is CaseState.ISSUED and case.result is not None:
        return case.result
    if case.state is CaseState.DENIED and case.decision is not None:
        decision = case.decision
        return CaseResult(decision.paper.title, decision.number, decision.decided_at)
    raise Conflict("nothing_to_deliver", "该办件没有待送达的结果，请先出件。", id=case.id, state=case.state.value)
