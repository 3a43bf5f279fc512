"""Steps in sequence: taken by one, passed on, sent back, or proposed for denial (rules C17; issue section 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.errors import Conflict, Forbidden
from services.approval_routing.domain.access import require_held, require_in_charge, require_running
from services.approval_routing.domain.case import Case, CaseStep, ClockPause, StepState, Worker, with_step
from services.approval_routing.domain.elsewhere import SENT_UP_STOP

#: The opinion of who passes a step without words.
AGREED: Final = "同意"


def opened(step: CaseStep, now: datetime) -> CaseStep:
    """The step as anybody entitled may take it; one that other sites do, as it goes there, once more."""
    there = step.elsewhere is not None
    return replace(
        step,
        state=StepState.ELSEWHERE if there else StepState.OPEN,
        assignee_id="",
        assignee_name="",
        opened_at=now,
        claimed_at=None,
        done_at=None,
        round=step.round + there,
        answer=None,
    )


def claim(case: Case, worker: Worker, *, now: datetime) -> Case:
    """Takes the open step; who saves first holds it (compare-and-set).

    Raises ``Forbidden`` (``step_not_allowed``) when role or department don't fit; ``Conflict`` (``step_taken``,
    ``case_paused``, ``case_decided``).
    """
    position, step = require_running(case)
    if not step.may_be_taken_by(worker):
        raise Forbidden("step_not_allowed", "该环节不属于您的岗位或者部门，不能认领。", step=step.key)
    if step.state is not StepState.OPEN:
        raise Conflict("step_taken", f"该环节已由{step.assignee_name}认领。", step=step.key)
    taken = replace(step, state=StepState.CLAIMED, assignee_id=worker.id, assignee_name=worker.name, claimed_at=now)
    return with_step(case, position, taken)


def release(case: Case, worker: Worker, *, now: datetime) -> Case:
    """Gives a taken step back; the department's chief may do it for somebody who is away.

    Raises ``Conflict`` (``step_not_claimed``), ``Forbidden`` (``step_not_yours``).
    """
    position, step = require_running(case)
    if step.state is not StepState.CLAIMED:
        raise Conflict("step_not_claimed", "该环节尚未认领，无需退回。", step=step.key)
    require_in_charge(case, worker)
    return with_step(case, position, opened(step, now))


def pass_on(case: Case, worker: Worker, *, opinion: str, now: datetime) -> Case:
    """Passes a taken step with an opinion; the next one opens. Raises ``Conflict`` (``last_step_decides``)."""
    position, step = require_held(case, worker)
    _require_not_last(case, position)
    passed = with_step(case, position, replace(step, state=StepState.PASSED, opinion=opinion or AGREED, done_at=now))
    return at_step(passed, position + 1, now)


def send_back(case: Case, worker: Worker, *, reason: str, now: datetime) -> Case:
    """Sends the case back to the step it came from, with a reason (rules C17).

    Raises ``Conflict`` (``first_step_cannot_return``; ``decided_above``: what the site above decided stands).
    """
    position, step = require_held(case, worker)
    before = done_before(case, position)
    if before is None:
        raise Conflict("first_step_cannot_return", "这是第一个环节，没有可退回的上一环节。", step=step.key)
    if case.steps[before].sent_up:
        raise Conflict("decided_above", "上级已作出决定，不能退回，请按上级决定办理。", step=case.steps[before].key)
    return back_to_before(case, position, before, reason, now)


def back_to_before(case: Case, position: int, before: int, reason: str, now: datetime) -> Case:
    """The step waits again, and an earlier one is worked on once more."""
    step, earlier = case.steps[position], case.steps[before]
    waiting = replace(step, state=StepState.WAITING, assignee_id="", assignee_name="", opened_at=None, claimed_at=None)
    reopened = replace(earlier, opinion="", return_reason=reason, returns=earlier.returns + 1)
    return at_step(with_step(with_step(case, position, waiting), before, reopened), before, now)


def reject(case: Case, worker: Worker, *, reason: str, now: datetime) -> Case:
    """Proposes denial: the case goes to whoever decides it, at this site or above (许可法 43).

    Raises ``Conflict`` (``last_step_decides``).
    """
    position, step = require_held(case, worker)
    _require_not_last(case, position)
    rejected = with_step(case, position, replace(step, state=StepState.REJECTED, opinion=reason, done_at=now))
    above = next((at for at in range(position + 1, len(case.steps)) if case.steps[at].sent_up), None)
    return at_step(rejected, len(case.steps) - 1 if above is None else above, now)


def done_before(case: Case, position: int) -> int | None:
    """The step that the case came from; None: there is none."""
    return next((at for at in range(position - 1, -1, -1) if case.steps[at].done), None)


def at_step(case: Case, position: int, now: datetime) -> Case:
    """The case at one of its steps, which opens, or goes to where it is done; what is sent up stops the clock here."""
    step = case.steps[position]
    if step.sent_up:
        stop = ClockPause(SENT_UP_STOP, 0, f"报送上级：{step.name}", now)
        case = replace(case, pauses=(*case.pauses, stop))
    return replace(with_step(case, position, opened(step, now)), current_step=step.key)


def _require_not_last(case: Case, position: int) -> None:
    if position == len(case.steps) - 1:
        raise Conflict("last_step_decides", "这是最后一个环节，请作出准予或者不予的决定。", id=case.id)
