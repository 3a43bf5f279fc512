"""Which step somebody may act on, and whether the case lets them."""

from __future__ import annotations

from collections.abc import Callable

from kit.errors import Conflict, Forbidden
from services.approval_routing.domain.case import Case, CaseState, CaseStep, StepState, Worker
from services.approval_routing.domain.route import chosen, running


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
    """The step meant, taken by this worker. Raises ``Conflict`` (``step_not_claimed``), ``Forbidden``."""
    position, step = require_running(case, step_key, lambda each: each.held_by(worker))
    if step.state is not StepState.CLAIMED:
        raise Conflict("step_not_claimed", "请先认领该环节再办理。", id=case.id, step=step.key)
    if step.assignee_id != worker.id:
        raise Forbidden("step_not_yours", f"该环节由{step.assignee_name}办理，您不能代为处理。", step=step.key)
    return position, step


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
