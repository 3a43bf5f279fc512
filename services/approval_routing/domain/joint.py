"""Parts of a joint case that its lead needn't wait for, by the item's rule (联办; rules C19; facts 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict, Forbidden
from services.approval_routing.domain.access import require_running
from services.approval_routing.domain.case import Case, CaseStep, MergeRule, StepKind, StepState, with_step
from services.approval_routing.domain.route import advance
from services.approval_routing.domain.worker import Worker


def commit_part(case: Case, worker: Worker, *, reason: str, now: datetime, step_key: str = "") -> Case:
    """The applicant's written commitment stands for a part: said by who does it, or the head of its department or the lead's.

    Raises ``Conflict`` (``commitment_not_enough`` where the item waits for all; ``not_a_part``), ``Forbidden``.
    """
    position, step = _part(case, step_key)
    if case.merge_rule is not MergeRule.COMMITMENTS:
        raise Conflict("commitment_not_enough", "该事项的联办规则不允许以承诺代替协办，请等待协办部门办结。")
    if not (step.held_by(worker) or worker.heads(step.department_key) or worker.heads(case.department_key)):
        raise Forbidden("step_not_yours", "只有该分项的办理人、部门首席代表或者主办部门首席代表可以这样做。")
    return _settled(case, position, step, StepState.COMMITTED, worker, reason, now)


def waive_part(case: Case, worker: Worker, *, reason: str, now: datetime, step_key: str = "") -> Case:
    """The lead goes on without a part: decided by the head of its department.

    Raises ``Conflict`` (``lead_must_wait`` where the item waits; ``not_a_part``), ``Forbidden`` (``lead_only``).
    """
    position, step = _part(case, step_key)
    if case.merge_rule is not MergeRule.LEAD:
        raise Conflict("lead_must_wait", "该事项的联办规则要求等待协办部门办结，主办部门不能自行决定。")
    if not worker.heads(case.department_key):
        raise Forbidden("lead_only", "只有主办部门的首席代表可以决定不再等待协办。")
    return _settled(case, position, step, StepState.WAIVED, worker, reason, now)


def _part(case: Case, step_key: str) -> tuple[int, CaseStep]:
    position, step = require_running(case, step_key, lambda each: each.kind is StepKind.PART)
    if step.kind is not StepKind.PART:
        raise Conflict("not_a_part", f"环节“{step.name}”不是联办分项。", step=step.key)
    return position, step


def _settled(
    case: Case, position: int, step: CaseStep, state: StepState, worker: Worker, reason: str, now: datetime
) -> Case:
    settled = replace(
        step,
        state=state,
        assignee_id=worker.id,
        assignee_name=worker.name,
        stand_in_id="",
        stand_in_name="",
        opinion=reason,
        done_at=now,
    )
    return advance(with_step(case, position, settled), now)
