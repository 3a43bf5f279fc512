"""Deciding a case (许可法 38; rules C10, L03)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict, Invalid
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
    ``case_decided``; ``denial_report_missing``, rules C18), ``Forbidden``, ``NotFound``, ``Stale``; ``Unavailable`` while
    intake can't say whether a denial was reported.
    """
    report_id = _reported(office, call, case_id) if outcome is Outcome.DENIED else ""
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
        paper=office.paper(case, outcome.value, _TITLES[outcome, case.licence], call.actor),
        decided_for_id=case.steps[-1].assignee_id if behalf else "",
        decided_for_name=behalf,
        denial_report_id=report_id,
    )
    calendar = office.reference.calendar(case.center_id)
    decided = outcomes.decide(case, who, decision, calendar, delivery_days=policy.integer("delivery_days"))
    saved = office.cases.save(decided, [CaseDecided(decided, on_behalf_of=behalf)], call)
    return recounting(office).by_the_present(call, saved, calendar)


def _reported(office: Office, call: Call, case_id: str) -> str:
    """The report that a denial of a case rests on; empty where its center asks for none, or the site above has decided.

    Asked before the case is loaded to be changed. Raises ``Conflict`` (``denial_report_missing``,
    ``denial_report_undecided``), ``NotFound``, ``Forbidden``, ``Unavailable``.
    """
    case = loaded(office, call, case_id)
    if case.decided_above is not None or not office.reference.policy(case.center_id).flag("denial_needs_report"):
        return ""
    report = office.denial_reports.newest(case.center_id, case.id, token=call.token)
    if report is None:
        message = "本中心实行否定事项报备制：请先报备，经逐级审核认定不能办理后，再作出不予决定。"
        raise Conflict("denial_report_missing", message, id=case.id)
    if not report.confirmed:
        message = (
            "该办件的报备尚未被认定为不能办理，不能作出不予决定：请等待审核；认为应当办理的，请按审核意见继续办理。"
        )
        raise Conflict("denial_report_undecided", message, id=case.id, report=report.id)
    return report.id
