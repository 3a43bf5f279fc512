"""Working on steps: claim, release, pass, return, reject (rules C17, F12).

``step_key`` names the step where several run side by side and it isn't clear from who acts.
"""

from __future__ import annotations

from kit.call import Call
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import steps
from services.approval_routing.domain.access import behalf_of
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.events import (
    StepClaimed,
    StepPassed,
    StepRejected,
    StepReleased,
    StepReturned,
)
from services.approval_routing.handlers.access import loaded, worker
from services.approval_routing.handlers.office import Office
from services.approval_routing.handlers.sending import onward

#: An opinion or a reason, in characters.
MOST_WORDS = 2000


def claim_step(*, office: Office, call: Call, case_id: str, expected_version: int, step_key: str = "") -> Case:
    """Takes the open step: of two who try, one gets it.

    Raises ``Forbidden`` (``step_not_allowed``), ``Conflict`` (``step_taken``, ``case_paused``, ``case_decided``),
    ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    claimed = steps.claim(case, worker(office, call), now=call.now, step_key=step_key)
    return office.cases.save(claimed, [StepClaimed(claimed, acted_on(case, claimed))], call)


def release_step(*, office: Office, call: Call, case_id: str, expected_version: int, step_key: str = "") -> Case:
    """Gives a taken step back. Raises ``Conflict`` (``step_not_claimed``), ``Forbidden``, ``NotFound``, ``Stale``."""
    case = _case(office, call, case_id, expected_version)
    who = worker(office, call)
    released = steps.release(case, who, now=call.now, step_key=step_key)
    key = acted_on(case, released)
    return office.cases.save(released, [StepReleased(released, key, on_behalf_of=behalf_of(case, who, key))], call)


def pass_step(
    *, office: Office, call: Call, case_id: str, opinion: str, expected_version: int, step_key: str = ""
) -> Case:
    """Passes a taken step with an opinion. Raises ``Conflict`` (``step_not_claimed``, ``last_step_decides``),
    ``Forbidden``, ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    opinion = clean(opinion, field="opinion", max_length=MOST_WORDS, required=False, multiline=True)
    who = worker(office, call)
    passed = steps.pass_on(case, who, opinion=opinion, now=call.now, step_key=step_key)
    key = acted_on(case, passed)
    behalf = behalf_of(case, who, key)
    return onward(office, call, case, passed, lambda moved: StepPassed(moved, key, on_behalf_of=behalf))


def return_step(
    *,
    office: Office,
    call: Call,
    case_id: str,
    reason: str,
    expected_version: int,
    step_key: str = "",
    to_step: str = "",
) -> Case:
    """Sends the case back to the step before, or an earlier one, with a reason (rules C17).

    Raises ``Conflict`` (``step_not_claimed``, ``first_step_cannot_return``), ``Invalid`` without a reason
    (``return_target_required`` where it came from several steps, ``return_target_invalid``), ``Forbidden``, ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    reason = clean(reason, field="reason", max_length=MOST_WORDS, multiline=True)
    who = worker(office, call)
    returned = steps.send_back(case, who, reason=reason, now=call.now, step_key=step_key, to_step=to_step)
    key = acted_on(case, returned)
    behalf = behalf_of(case, who, key)
    return onward(office, call, case, returned, lambda moved: StepReturned(moved, key, reason, on_behalf_of=behalf))


def reject_step(
    *, office: Office, call: Call, case_id: str, reason: str, expected_version: int, step_key: str = ""
) -> Case:
    """Proposes denial to the deciding step.

    Raises ``Conflict`` (``step_not_claimed``, ``last_step_decides``), ``Invalid`` without a reason, ``Forbidden``,
    ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    reason = clean(reason, field="reason", max_length=MOST_WORDS, multiline=True)
    who = worker(office, call)
    rejected = steps.reject(case, who, reason=reason, now=call.now, step_key=step_key)
    key = acted_on(case, rejected)
    behalf = behalf_of(case, who, key)
    return onward(office, call, case, rejected, lambda moved: StepRejected(moved, key, on_behalf_of=behalf))


def _case(office: Office, call: Call, case_id: str, expected_version: int) -> Case:
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    return case


def acted_on(before: Case, after: Case) -> str:
    """The step that ran before and was changed."""
    pairs = zip(before.steps, after.steps, strict=True)
    return next((step.key for step, now in pairs if step.state.running and now != step), before.current_step)
