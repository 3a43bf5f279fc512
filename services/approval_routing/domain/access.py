"""Which step somebody may act on, and whether the case lets them."""

from __future__ import annotations

from collections.abc import Callable

from kit.errors import Conflict, Forbidden
from services.approval_routing.domain.case import Case, CaseState, CaseStep, StepState
from services.approval_routing.domain.route import chosen, running
from services.approval_routing.domain.worker import Worker


def require_running(case: Case, step_key: str, fits: Callable[[CaseStep], bool]) -> tuple[int, CaseStep]:
    """The running step that is meant, of a case that is worked on.

    Raises ``Conflict``: paused (``case_paused``), decided (``case_decided``), at another site (``step_elsewhere``), and
    what ``route.chosen`` raises.
    """
    if case.state is CaseState.PAUSED:
        raise Conflict("case_paused", "该办件正在特别程序中，已暂停计时，请先恢复。", id=case.id)
    require_undecided(case)
    position, step = chosen(case, step_key, fits)
    if step.state is StepState.ELSEWHERE:
        raise _elsewhere(case, step)
    return position, step


def require_here(case: Case) -> None:
    """Raises ``Conflict`` (``step_elsewhere``) while other sites do all that runs."""
    found = [step for _, step in running(case)]
    if found and all(step.state is StepState.ELSEWHERE for step in found):
        raise _elsewhere(case, found[0])


def require_undecided(case: Case) -> None:
    """Raises ``Conflict`` (``case_decided``) once it is decided."""
    if not case.state.undecided:
        raise Conflict("case_decided", "该办件已作出决定，不能再改动。", id=case.id, state=case.state.value)


def require_held(case: Case, worker: Worker, step_key: str = "") -> tuple[int, CaseStep]:
    """The step meant, taken by this worker or by somebody whom they stand in for.

    Raises ``Conflict`` (``step_not_claimed``), ``Forbidden`` (``step_not_yours``; ``recused``; ``signature_own_step``: who has
    signed it doesn't do it for somebody else).
    """
    position, step = require_running(case, step_key, lambda each: each.held_by(worker))
    if step.state is not StepState.CLAIMED:
        raise Conflict("step_not_claimed", "请先认领该环节再办理。", id=case.id, step=step.key)
    if not step.held_by(worker):
        raise Forbidden("step_not_yours", f"该环节由{step.assignee_name}办理，您不能代为处理。", step=step.key)
    require_unbiased(case, worker)
    if any(each.staff_id == worker.id for each in step.signatures):
        raise Forbidden("signature_own_step", "您已签署该环节，不能再代他人办理，请由其他人员办理。", step=step.key)
    return position, step


def require_unbiased(case: Case, worker: Worker) -> None:
    """Raises ``Forbidden`` (``recused``) for who stays away from this case."""
    if case.bars(worker):
        raise Forbidden("recused", "您已在该办件中回避，不能办理，请由其他人员办理。", id=case.id)


def behalf_of(case: Case, worker: Worker, step_key: str = "") -> str:
    """Whom they act for, by name, on the step that they are in charge of; empty: for themselves."""
    for _, step in running(case):
        if step_key in ("", step.key) and (step.held_by(worker) or worker.heads(step.department_key)):
            return step.assignee_name if step.covered_by(worker) else ""
    return ""


def require_in_charge(case: Case, worker: Worker, step_key: str = "") -> CaseStep:
    """A running step that this worker holds, or whose department they head. Raises ``Forbidden``."""
    for _, step in running(case):
        if step_key in ("", step.key) and (step.held_by(worker) or worker.heads(step.department_key)):
            return step
    raise Forbidden("step_not_yours", "只有该环节的办理人或者部门首席代表可以这样做。", id=case.id)


def _elsewhere(case: Case, step: CaseStep) -> Conflict:
    return Conflict(
        "step_elsewhere", f"环节“{step.name}”正由其他站点办理，请等待答复或催办。", id=case.id, step=step.key
    )
