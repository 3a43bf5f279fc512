"""回避: staff ask and their chief decides, or the chief imposes it; the case goes to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from kit.actor import Actor
from kit.errors import TongbanError
from kit.testing import actor
from reference.testing import CENTER_ID, DEPARTMENT
from services.approval_routing.domain.case import Case, StepState
from services.approval_routing.domain.history import check
from services.approval_routing.domain.records import RecusalState
from services.approval_routing.handlers import conduct
from services.approval_routing.handlers.colleagues import Colleague
from services.approval_routing.tests.approval_office import CHIEF, REVIEWER, Bench

SECOND = actor("reviewer", id="reviewer-2", department=DEPARTMENT)
STRANGER = actor("chief", id="chief-9", department="renli-shebao")


@pytest.fixture
def held(bench: Bench) -> Case:
    """A case that the reviewer has taken; all are known to workforce."""
    for who in (REVIEWER, SECOND, CHIEF, STRANGER):
        bench.duties.known[who.id] = Colleague(who.id, who.name, CENTER_ID, who.department, who.roles)
    return bench.claim(bench.opened())


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(TongbanError) as caught:
        act()
    return caught.value.code


def aside(bench: Bench, case: Case, who: Actor = REVIEWER) -> Case:
    return conduct.step_aside(
        office=bench.office, call=bench.by(who), case_id=case.id, reason="申请人是亲属", expected_version=0
    )


def impose(bench: Bench, case: Case, staff: Actor = REVIEWER, who: Actor = CHIEF, to: str = "") -> Case:
    return conduct.impose_recusal(
        office=bench.office,
        call=bench.by(who),
        case_id=case.id,
        staff_id=staff.id,
        reason="与申请人共同持股",
        to_staff_id=to,
        expected_version=0,
    )


def decide(bench: Bench, case: Case, *, granted: bool, who: Actor = CHIEF, opinion: str = "", to: str = "") -> Case:
    return conduct.decide_recusal(
        office=bench.office,
        call=bench.by(who),
        case_id=case.id,
        staff_id=REVIEWER.id,
        granted=granted,
        opinion=opinion,
        to_staff_id=to,
        expected_version=0,
    )


def test_who_asked_stays_away_until_the_chief_has_decided(bench: Bench, held: Case) -> None:
    asked = aside(bench, held)
    assert (asked.recusals[0].state, asked.steps[0].state) == (RecusalState.REQUESTED, StepState.OPEN)
    assert refused(lambda: bench.claim(held)) == "recused"
    granted = decide(bench, held, granted=True)
    assert granted.recusals[0].decided_by_id == CHIEF.id
    assert refused(lambda: bench.claim(held)) == "recused"
    assert check(granted).intact


def test_who_is_refused_works_on_the_case_again(bench: Bench, held: Case) -> None:
    aside(bench, held)
    assert refused(lambda: decide(bench, held, granted=False)) == "text_required"
    decide(bench, held, granted=False, opinion="没有利害关系")
    assert bench.claim(held).steps[0].assignee_id == REVIEWER.id
    assert refused(lambda: decide(bench, held, granted=True)) == "recusal_not_requested"


def test_what_was_left_goes_to_another(bench: Bench, held: Case) -> None:
    aside(bench, held)
    moved = decide(bench, held, granted=True, to=SECOND.id)
    assert (moved.steps[0].state, moved.steps[0].assignee_id) == (StepState.CLAIMED, SECOND.id)
    assert bench.told()[-2:] == ["recusal_decided", "step_claimed"]


def test_the_chief_imposes_it_with_a_reason_and_the_case_goes_to_another(bench: Bench, held: Case) -> None:
    moved = impose(bench, held, to=SECOND.id)
    away = moved.recusals[0]
    assert (away.staff_id, away.imposed_by_id, away.reason) == (REVIEWER.id, CHIEF.id, "与申请人共同持股")
    assert moved.steps[0].assignee_id == SECOND.id
    assert refused(lambda: bench.pass_step(held)) == "step_not_yours"
    assert refused(lambda: impose(bench, held)) == "already_recused"


def test_only_the_chief_of_their_department_decides_and_not_about_themselves(bench: Bench, held: Case) -> None:
    aside(bench, held)
    assert refused(lambda: decide(bench, held, granted=True, who=STRANGER)) == "chief_only"
    assert refused(lambda: decide(bench, held, granted=True, who=SECOND)) == "chief_only"
    assert refused(lambda: impose(bench, held, SECOND, who=STRANGER)) == "chief_only"
    assert refused(lambda: impose(bench, held, CHIEF)) == "chief_only"
    assert aside(bench, held, CHIEF).recusals[-1].state is RecusalState.GRANTED


def test_nobody_takes_over_who_stays_away_is_on_leave_or_could_not_take_it(bench: Bench, held: Case) -> None:
    case = bench.now(held)
    aside(bench, held, SECOND)
    assert refused(lambda: impose(bench, held, to=SECOND.id)) == "recused"
    third = Colleague("reviewer-3", "样三", CENTER_ID, "renli-shebao", frozenset({"reviewer"}))
    bench.duties.known[third.id] = third
    assert refused(lambda: impose(bench, held, to=third.id)) == "step_not_allowed"
    bench.duties.known[third.id] = replace(third, department=DEPARTMENT, away=True)
    assert refused(lambda: impose(bench, held, to=third.id)) == "colleague_away"
    assert bench.now(held).steps == case.steps


def test_who_held_nothing_leaves_nothing_to_hand_on(bench: Bench, held: Case) -> None:
    assert refused(lambda: impose(bench, held, SECOND, to=REVIEWER.id)) == "nothing_to_hand_on"
    assert impose(bench, held, SECOND).steps[0].assignee_id == REVIEWER.id


#: What may become of a recusal: by its state, what the chief or they themselves do, and what it is then.
TABLE: dict[tuple[str, str], RecusalState] = {
    ("none", "ask"): RecusalState.REQUESTED,
    ("none", "impose"): RecusalState.GRANTED,
    ("requested", "grant"): RecusalState.GRANTED,
    ("requested", "refuse"): RecusalState.REFUSED,
    ("refused", "ask"): RecusalState.REQUESTED,
    ("refused", "impose"): RecusalState.GRANTED,
}
DEEDS: dict[str, Callable[[Bench, Case], Case]] = {
    "ask": aside,
    "impose": impose,
    "grant": lambda bench, case: decide(bench, case, granted=True),
    "refuse": lambda bench, case: decide(bench, case, granted=False, opinion="无利害关系"),
}
WAYS = {"none": (), "requested": ("ask",), "granted": ("ask", "grant"), "refused": ("ask", "refuse")}


@pytest.mark.parametrize(("before", "deed"), list(product(WAYS, DEEDS)))
def test_the_whole_table_of_recusals(bench: Bench, held: Case, before: str, deed: str) -> None:
    for step in WAYS[before]:
        DEEDS[step](bench, held)
    case = bench.now(held)
    if (before, deed) in TABLE:
        assert DEEDS[deed](bench, held).recusals[-1].state is TABLE[before, deed]
    else:
        refused(lambda: DEEDS[deed](bench, held))
        assert bench.now(held) == case
