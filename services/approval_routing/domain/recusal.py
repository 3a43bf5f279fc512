"""Staff who have an interest in a case stay away from it (回避; our own choice: they say so, or their chief does)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict, Forbidden, Invalid
from services.approval_routing.domain.access import require_undecided
from services.approval_routing.domain.case import Case, Recusal, StepState
from services.approval_routing.domain.route import located, opened, running
from services.approval_routing.domain.worker import Worker


def step_aside(case: Case, worker: Worker, *, reason: str, now: datetime) -> Case:
    """They take no more part in the case; a step that they hold goes back to the list.

    Raises ``Conflict`` (``already_recused``, ``case_decided``), ``Invalid`` without a reason, ``Forbidden``
    (``department_not_allowed``) for who has nothing to do with it.
    """
    require_undecided(case)
    if worker.department not in case.departments:
        raise Forbidden("department_not_allowed", "该业务由其他部门办理，无需申请回避。", department=worker.department)
    if not reason:
        raise Invalid("text_required", "请写明回避的理由。", field="reason")
    if case.bars(worker):
        raise Conflict("already_recused", "您已在该办件中回避。", id=case.id)
    steps = list(case.steps)
    for at, step in running(case):
        if step.state is StepState.CLAIMED and step.assignee_id == worker.id:
            steps[at] = opened(step, now)
    away = Recusal(worker.id, worker.name, reason, now)
    return located(replace(case, steps=tuple(steps), recusals=(*case.recusals, away)))
