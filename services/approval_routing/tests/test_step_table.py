"""What may become of a step, and what may not: the whole table, beside a branch that must not notice (bad input)."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY
from kit.workdays import Limit, Unit
from services.approval_routing.domain import conduct, joint, sending, steps
from services.approval_routing.domain.case import Case, CaseState, CaseStep, MergeRule, StepKind, StepState
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.elsewhere import Elsewhere, ElsewhereAnswer, ElsewhereKind, ElsewherePlace
from services.approval_routing.domain.outcomes import ItemTerms
from services.approval_routing.domain.records import StepRecord
from services.approval_routing.domain.route import located
from services.approval_routing.tests.case_samples import ALL_ROLES, CHIEF, OTHER, opened

AGREED = ElsewhereAnswer(Outcome.APPROVED, "610903.county", "赵", MONDAY, "可")
THERE = Elsewhere(ElsewhereKind.PART, (ElsewherePlace("610903.county", days=5),))
ROUTE = (
    CaseStep("first", "初审", "reviewer", "dept"),
    CaseStep("it", "分项", "reviewer", "dept", kind=StepKind.PART, after=("first",)),
    CaseStep("beside", "另一分项", "reviewer", "dept", kind=StepKind.PART, after=("first",)),
    CaseStep("decide", "决定", "approver", "dept", after=("it", "beside")),
)

SITUATIONS: dict[str, dict[str, object]] = {
    "waiting": {"state": StepState.WAITING},
    "open": {"state": StepState.OPEN},
    "mine": {"state": StepState.CLAIMED, "assignee_id": ALL_ROLES.id, "assignee_name": ALL_ROLES.name},
    "another's": {"state": StepState.CLAIMED, "assignee_id": OTHER.id, "assignee_name": OTHER.name},
    "elsewhere": {"state": StepState.ELSEWHERE, "role": "", "elsewhere": THERE, "kind": StepKind.REVIEW},
    **{
        state.value: {"state": state}
        for state in (
            StepState.PASSED,
            StepState.REJECTED,
            StepState.SKIPPED,
            StepState.COMMITTED,
            StepState.WAIVED,
        )
    },
}
ACTIONS: dict[str, Callable[[Case], Case]] = {
    "claim": lambda it: steps.claim(it, ALL_ROLES, now=MONDAY, step_key="it"),
    "release": lambda it: steps.release(it, ALL_ROLES, now=MONDAY, step_key="it"),
    "release by chief": lambda it: steps.release(it, CHIEF, now=MONDAY, step_key="it"),
    "pass": lambda it: steps.pass_on(it, ALL_ROLES, opinion="", now=MONDAY, step_key="it"),
    "return": lambda it: steps.send_back(it, ALL_ROLES, reason="重审", now=MONDAY, step_key="it"),
    "reject": lambda it: steps.reject(it, ALL_ROLES, reason="不符合", now=MONDAY, step_key="it"),
    "sign": lambda it: conduct.sign(it, ALL_ROLES, agrees=True, opinion="", now=MONDAY, step_key="it"),
    "record": lambda it: conduct.record(it, ALL_ROLES, StepRecord("有", MONDAY, "王"), now=MONDAY, step_key="it"),
    "commit": lambda it: joint.commit_part(it, CHIEF, reason="承诺", now=MONDAY, step_key="it"),
    "waive": lambda it: joint.waive_part(it, CHIEF, reason="不等", now=MONDAY, step_key="it"),
    "answer": lambda it: sending.answered(it, "it", AGREED, MONDAY),
    "come back": lambda it: sending.came_back(it, "it", "撤回", MONDAY),
}
LEGAL: dict[tuple[str, str], StepState] = {
    ("open", "claim"): StepState.CLAIMED,
    ("open", "waive"): StepState.WAIVED,
    ("mine", "release"): StepState.OPEN,
    ("mine", "release by chief"): StepState.OPEN,
    ("mine", "pass"): StepState.PASSED,
    ("mine", "return"): StepState.WAITING,
    ("mine", "reject"): StepState.REJECTED,
    ("mine", "waive"): StepState.WAIVED,
    ("another's", "release by chief"): StepState.OPEN,
    ("another's", "waive"): StepState.WAIVED,
    ("elsewhere", "answer"): StepState.PASSED,
    ("elsewhere", "come back"): StepState.WAITING,
}


def at(situation: str) -> Case:
    case = opened(ItemTerms(ROUTE, Limit(10, Unit.WORKING_DAY), None, (), "证", True, MergeRule.LEAD))
    first, it, beside, last = case.steps
    first = replace(first, state=StepState.PASSED, assignee_id=OTHER.id, assignee_name=OTHER.name, done_at=MONDAY)
    it = replace(it, **SITUATIONS[situation])  # type: ignore[arg-type]
    return located(replace(case, steps=(first, it, replace(beside, state=StepState.OPEN), last)))


@pytest.mark.parametrize(("situation", "action"), LEGAL)
def test_a_legal_act_changes_its_step_and_leaves_the_branch_beside_it(situation: str, action: str) -> None:
    case = ACTIONS[action](at(situation))
    assert (case.steps[1].state, case.steps[2].state) == (LEGAL[situation, action], StepState.OPEN)


@pytest.mark.parametrize(("situation", "action"), [pair for pair in product(SITUATIONS, ACTIONS) if pair not in LEGAL])
@pytest.mark.parametrize("state", [CaseState.IN_PROGRESS, CaseState.PAUSED])
def test_every_other_act_is_refused(situation: str, action: str, state: CaseState) -> None:
    with pytest.raises((Conflict, Forbidden, Invalid)):
        ACTIONS[action](replace(at(situation), state=state))


@pytest.mark.parametrize("action", [name for name in ACTIONS if name not in ("answer", "come back")])
@pytest.mark.parametrize("state", [one for one in CaseState if one is not CaseState.IN_PROGRESS])
def test_nothing_is_done_on_a_case_that_stands_or_is_decided(action: str, state: CaseState) -> None:
    for situation in SITUATIONS:
        with pytest.raises((Conflict, Forbidden)):
            ACTIONS[action](replace(at(situation), state=state))


def test_the_table_names_every_state() -> None:
    assert {made["state"] for made in SITUATIONS.values()} == set(StepState)
