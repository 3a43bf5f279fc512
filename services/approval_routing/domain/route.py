"""A case's way through its steps: what each follows, what opens next, and where it goes back to (rules F08, C17, C19).

A step of an older case names nothing that it follows: it follows the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from kit.errors import Conflict, Invalid
from services.approval_routing.domain.case import Case, CaseStep, ClockPause, MergeRule, StepKind, StepState, with_step
from services.approval_routing.domain.changing import changed
from services.approval_routing.domain.elsewhere import SENT_UP_STOP

#: What a step follows that begins with the acceptance.
START: Final = "start"

#: What doesn't bar an approval.
_AGREED: Final = (StepState.PASSED, StepState.SKIPPED, StepState.COMMITTED, StepState.WAIVED)

Route = Mapping[int, tuple[int, ...]]


def followed(steps: tuple[CaseStep, ...]) -> dict[int, tuple[int, ...]]:
    """What each step follows, by places in the list."""
    places = {step.key: at for at, step in enumerate(steps)}
    found: dict[int, tuple[int, ...]] = {}
    for at, step in enumerate(steps):
        before = (at - 1,) if at else ()
        found[at] = tuple(places[key] for key in step.after if key != START) if step.after else before
    return found


def behind(route: Route, position: int) -> set[int]:
    """All that a step follows, nearer and further."""
    found: set[int] = set()
    ahead = list(route[position])
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += route[one]
    return found


def running(case: Case) -> list[tuple[int, CaseStep]]:
    """The steps that are open, taken or at other sites."""
    return [(at, step) for at, step in enumerate(case.steps) if step.state.running]


def chosen(case: Case, step_key: str, fits: Callable[[CaseStep], bool]) -> tuple[int, CaseStep]:
    """The running step that is meant: the one named, the only one, or the only one that fits.

    Raises ``Conflict``: decided (``case_decided``), not running (``step_not_running``), several fit
    (``step_key_required``).
    """
    found = running(case)
    if not found:
        raise Conflict("case_decided", "该办件没有待办环节。", id=case.id)
    if step_key:
        for at, step in found:
            if step.key == step_key:
                return at, step
        raise Conflict("step_not_running", "该环节尚未开始或者已经办结，请刷新后核对。", id=case.id, step=step_key[:64])
    if len(found) > 1:
        fitting = [each for each in found if fits(each[1])]
        if len(fitting) > 1:
            names = "、".join(step.name for _, step in fitting)
            raise Conflict("step_key_required", f"该办件有多个环节同时办理（{names}），请指明环节。", id=case.id)
        return (fitting or found)[0]
    return found[0]


def overruled(case: Case, route: Route) -> set[int]:
    """What was found below before the site above decided: it doesn't bind any more (许可法 43)."""
    return {at for up, step in enumerate(case.steps) if step.sent_up and step.done for at in behind(route, up)}


def advance(case: Case, now: datetime) -> Case:
    """The case with every step open that is ready; one that other sites do goes there, and what is sent up stops the clock.

    A proposed denial goes to whoever decides it, at this site or above, once nothing runs any more (许可法 43).
    """
    route = followed(case.steps)
    past = overruled(case, route)
    if _denial_proposed(case, past):
        ready = [] if running(case) else [_deciding(case)]
    else:
        ready = [
            at
            for at, step in enumerate(case.steps)
            if step.state is StepState.WAITING
            and at not in past
            and all(before in past or case.steps[before].settled for before in behind(route, at))
        ]
    for at in ready:
        case = _begun(case, at, now)
    return located(case)


def located(case: Case) -> Case:
    """The case with its current step named: the first of those that run."""
    return changed(case, current_step=next((step.key for _, step in running(case)), ""))


def opened(step: CaseStep, now: datetime) -> CaseStep:
    """The step as anybody entitled may take it; one that other sites do, as it goes there, once more."""
    there = step.elsewhere is not None
    return changed(
        step,
        state=StepState.ELSEWHERE if there else StepState.OPEN,
        assignee_id="",
        assignee_name="",
        stand_in_id="",
        stand_in_name="",
        opened_at=now,
        claimed_at=None,
        done_at=None,
        round=step.round + there,
        answer=None,
    )


