"""Steps that take more than one person, that are recorded, that stand for days; parts of joint cases (许可法 34, 46–48)."""

from datetime import date
from typing import Any

import pytest

from kit.actor import Actor
from kit.errors import Conflict, Forbidden, Invalid, TongbanError
from kit.testing import actor
from reference import Step, StepCondition
from reference.testing import DEPARTMENT, sample_item
from services.approval_routing.domain.case import Case, StepState
from services.approval_routing.handlers import conduct
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, REVIEWER, Bench, MakeBench

SECOND = actor("reviewer", id="reviewer-2", department=DEPARTMENT)
FIRE = actor("reviewer", id="fire-1", department="xiaofang")
FIRE_CHIEF = actor("chief", id="fire-chief", department="xiaofang")


def at(make_bench: MakeBench, step: Step, *more: Step, **item: Any) -> tuple[Bench, Case]:
    """A case whose step of this kind is taken."""
    steps = (step, *(more or (Step("decide", "决定", "approver"),)))
    bench = make_bench(items=[sample_item(steps=steps, **item)])
    return bench, bench.claim(bench.opened(), REVIEWER, step_key=step.key)


def sign(bench: Bench, case: Case, who: Actor, *, agrees: bool = True, opinion: str = "") -> Case:
    return conduct.sign_step(
        office=bench.office,
        call=bench.by(who),
        case_id=case.id,
        step_key="",
        agrees=agrees,
        opinion=opinion,
        expected_version=0,
    )


def record(bench: Bench, case: Case, who: Actor = REVIEWER, **said: Any) -> Case:
    wanted: dict[str, Any] = {
        "step_key": "",
        "text": "情况属实",
        "held_on": "2026-11-23",
        "notified_on": "",
        "place": "",
        "people": (),
        "presided_by": "",
        "waived": False,
        **said,
    }
    return conduct.record_step(office=bench.office, call=bench.by(who), case_id=case.id, expected_version=0, **wanted)


def settle(bench: Bench, case: Case, who: Actor, *, by_commitment: bool, step_key: str = "fire") -> Case:
    return conduct.settle_part(
        office=bench.office,
        call=bench.by(who),
        case_id=case.id,
        step_key=step_key,
        by_commitment=by_commitment,
        reason="书面承诺",
        expected_version=0,
    )


def refused(bench: Bench, case: Case, who: Actor = REVIEWER) -> str:
    """With which code the step isn't passed; nothing of the case changes."""
    before = bench.now(case)
    with pytest.raises(TongbanError) as error:
        bench.pass_step(case, who)
    assert bench.now(case) == before
    return error.value.code


VISIT = Step("visit", "现场核查", "reviewer", kind="site_visit", signers=1)


def test_a_site_visit_needs_a_second_person_and_its_record(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, VISIT)
    assert refused(bench, case) == "signatures_missing"
    sign(bench, case, SECOND)
    assert refused(bench, case) == "record_missing"
    record(bench, case, place="兴安东路一号", people=["店主"])
    case = bench.pass_step(case)
    visited = case.steps[0]
    assert (visited.state, visited.signatures[0].name, visited.record and visited.record.held_on) == (
        StepState.PASSED,
        SECOND.name,
        date(2026, 11, 23),
    )
    assert bench.told()[-3:] == ["step_signed", "step_recorded", "step_passed"]


@pytest.mark.parametrize(
    ("who", "code"),
    [(REVIEWER, "signature_own_step"), (FIRE, "signature_not_allowed")],
)
def test_nobody_signs_their_own_step_or_another_departments(make_bench: MakeBench, who: Actor, code: str) -> None:
    bench, case = at(make_bench, VISIT)
    with pytest.raises(Forbidden) as error:
        sign(bench, case, who)
    assert error.value.code == code


def test_one_signs_once_and_only_where_it_is_wanted(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, VISIT)
    sign(bench, case, SECOND)
    with pytest.raises(Conflict) as again:
        sign(bench, case, SECOND)
    assert again.value.code == "already_signed"
    plain, other = at(make_bench, Step("examine", "审查", "reviewer"))
    with pytest.raises(Conflict) as unwanted:
        sign(plain, other, SECOND)
    assert unwanted.value.code == "signature_not_wanted"


def test_who_disagrees_says_why_and_the_step_is_not_passed(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, Step("examine", "审查", "reviewer", signers=1))
    with pytest.raises(Invalid):
        sign(bench, case, SECOND, agrees=False)
    sign(bench, case, SECOND, agrees=False, opinion="面积不符")
    assert refused(bench, case) == "signature_disagrees"
    assert bench.reject(case).steps[0].state is StepState.REJECTED


