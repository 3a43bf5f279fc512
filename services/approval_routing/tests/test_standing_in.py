"""Cover and delegation in cases: who stands in acts for whom, and says so; who is on leave does nothing (rules V01–V03)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from kit.actor import Actor
from kit.errors import Forbidden, TongbanError
from kit.testing import MONDAY, actor
from reference.testing import CENTER_ID, DEPARTMENT
from services.approval_routing.domain import steps
from services.approval_routing.domain.case import Case, StepState
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.history import check
from services.approval_routing.domain.route import located
from services.approval_routing.domain.worker import Covered, Worker
from services.approval_routing.handlers import conduct
from services.approval_routing.handlers.bulk import BulkAction, BulkRow, act_on_steps
from services.approval_routing.queries.tasks import TaskFilter, TaskScope, TaskSort, list_tasks
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, CLERK, REVIEWER, Bench
from tongban.approval_routing.v1 import events_pb2

SECOND = Actor("reviewer-2", "样二", frozenset({"reviewer"}), frozenset({CENTER_ID}), DEPARTMENT)
SECOND_APPROVER = Actor("approver-2", "样三", frozenset({"approver"}), frozenset({CENTER_ID}), DEPARTMENT)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Forbidden) as caught:
        act()
    return caught.value.code


def covered(bench: Bench, who: Actor) -> list[str]:
    bench.catch_up()
    found = list_tasks(
        office=bench.office,
        call=bench.by(who),
        center_id=CENTER_ID,
        scope=TaskScope.COVERED,
        department_key="",
        wanted=TaskFilter(),
        sort=TaskSort.DUE,
        limit=10,
        cursor="",
    )
    return [task.assignee_id for task in found.items]


def test_who_stands_in_passes_what_the_other_holds_and_the_case_says_for_whom(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    assert refused(lambda: bench.pass_step(case, SECOND)) == "step_not_yours"
    bench.duties.lets_stand_in(SECOND, REVIEWER)
    assert covered(bench, SECOND) == [REVIEWER.id]
    passed = bench.pass_step(case, SECOND, opinion="材料属实")
    step = passed.steps[0]
    assert (step.assignee_id, step.stand_in_id, step.stand_in_name) == (REVIEWER.id, SECOND.id, "样二")
    line = passed.history[-1]
    assert (line.actor_name, line.behalf, line.what) == ("样二", REVIEWER.name, "StepPassed")
    assert check(passed).intact
    told = events_pb2.StepPassed.FromString(bench.events[-1].data)
    assert told.on_behalf_of == REVIEWER.name
    assert told.case.steps[0].stand_in_name == "样二"


def test_a_decision_says_for_whom_it_was_made(bench: Bench) -> None:
    case = bench.at_last_step()
    bench.duties.lets_stand_in(SECOND_APPROVER, APPROVER)
    decision = bench.decide(case, SECOND_APPROVER).decision
    assert decision is not None
    assert (decision.decided_by_id, decision.decided_for_id, decision.decided_for_name) == (
        SECOND_APPROVER.id,
        APPROVER.id,
        APPROVER.name,
    )


def test_what_one_does_oneself_names_nobody_else(bench: Bench) -> None:
    bench.duties.lets_stand_in(SECOND, REVIEWER)
    passed = bench.pass_step(bench.claim(bench.opened(), SECOND), SECOND)
    assert passed.steps[0].stand_in_id == ""
    assert passed.history[-1].behalf == ""


def test_cover_gives_nobody_more_than_they_could_do_themselves(bench: Bench) -> None:
    case = bench.at_last_step()
    bench.duties.lets_stand_in(SECOND, APPROVER)
    assert refused(lambda: bench.decide(case, SECOND)) == "step_not_yours"
    stranger = actor("approver", id="approver-9", department="renli-shebao")
    bench.duties.lets_stand_in(stranger, APPROVER)
    assert refused(lambda: bench.decide(case, stranger)) == "step_not_yours"


ACTS: dict[str, tuple[Actor, Callable[[Bench, Case], object]]] = {
    "claim": (REVIEWER, lambda bench, case: bench.claim(case)),
    "pass": (REVIEWER, lambda bench, case: bench.pass_step(case)),
    "return": (CHIEF, lambda bench, case: bench.send_back(case, CHIEF)),
    "reject": (REVIEWER, lambda bench, case: bench.reject(case)),
    "release": (REVIEWER, lambda bench, case: bench.release(case)),
    "decide": (APPROVER, lambda bench, case: bench.decide(case)),
    "pause": (REVIEWER, lambda bench, case: bench.pause(case)),
    "resume": (REVIEWER, lambda bench, case: bench.resume(case)),
    "extend": (REVIEWER, lambda bench, case: bench.extend(case)),
    "issue": (CLERK, lambda bench, case: bench.issue(case)),
    "deliver": (CLERK, lambda bench, case: bench.hand_out(case)),
    "step aside": (
        REVIEWER,
        lambda bench, case: conduct.step_aside(
            office=bench.office, call=bench.by(REVIEWER), case_id=case.id, reason="亲属", expected_version=0
        ),
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_is_on_leave_is_refused_and_nothing_changes(bench: Bench, act: str) -> None:
    who, attempt = ACTS[act]
    case = bench.at_last_step() if act == "decide" else bench.claim(bench.opened())
    told = bench.told()
    bench.duties.sends_away(who)
    assert refused(lambda: attempt(bench, case)) == "staff_on_leave"
    assert bench.now(case) == case
    assert bench.told() == told


def test_who_is_on_leave_also_does_nothing_for_others(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.duties.sends_away(SECOND)
    assert refused(lambda: bench.pass_step(case, SECOND)) == "staff_on_leave"


def test_the_cover_ends_and_with_it_what_it_let_one_do(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.duties.lets_stand_in(SECOND, REVIEWER)
    bench.duties.lets_stand_in(SECOND)
    assert covered(bench, SECOND) == []
    assert refused(lambda: bench.pass_step(case, SECOND)) == "step_not_yours"


def test_who_stays_away_from_a_case_does_nothing_in_it_for_others_either(bench: Bench) -> None:
    case = bench.opened()
    conduct.step_aside(
        office=bench.office, call=bench.by(SECOND), case_id=case.id, reason="申请人是亲属", expected_version=0
    )
    bench.claim(case)
    bench.duties.lets_stand_in(SECOND, REVIEWER)
    assert refused(lambda: bench.pass_step(case, SECOND)) == "recused"


def test_a_step_that_was_sent_back_forgets_who_stood_in(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.duties.lets_stand_in(SECOND, REVIEWER)
    bench.pass_step(case, SECOND)
    bench.claim(case, CHIEF)
    again = bench.send_back(case, CHIEF)
    assert again.steps[0].state is StepState.OPEN
    assert again.steps[0].stand_in_id == ""


def test_bulk_acts_are_refused_row_by_row(bench: Bench) -> None:
    case = bench.opened()
    bench.duties.sends_away(REVIEWER)
    (result,) = act_on_steps(
        office=bench.office, call=bench.by(REVIEWER), action=BulkAction.CLAIM, rows=[BulkRow(case.id, "")], words=""
    )
    assert result.error is not None
    assert result.error.code == "staff_on_leave"


def test_of_two_who_decide_at_once_one_does_and_there_is_one_decision(bench: Bench) -> None:
    case = bench.at_last_step()
    bench.duties.lets_stand_in(SECOND_APPROVER, APPROVER)
    together = Barrier(2)

    def attempt(who: Actor, outcome: Outcome) -> str:
        together.wait()
        try:
            bench.decide(case, who, outcome=outcome, reason="场地不足", basis="样例条例第十八条")
        except TongbanError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        acts = ((APPROVER, Outcome.APPROVED), (SECOND_APPROVER, Outcome.DENIED))
        codes = sorted(pool.map(lambda act: attempt(*act), acts))
    assert codes[0] == ""
    assert codes[1] in ("case_decided", "stale_version")
    assert bench.told().count("case_decided") == 1
    decided = bench.now(case)
    assert decided.decision is not None
    assert [line.what for line in decided.history].count("CaseDecided") == 1
    assert check(decided).intact


OTHERS_STEP: dict[str, Callable[[Case, Worker], Case]] = {
    "claim": lambda it, who: steps.claim(it, who, now=MONDAY, step_key="examine"),
    "release": lambda it, who: steps.release(it, who, now=MONDAY, step_key="examine"),
    "pass": lambda it, who: steps.pass_on(it, who, opinion="", now=MONDAY, step_key="examine"),
    "reject": lambda it, who: steps.reject(it, who, reason="不符合", now=MONDAY, step_key="examine"),
}
STATES = [state for state in StepState if state not in (StepState.OPEN, StepState.CLAIMED)]


@pytest.mark.parametrize("act", OTHERS_STEP)
@pytest.mark.parametrize("state", STATES)
def test_cover_opens_no_way_into_a_step_that_does_not_run(bench: Bench, act: str, state: StepState) -> None:
    case = bench.claim(bench.opened())
    stopped = replace(case.steps[0], state=state)
    changed = located(replace(case, steps=(stopped, *case.steps[1:])))
    stand_in = Worker(SECOND.id, SECOND.name, SECOND.roles, DEPARTMENT, (Covered(REVIEWER.id, REVIEWER.name),))
    with pytest.raises(TongbanError):
        OTHERS_STEP[act](changed, stand_in)


@pytest.mark.parametrize("act", OTHERS_STEP)
@pytest.mark.parametrize("covers", ["nobody", "somebody else"])
def test_who_does_not_stand_in_for_the_holder_is_refused(bench: Bench, act: str, covers: str) -> None:
    case = bench.claim(bench.opened())
    covered_ones = () if covers == "nobody" else (Covered("reviewer-9", "样九"),)
    with pytest.raises(TongbanError):
        OTHERS_STEP[act](case, Worker(SECOND.id, SECOND.name, SECOND.roles, DEPARTMENT, covered_ones))