def earlier(case: Case, position: int, to: str) -> int | None:
    """The step to go back to: the one named, or the one that the case came from; None: there is none.

    Raises ``Invalid`` (``return_target_invalid``, ``return_target_required`` when it came from several).
    """
    route = followed(case.steps)
    if to:
        for at in behind(route, position):
            if case.steps[at].key == to and case.steps[at].done:
                return at
        raise Invalid("return_target_invalid", "只能退回本环节之前已办结的环节，请重新选择。", field="to_step")
    nearest = list(dict.fromkeys(_came_from(case, route, position)))
    if len(nearest) < 2:
        return nearest[0] if nearest else None
    proposing = [at for at in nearest if case.steps[at].state is StepState.REJECTED]
    if len(proposing) == 1:
        return proposing[0]
    names = "、".join(case.steps[at].name for at in nearest)
    raise Invalid("return_target_required", f"本环节之前有多个环节（{names}），请选择退回到哪一个。", field="to_step")


def last_before(case: Case, position: int) -> int | None:
    """The step that the case came from last; None: there is none."""
    return max(_came_from(case, followed(case.steps), position), default=None)


def back_to(case: Case, position: int, before: int, reason: str, now: datetime) -> Case:
    """An earlier step is worked on once more; whatever lies on the way from it waits again, other branches stay."""
    route = followed(case.steps)
    for at in behind(route, position) | {position}:
        step = case.steps[at]
        if before in behind(route, at) and step.state is not StepState.SKIPPED:
            case = with_step(case, at, _waiting(step))
    again = case.steps[before]
    reopened = changed(_waiting(again), opinion="", return_reason=reason, returns=again.returns + 1)
    return located(_begun(with_step(case, before, reopened), before, now))


def unpassed(case: Case) -> list[CaseStep]:
    """The steps that bar an approval; the lead of a joint case isn't bound by what a part says, if it decides (facts 3)."""
    past = overruled(case, followed(case.steps))
    free = case.merge_rule is MergeRule.LEAD
    return [
        step
        for at, step in enumerate(case.steps[:-1])
        if at not in past and step.state not in _AGREED and not (free and step.kind is StepKind.PART and step.done)
    ]


def _begun(case: Case, position: int, now: datetime) -> Case:
    step = case.steps[position]
    if step.sent_up:
        stop = ClockPause(SENT_UP_STOP, 0, f"报送上级：{step.name}", now)
        case = changed(case, pauses=(*case.pauses, stop))
    return with_step(case, position, opened(step, now))


def _waiting(step: CaseStep) -> CaseStep:
    return changed(
        step,
        state=StepState.WAITING,
        assignee_id="",
        assignee_name="",
        stand_in_id="",
        stand_in_name="",
        opened_at=None,
        claimed_at=None,
        done_at=None,
        signatures=(),
        record=None,
        hearing=None,
    )


def _denial_proposed(case: Case, past: set[int]) -> bool:
    """Whether somebody proposed denial who isn't merged by a lead, nor overruled above."""
    goes_up = any(step.sent_up and step.state is StepState.WAITING for step in case.steps)
    return any(
        step.state is StepState.REJECTED
        and at not in past
        and step.kind is not StepKind.PART
        # What a part didn't agree to still goes up where the site above decides, with an opinion from here.
        and not (goes_up and step.elsewhere is not None)
        for at, step in enumerate(case.steps)
    )


def _deciding(case: Case) -> int:
    last = len(case.steps) - 1
    return next(
        (at for at, step in enumerate(case.steps) if step.sent_up and step.state is StepState.WAITING),
        last,
    )


def _came_from(case: Case, route: Route, position: int) -> Iterator[int]:
    """The nearest done steps behind one, past those that were left out."""
    for at in route[position]:
        if case.steps[at].done:
            yield at
        else:
            yield from _came_from(case, route, at)
