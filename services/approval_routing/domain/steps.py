"""Steps of a route: taken by one, passed on, sent back, or proposed for denial (rules C17; issue section 3).

Several may run side by side; ``step_key`` says which one is meant, where that isn't clear from who acts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.errors import Conflict, Forbidden
from services.approval_routing.domain.access import require_held, require_in_charge, require_running, require_unbiased
from services.approval_routing.domain.case import Case, StepState, with_step
from services.approval_routing.domain.changing import changed
from services.approval_routing.domain.conduct import require_conducted
from services.approval_routing.domain.route import advance, back_to, earlier, opened
from services.approval_routing.domain.worker import Worker

#: The opinion of who passes a step without words.
AGREED: Final = "同意"


def claim(case: Case, worker: Worker, *, now: datetime, step_key: str = "") -> Case:
    """Takes an open step; who saves first holds it (compare-and-set).

    Raises ``Forbidden`` (``step_not_allowed``) when role or department don't fit, (``recused``) who stays away; ``Conflict``
    (``step_taken``, ``case_paused``, ``case_decided``, ``step_key_required``).
    """
    position, step = require_running(
        case, step_key, lambda each: each.state is StepState.OPEN and each.may_be_taken_by(worker)
    )
    require_unbiased(case, worker)
    if not step.may_be_taken_by(worker):
        raise Forbidden("step_not_allowed", "该环节不属于您的岗位或者部门，不能认领。", step=step.key)
    if step.state is not StepState.OPEN:
        raise Conflict("step_taken", f"该环节已由{step.assignee_name}认领。", step=step.key)
    taken = changed(step, state=StepState.CLAIMED, assignee_id=worker.id, assignee_name=worker.name, claimed_at=now)
    return with_step(case, position, taken)


def release(case: Case, worker: Worker, *, now: datetime, step_key: str = "") -> Case:
    """Gives a taken step back; the department's chief may do it for somebody who is away.

    Raises ``Conflict`` (``step_not_claimed``), ``Forbidden`` (``step_not_yours``).
    """
    position, step = require_running(
        case,
        step_key,
        lambda each: each.held_by(worker) or (each.state is StepState.CLAIMED and worker.heads(each.department_key)),
    )
    if step.state is not StepState.CLAIMED:
        raise Conflict("step_not_claimed", "该环节尚未认领，无需退回。", step=step.key)
    require_in_charge(case, worker, step.key)
    return with_step(case, position, opened(step, now))


def pass_on(case: Case, worker: Worker, *, opinion: str, now: datetime, step_key: str = "") -> Case:
    """Passes a taken step with an opinion; what was only waiting for it opens.

    Raises ``Conflict`` (``last_step_decides``, and what ``conduct.require_conducted`` raises).
    """
    position, step = require_held(case, worker, step_key)
    _require_not_last(case, position)
    require_conducted(step, now)
    passed = changed(step.by(worker), state=StepState.PASSED, opinion=opinion or AGREED, done_at=now)
    return advance(with_step(case, position, passed), now)


def send_back(case: Case, worker: Worker, *, reason: str, now: datetime, step_key: str = "", to_step: str = "") -> Case:
    """Sends the case back to the step it came from, or to an earlier one, with a reason (rules C17).

    Raises ``Conflict`` (``first_step_cannot_return``; ``decided_above``: what the site above decided stands),
    ``Invalid`` (``return_target_required``, ``return_target_invalid``).
    """
    position, step = require_held(case, worker, step_key)
    before = earlier(case, position, to_step)
    if before is None:
        raise Conflict("first_step_cannot_return", "这是第一个环节，没有可退回的上一环节。", step=step.key)
    if case.steps[before].sent_up:
        raise Conflict("decided_above", "上级已作出决定，不能退回，请按上级决定办理。", step=case.steps[before].key)
    return back_to(case, position, before, reason, now)


def reject(case: Case, worker: Worker, *, reason: str, now: datetime, step_key: str = "") -> Case:
    """Proposes denial: the case goes to whoever decides it, at this site or above (许可法 43).

    What runs beside it is finished first, so that the applicant hears of everything at once (rules L02). What a
    department refuses of a joint case its lead merges (rules C19). Raises ``Conflict`` (``last_step_decides``).
    """
    position, step = require_held(case, worker, step_key)
    _require_not_last(case, position)
    rejected = changed(step.by(worker), state=StepState.REJECTED, opinion=reason, done_at=now)
    return advance(with_step(case, position, rejected), now)


def _require_not_last(case: Case, position: int) -> None:
    if position == len(case.steps) - 1:
        raise Conflict("last_step_decides", "这是最后一个环节，请作出准予或者不予的决定。", id=case.id)
