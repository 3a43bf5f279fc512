"""Officers who have an interest in a case stay away from it (回避): they ask and their chief decides, or the chief imposes it.

Who asked stays away until it is decided; a chief's own request holds at once (our own choice).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict, Forbidden, Invalid
from services.approval_routing.domain.access import require_undecided
from services.approval_routing.domain.case import Case, StepState, with_step
from services.approval_routing.domain.records import Recusal, RecusalState
from services.approval_routing.domain.route import located, opened, running
from services.approval_routing.domain.worker import Worker


def step_aside(case: Case, worker: Worker, *, reason: str, now: datetime) -> Case:
    """They ask to take no more part in the case; a step that they hold goes back to the list.

    Raises ``Conflict`` (``already_recused``, ``case_decided``), ``Invalid`` without a reason, ``Forbidden``
    (``department_not_allowed``) for who has nothing to do with it.
    """
    state = RecusalState.GRANTED if worker.heads(worker.department) else RecusalState.REQUESTED
    return _away(case, worker, reason, state, None, now)


def impose(case: Case, chief: Worker, staff: Worker, *, reason: str, now: datetime) -> Case:
    """The chief keeps somebody of the department away from the case.

    Raises what ``step_aside`` raises, ``Forbidden`` (``chief_only``).
    """
    _require_chief(chief, staff.department, staff.id)
    return _away(case, staff, reason, RecusalState.GRANTED, chief, now)


def decide(case: Case, chief: Worker, *, staff_id: str, granted: bool, opinion: str, now: datetime) -> Case:
    """The chief's word on a request; who is refused may work on the case again.

    Raises ``Conflict`` (``recusal_not_requested``, ``case_decided``), ``Invalid`` on a refusal without words, ``Forbidden``
    (``chief_only``).
    """
    require_undecided(case)
    asked = [at for at, each in enumerate(case.recusals) if _waits(each) and each.staff_id == staff_id]
    if not asked:
        raise Conflict("recusal_not_requested", "没有等待决定的回避申请，请刷新后核对。", id=case.id)
    place = asked[0]
    _require_chief(chief, case.recusals[place].department_key, staff_id)
    if not granted and not opinion:
        raise Invalid("text_required", "不同意回避的，请写明理由。", field="opinion")
    said = replace(
        case.recusals[place],
        state=RecusalState.GRANTED if granted else RecusalState.REFUSED,
        decided_by_id=chief.id,
        decided_by_name=chief.name,
        decided_at=now,
        opinion=opinion,
    )
    return replace(case, recusals=(*case.recusals[:place], said, *case.recusals[place + 1 :]))


def hand_on(case: Case, staff_id: str, successor: Worker, *, now: datetime) -> Case:
    """What somebody who stays away had taken is taken by another, if it waits still.

    Raises ``Forbidden`` (``step_not_allowed``, ``recused``), ``Conflict`` (``nothing_to_hand_on``).
    """
    if case.bars(successor):
        raise Forbidden("recused", f"{successor.name}已在该办件中回避，请改派其他人员。", id=case.id)
    left = next((each.steps for each in reversed(case.recusals) if each.staff_id == staff_id), ())
    waiting = [(at, step) for at, step in running(case) if step.key in left and step.state is StepState.OPEN]
    if not waiting:
        raise Conflict("nothing_to_hand_on", "其名下没有待改派的环节，请留空改派人员。", id=case.id)
    for at, step in waiting:
        if not step.may_be_taken_by(successor):
            raise Forbidden(
                "step_not_allowed", f"环节“{step.name}”不属于{successor.name}的岗位或者部门。", step=step.key
            )
        taken = replace(
            step, state=StepState.CLAIMED, assignee_id=successor.id, assignee_name=successor.name, claimed_at=now
        )
        case = with_step(case, at, taken)
    return located(case)


def _away(
    case: Case, staff: Worker, reason: str, state: RecusalState, imposed_by: Worker | None, now: datetime
) -> Case:
    require_undecided(case)
    if staff.department not in case.departments:
        raise Forbidden("department_not_allowed", "该业务由其他部门办理，无需回避。", department=staff.department)
    if not reason:
        raise Invalid("text_required", "请写明回避的理由。", field="reason")
    if case.bars(staff):
        raise Conflict("already_recused", f"{staff.name}已在该办件中回避。", id=case.id)
    steps, left = list(case.steps), []
    for at, step in running(case):
        if step.state is StepState.CLAIMED and step.assignee_id == staff.id:
            steps[at] = opened(step, now)
            left.append(step.key)
    away = Recusal(
        staff.id,
        staff.name,
        reason,
        now,
        state=state,
        department_key=staff.department,
        steps=tuple(left),
        imposed_by_id=imposed_by.id if imposed_by else "",
        imposed_by_name=imposed_by.name if imposed_by else "",
    )
    return located(replace(case, steps=tuple(steps), recusals=(*case.recusals, away)))


def _waits(recusal: Recusal) -> bool:
    return recusal.state is RecusalState.REQUESTED


def _require_chief(chief: Worker, department: str, staff_id: str) -> None:
    if not chief.heads(department) or chief.id == staff_id:
        raise Forbidden("chief_only", "回避由该人员所在部门的首席代表决定。", department=department)
