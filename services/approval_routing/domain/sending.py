"""A case's way to other sites and back: where a step goes, what comes of it (rules F01, P01; 许可法 38, 43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict
from services.approval_routing.domain.case import Case, CaseStep, StepState, with_step
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.elsewhere import PARENT, Elsewhere, ElsewhereAnswer
from services.approval_routing.domain.steps import at_step, back_to_before, done_before


def addressed(case: Case, parent_site: str) -> Case:
    """The case whose current step names its places: the site above by its id, departments as the step's own.

    Raises ``Conflict`` (``parent_site_missing``) where the center names no site above it.
    """
    position, step = case.position, case.current
    if position is None or step is None or step.elsewhere is None:
        return case
    there = step.elsewhere
    if not parent_site and any(place.site == PARENT for place in there.places):
        raise Conflict(
            "parent_site_missing", "本中心未设置上级站点，无法上报，请联系管理人员在中心设置中填写。", step=step.key
        )
    places = tuple(
        replace(
            place,
            site=parent_site if place.site == PARENT else place.site,
            department_key=place.department_key or step.department_key,
            title=place.title or step.name,
        )
        for place in there.places
    )
    return with_step(case, position, replace(step, elsewhere=Elsewhere(there.kind, places)))


def waits(case: Case, step_key: str, round: int) -> bool:
    """Whether the step waits for other sites' answer of this round, not for a later one's or no more."""
    step = case.current
    return step is not None and (step.key, step.round, step.state) == (step_key, round, StepState.ELSEWHERE)


def answered(case: Case, said: ElsewhereAnswer, now: datetime) -> Case:
    """The waiting step, done as the other sites answered: passed, and the next one opens; or denial proposed.

    Whoever decides here carries out what was decided above; who got no agreement from a part can't approve.
    """
    position, step = _waiting(case)
    agreed = said.outcome is Outcome.APPROVED
    done = replace(
        step,
        state=StepState.PASSED if agreed else StepState.REJECTED,
        assignee_name=said.answered_by,
        opinion=said.opinion,
        done_at=said.answered_at,
        answer=said,
    )
    home = _running_again(with_step(case, position, done), step, now)
    # What a part didn't agree to still goes up where the site above decides, with an opinion from here.
    goes_up = any(each.sent_up for each in case.steps[position + 1 :])
    return at_step(home, position + 1 if agreed or goes_up else len(case.steps) - 1, now)


def came_back(case: Case, reason: str, now: datetime) -> Case:
    """No other site does it any more: whoever sent it on has it again, and may send it another time."""
    position, step = _waiting(case)
    before = done_before(case, position)
    if before is None:
        raise Conflict("first_step_cannot_return", "没有可退回的上一环节。", step=step.key)
    return back_to_before(_running_again(case, step, now), position, before, reason, now)


def _waiting(case: Case) -> tuple[int, CaseStep]:
    position, step = case.position, case.current
    if position is None or step is None or step.state is not StepState.ELSEWHERE:
        raise Conflict("step_not_elsewhere", "该环节没有在等待其他站点答复。", id=case.id)
    return position, step


def _running_again(case: Case, step: CaseStep, now: datetime) -> Case:
    stop = case.open_pause
    if not step.sent_up or stop is None:
        return case
    return replace(case, pauses=(*case.pauses[:-1], replace(stop, ended_at=max(now, stop.started_at))))
