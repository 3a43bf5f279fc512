"""A case's way to other sites and back: where a step goes, what comes of it (rules F01, P01; 许可法 38, 43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict
from services.approval_routing.domain.case import Case, CaseStep, StepState, with_step
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.elsewhere import PARENT, Elsewhere, ElsewhereAnswer
from services.approval_routing.domain.route import advance, back_to, last_before


def sent_between(before: Case, after: Case) -> list[int]:
    """The steps that went to other sites by a change, each round by itself."""
    return [
        at
        for at, step in enumerate(after.steps)
        if step.state is StepState.ELSEWHERE and step.round > before.steps[at].round
    ]


def addressed(case: Case, position: int, parent_site: str) -> Case:
    """The case whose step names its places: the site above by its id, departments as the step's own.

    Raises ``Conflict`` (``parent_site_missing``) where the center names no site above it.
    """
    step = case.steps[position]
    there = step.elsewhere
    if there is None:
        return case
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
    return any((step.key, step.round, step.state) == (step_key, round, StepState.ELSEWHERE) for step in case.steps)


def answered(case: Case, step_key: str, said: ElsewhereAnswer, now: datetime) -> Case:
    """The waiting step, done as the other sites answered: passed, and the next one opens; or denial proposed.

    Whoever decides here carries out what was decided above; who got no agreement from a part can't approve.
    """
    position, step = _waiting(case, step_key)
    agreed = said.outcome is Outcome.APPROVED
    done = replace(
        step,
        state=StepState.PASSED if agreed else StepState.REJECTED,
        assignee_name=said.answered_by,
        opinion=said.opinion,
        done_at=said.answered_at,
        answer=said,
    )
    return advance(_running_again(with_step(case, position, done), step, now), now)


def came_back(case: Case, step_key: str, reason: str, now: datetime) -> Case:
    """No other site does it any more: whoever sent it on has it again, and may send it another time."""
    position, step = _waiting(case, step_key)
    before = last_before(case, position)
    if before is None:
        raise Conflict("first_step_cannot_return", "没有可退回的上一环节。", step=step.key)
    return back_to(_running_again(case, step, now), position, before, reason, now)


def _waiting(case: Case, step_key: str) -> tuple[int, CaseStep]:
    for position, step in enumerate(case.steps):
        if step.key == step_key and step.state is StepState.ELSEWHERE:
            return position, step
    raise Conflict("step_not_elsewhere", "该环节没有在等待其他站点答复。", id=case.id)


def _running_again(case: Case, step: CaseStep, now: datetime) -> Case:
    stop = case.open_pause
    if not step.sent_up or stop is None:
        return case
    return replace(case, pauses=(*case.pauses[:-1], replace(stop, ended_at=max(now, stop.started_at))))