def test_a_countersign_waits_for_each_of_its_departments(make_bench: MakeBench) -> None:
    step = Step("all", "会签", "reviewer", kind="countersign", sign_departments=("xiaofang", DEPARTMENT))
    bench, case = at(make_bench, step)
    sign(bench, case, FIRE)
    assert refused(bench, case) == "countersign_missing"
    sign(bench, case, SECOND)
    assert bench.pass_step(case).steps[0].state is StepState.PASSED


def test_the_decision_too_wants_its_second_pair_of_eyes(make_bench: MakeBench) -> None:
    bench = make_bench(items=[sample_item(steps=(Step("decide", "决定", "approver", signers=1),))])
    case = bench.claim(bench.opened(), APPROVER)
    with pytest.raises(Conflict) as error:
        bench.decide(case)
    assert error.value.code == "signatures_missing"
    sign(bench, case, CHIEF)
    assert bench.decide(case).decision is not None


def test_a_notice_stands_for_its_days(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, Step("notice", "公示", "reviewer", kind="public_notice", notice_days=7))
    record(bench, case, text="公示名单", held_on="")
    bench.pass_time(days=5)
    record(bench, case, text="公示期内收到意见一条，已核实", held_on="")
    assert refused(bench, case) == "notice_still_standing"
    bench.pass_time(days=3)
    assert bench.pass_step(case).steps[0].state is StepState.PASSED


HEARING = Step("hearing", "听证", "reviewer", kind="hearing")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"notified_on": "2026-11-17", "presided_by": "钱法规"}, "hearing_notice_short"),
        ({"notified_on": "", "presided_by": "钱法规"}, "hearing_notice_short"),
        ({"notified_on": "2026-11-16"}, "text_required"),
        ({"notified_on": "2026-11-16", "presided_by": REVIEWER.name}, "hearing_presider_examined"),
        ({"notified_on": "2026-11-16", "presided_by": "钱法规", "held_on": "2026-11-24"}, "record_day_invalid"),
        ({"notified_on": "昨天", "presided_by": "钱法规"}, "day_invalid"),
        ({"text": ""}, "text_required"),
    ],
)
def test_a_hearing_against_the_law_is_not_recorded(make_bench: MakeBench, said: dict[str, Any], code: str) -> None:
    bench, case = at(make_bench, HEARING)
    with pytest.raises(Invalid) as error:
        record(bench, case, **said)
    assert error.value.code == code


def test_a_hearing_is_recorded_with_seven_days_notice_or_as_not_wanted(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, HEARING)
    assert refused(bench, case) == "record_missing"
    record(bench, case, notified_on="2026-11-16", presided_by="钱法规")
    record(bench, case, text="五日内未申请听证", held_on="", waived=True)
    assert bench.pass_step(case).steps[0].state is StepState.PASSED


def test_experts_are_named(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, Step("experts", "评审", "reviewer", kind="expert_review"))
    with pytest.raises(Invalid) as error:
        record(bench, case)
    assert error.value.code == "record_people_missing"
    record(bench, case, people=["孙教授", " "])
    assert bench.pass_step(case).steps[0].record is not None


def aside(bench: Bench, case: Case, who: Actor = REVIEWER, reason: str = "申请人是我的亲属") -> Case:
    return conduct.step_aside(
        office=bench.office, call=bench.by(who), case_id=case.id, reason=reason, expected_version=0
    )


def test_who_has_an_interest_stays_away_and_gives_back_what_they_hold(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, VISIT)
    case = aside(bench, case)
    assert (case.steps[0].state, [each.name for each in case.recusals]) == (StepState.OPEN, [REVIEWER.name])
    with pytest.raises(Forbidden) as taken:
        bench.claim(case, REVIEWER)
    assert taken.value.code == "recused"
    bench.claim(case, SECOND)
    with pytest.raises(Forbidden) as signed:
        sign(bench, case, REVIEWER)
    assert signed.value.code == "recused"


def test_one_stays_away_once_with_a_reason_and_from_what_concerns_one(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, VISIT)
    with pytest.raises(Invalid):
        aside(bench, case, reason="")
    with pytest.raises(Forbidden):
        aside(bench, case, FIRE)
    aside(bench, case)
    with pytest.raises(Conflict) as again:
        aside(bench, case)
    assert again.value.code == "already_recused"


def test_text_that_looks_like_markup_is_kept_as_text(make_bench: MakeBench) -> None:
    hostile = "<script>alert(1)</script>'; DROP TABLE doc_case; {{7*7}} ${x}"
    bench, case = at(make_bench, VISIT)
    sign(bench, case, SECOND, opinion=hostile)
    step = record(bench, case, text=hostile, place=hostile, people=[hostile[:60]], presided_by=hostile[:60]).steps[0]
    assert step.record is not None
    assert {step.signatures[0].opinion, step.record.text, step.record.place} == {hostile}
    assert (step.record.people, step.record.presided_by) == ((hostile[:60],), hostile[:60])


