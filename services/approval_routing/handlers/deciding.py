"""Deciding a case (许可法 38; rules C10, L03)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Invalid
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import outcomes
from services.approval_routing.domain.access import behalf_of
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import Decision, Outcome
from services.approval_routing.domain.events import CaseDecided
from services.approval_routing.handlers.access import loaded, worker
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.office import Office
from services.approval_routing.handlers.work import MOST_WORDS

_TITLES = {
    (Outcome.APPROVED, True): "准予行政许可决定书",
    (Outcome.DENIED, True): "不予行政许可决定书",
    (Outcome.APPROVED, False): "准予办理决定书",
    (Outcome.DENIED, False): "不予办理决定书",
}


def decide_case(
    *,
    office: Office,
    call: Call,
    case_id: str,
    outcome: Outcome | None,
    reason: str,
    basis: str,
    expected_version: int,
) -> Case:
    """Decides at the last step: approved, or denied with reason, basis and the applicant's rights.

    What the site above decided is carried out: its reason and basis where none is given here, and its rights (许可法 43).

    Raises ``Invalid`` (``outcome_required``, ``denial_needs_reason_and_basis``), ``Conflict``
    (``not_deciding_step``, ``steps_not_passed``, ``denial_rights_missing``, ``step_not_claimed``, ``case_paused``,
    ``case_decided``), ``Forbidden``, ``NotFound``, ``Stale``.
    """
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    if outcome is None:
        raise Invalid("outcome_required", "请选择准予或者不予。", field="outcome")
    reason = clean(reason, field="reason", max_length=MOST_WORDS, required=False, multiline=True)
    basis = clean(basis, field="basis", max_length=MOST_WORDS, required=False, multiline=True)
    who, policy = worker(office, call), office.reference.policy(case.center_id)
    outcomes.may_decide(case, who, outcome, call.now)  # before a number is drawn
    behalf = behalf_of(case, who)
    above, denied = case.decided_above, outcome is Outcome.DENIED
    decision = Decision(
        outcome=outcome,
        reason=reason or (above.opinion if above and denied else ""),
        basis=basis or (above.basis if above and denied else ""),
        rights=((above and above.rights) or policy.text("denial_rights")) if denied else "",
        number=office.next_number("approval" if outcome is Outcome.APPROVED else "denial", case.center_id, call.now),
        decided_by_id=who.id,
        decided_by_name=who.name,
        decided_at=call.now,
        paper=office.paper(case, outcome.value, _TITLES[outcome, case.licence]),
        decided_for_id=case.steps[-1].assignee_id if behalf else "",
        decided_for_name=behalf,
    )
    calendar = office.reference.calendar(case.center_id)
    decided = outcomes.decide(case, who, decision, calendar, delivery_days=policy.integer("delivery_days"))
    saved = office.cases.save(decided, [CaseDecided(decided, on_behalf_of=behalf)], call)
    return recounting(office).by_the_present(call, saved, calendar)
