"""Which step somebody may act on, and whether the case lets them."""

from __future__ import annotations

from kit.errors import Conflict, Forbidden
from services.approval_routing.domain.case import Case, CaseState, CaseStep, StepState, Worker


def require_running(case: Case) -> tuple[int, CaseStep]:
    """The current step of a case that is worked on.

    Raises ``Conflict``: paused (``case_paused``), decided (``case_decided``), at another site (``step_elsewhere``).
    """
    if case.state is CaseState.PAUSED:
        raise Conflict("case_paused", "该办件正在特别程序中，已暂停计时，请先恢复。", id=case.id)
    require_undecided(case)
    require_here(case)
    position = case.position
    if position is None:
        raise Conflict("case_decided", "该办件没有待办环节。", id=case.id)
    return position, case.steps[position]


def require_here(case: Case) -> None:
    """Raises ``Conflict`` (``step_elsewhere``) while other sites do the current step."""
    step = case.current
    if step is not None and step.state is StepState.ELSEWHERE:
        raise Conflict(
            "step_elsewhere", f"环节“{step.name}”正由其他站点办理，请等待答复或催办。", id=case.id, step=step.key
        )


def require_undecided(case: Case) -> None:
    """Raises ``Conflict`` (``case_decided``) once it is decided."""
    if not case.state.undecided:
        raise Conflict("case_decided", "该办件已作出决定，不能再改动。", id=case.id, state=case.state.value)


def require_held(case: Case, worker: Worker) -> tuple[int, CaseStep]:
    """The current step, taken by this worker. Raises ``Conflict`` (``step_not_claimed``), ``Forbidden``."""
    position, step = require_running(case)
    if step.state is not StepState.CLAIMED:
        raise Conflict("step_not_claimed", "请先认领该环节再办理。", id=case.id, step=step.key)
    if step.assignee_id != worker.id:
        raise Forbidden("step_not_yours", f"该环节由{step.assignee_name}办理，您不能代为处理。", step=step.key)
    return position, step


def require_in_charge(case: Case, worker: Worker) -> CaseStep:
    """The current step, held by this worker or belonging to the department that they head. Raises ``Forbidden``."""
    step = case.current
    if step is None or not (
        (step.state is StepState.CLAIMED and step.assignee_id == worker.id) or worker.heads(step.department_key)
    ):
        raise Forbidden("step_not_yours", "只有该环节的办理人或者部门首席代表可以这样做。", id=case.id)
    return step