def test_what_goes_back_is_signed_and_recorded_anew(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, VISIT)
    sign(bench, case, SECOND)
    record(bench, case)
    bench.pass_step(case)
    bench.claim(case, APPROVER)
    again = bench.send_back(case, APPROVER).steps[0]
    assert (again.signatures, again.record) == ((), None)


# ── Joint cases ──────────────────────────────────────────────────────────────────────────────────────────────


def joint(make_bench: MakeBench, rule: str) -> tuple[Bench, Case]:
    parts = (
        Step("own", "卫生意见", "reviewer", kind="part", after=("start",)),
        Step("fire", "消防意见", "reviewer", "xiaofang", kind="part", after=("start",)),
        Step("merge", "汇总决定", "approver", after=("own", "fire")),
    )
    bench = make_bench(items=[sample_item(steps=parts, merge_rule=rule)])
    case = bench.opened()
    bench.claim(case, REVIEWER)
    return bench, bench.pass_step(case, REVIEWER)


def test_a_general_joint_case_waits_for_every_part(make_bench: MakeBench) -> None:
    bench, case = joint(make_bench, "all")
    for who, by_commitment, code in ((CHIEF, True, "commitment_not_enough"), (CHIEF, False, "lead_must_wait")):
        with pytest.raises(Conflict) as error:
            settle(bench, case, who, by_commitment=by_commitment)
        assert error.value.code == code
    assert case.current_step == "fire"


@pytest.mark.parametrize("who", [CHIEF, FIRE_CHIEF])
def test_a_commitment_stands_for_a_part_where_the_item_says_so(make_bench: MakeBench, who: Actor) -> None:
    bench, case = joint(make_bench, "commitments")
    case = settle(bench, case, who, by_commitment=True)
    assert (case.steps[1].state, case.current_step) == (StepState.COMMITTED, "merge")
    bench.claim(case, APPROVER)
    assert bench.decide(case).decision is not None


def test_the_lead_goes_on_without_a_part_where_it_decides(make_bench: MakeBench) -> None:
    bench, case = joint(make_bench, "lead")
    with pytest.raises(Forbidden) as error:
        settle(bench, case, FIRE_CHIEF, by_commitment=False)
    assert error.value.code == "lead_only"
    case = settle(bench, case, CHIEF, by_commitment=False)
    assert (case.steps[1].state, case.current_step) == (StepState.WAIVED, "merge")


@pytest.mark.parametrize(("rule", "bars"), [("all", True), ("lead", False)])
def test_a_part_that_refuses_is_merged_by_the_lead_and_binds_it_by_the_rule(
    make_bench: MakeBench, rule: str, bars: bool
) -> None:
    bench, case = joint(make_bench, rule)
    bench.claim(case, FIRE)
    case = bench.reject(case, FIRE)
    assert case.current_step == "merge"
    bench.claim(case, APPROVER)
    if bars:
        with pytest.raises(Conflict) as error:
            bench.decide(case)
        assert error.value.code == "steps_not_passed"
    else:
        assert bench.decide(case).decision is not None


def test_only_parts_are_settled_so(make_bench: MakeBench) -> None:
    bench, case = at(make_bench, VISIT, merge_rule="lead")
    with pytest.raises(Conflict) as error:
        settle(bench, case, CHIEF, by_commitment=False, step_key="visit")
    assert error.value.code == "not_a_part"


# ── By answers ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ({"form_json": '{"场所": "餐馆"}'}, [StepState.OPEN, StepState.WAITING]),
        ({"form_json": '{"场所": ["网吧", "餐馆"]}'}, [StepState.OPEN, StepState.WAITING]),
        ({"form_json": '{"场所": "网吧"}'}, [StepState.SKIPPED, StepState.OPEN]),
        ({}, [StepState.SKIPPED, StepState.OPEN]),
        ({"form_json": "不是表单"}, [StepState.SKIPPED, StepState.OPEN]),
    ],
)
def test_a_step_is_left_out_where_the_answers_do_not_ask_for_it(
    make_bench: MakeBench, said: dict[str, str], states: list[StepState]
) -> None:
    visit = Step("visit", "踏勘", "reviewer", when=(StepCondition("场所", ("餐馆", "食堂")),))
    bench = make_bench(items=[sample_item(steps=(visit, Step("decide", "决定", "approver")))])
    assert [step.state for step in bench.opened(**said).steps] == states
