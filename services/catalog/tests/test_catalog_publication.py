from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from kit.errors import Invalid
from kit.workdays import Limit, Unit
from reference.policies.item_types import ITEM_TYPES
from services.catalog.domain.codes import CodingScheme
from services.catalog.domain.items import Cooperation, Fee, Guide, ItemKind, ItemResult, Material
from services.catalog.domain.publication import (
    Finding,
    Rules,
    compression,
    draft_problems,
    publication_problems,
    publication_warnings,
    refuse,
)
from services.catalog.domain.routes import Elsewhere, ElsewhereKind, ElsewherePlace, Step
from services.catalog.handlers.guides import form_fields, form_problems
from services.catalog.tests.conftest import center, guide

RULES = Rules(ITEM_TYPES["gbt39046"], 30, 5.0, uscc.is_valid, form_problems, form_fields)
EXAMINE, DECIDE = Step("a", "审查", "reviewer"), Step("z", "决定", "approver")


def elsewhere(kind: ElsewhereKind, *places: ElsewherePlace) -> Step:
    return Step("up", "其他站点", "", "", Elsewhere(kind, places))


UP = elsewhere(ElsewhereKind.SENT_UP, ElsewherePlace("parent"))
PART = elsewhere(ElsewhereKind.PART, ElsewherePlace("610903.county", days=5))
DAY, CALENDAR_DAY, HOUR = Unit.WORKING_DAY, Unit.CALENDAR_DAY, Unit.HOUR


def codes(one: Guide) -> list[str]:
    return [finding.code for finding in publication_problems(one, center(), RULES)]


def warnings(one: Guide, rules: Rules = RULES) -> list[str]:
    return [finding.code for finding in publication_warnings(one, rules)]


def test_a_complete_guide_may_be_published_without_a_warning() -> None:
    assert codes(guide()) == []
    assert warnings(guide()) == []


@pytest.mark.parametrize("step", [UP, PART])
def test_a_step_of_another_site_may_be_published_between_two_of_this_one(step: Step) -> None:
    assert codes(guide(steps=(EXAMINE, step, DECIDE))) == []


def test_a_draft_needs_no_more_than_a_name() -> None:
    bare = Guide("只有名称", coding_scheme=CodingScheme.FREE)
    assert list(draft_problems(bare, center(), RULES)) == []
    assert codes(bare) == [
        "item_code_missing",
        "item_type_missing",
        "item_kind_missing",
        "cooperation_missing",
        "department_missing",
        "promised_limit_missing",
        "steps_missing",
    ]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (guide(type_code="99"), "item_type_unknown"),
        (guide(department_key="nowhere"), "department_unknown"),
        (guide(lane="nowhere"), "lane_unknown"),
        (guide(steps=(Step("decide", "决定", "approver", "nowhere"),)), "department_unknown"),
        (guide(implementation_code="1" * 31, coding_scheme=CodingScheme.NATIONAL), "implementation_code_invalid"),
        (guide(fees=(Fee("工本费", "10 元"),)), "fee_without_basis"),
        (guide(fees=(Fee("", "10 元", "某令"),)), "fee_incomplete"),
        (guide(fees=(Fee("工本费", "10 元", "某令", price_fen=-1),)), "fee_price_invalid"),
        (guide(fees=(Fee("工本费", "10 元", "某令", unit="证"),)), "fee_price_missing"),
        (guide(statutory_limit=Limit(20, DAY)), "statutory_basis_missing"),
        (guide(promised_limit=Limit(21, DAY)), "promised_exceeds_statutory"),
        (guide(promised_limit=Limit.same_day()), "promised_limit_zero"),
        (guide(extension_limit=Limit(0, DAY)), "extension_limit_zero"),
        (guide(steps=(Step("examine", "审查", "reviewer"),)), "last_step_cannot_decide"),
        (guide(steps=(Step("a", "审查", "cleaner"), Step("b", "决定", "chief"))), "step_role_unknown"),
        (guide(steps=(Step("a", "审查", "reviewer"), Step("a", "决定", "chief"))), "step_key_taken"),
        (guide(steps=(Step("", "决定", "chief"),)), "step_incomplete"),
        (guide(steps=(UP, DECIDE)), "route_ends_elsewhere"),
        (guide(steps=(EXAMINE, replace(UP, role="chief"), DECIDE)), "elsewhere_step_has_role"),
        (guide(steps=(EXAMINE, UP, replace(PART, key="p"), DECIDE)), "elsewhere_steps_adjacent"),
        (guide(steps=(EXAMINE, UP, replace(EXAMINE, key="b"), replace(UP, key="c"), DECIDE)), "sent_up_twice"),
        (guide(steps=(EXAMINE, elsewhere(ElsewhereKind.SENT_UP), DECIDE)), "elsewhere_places_invalid"),
        (
            guide(steps=(EXAMINE, elsewhere(ElsewhereKind.PART, ElsewherePlace("610903.x")), DECIDE)),
            "elsewhere_days_invalid",
        ),
        (
            guide(steps=(EXAMINE, elsewhere(ElsewhereKind.SENT_UP, ElsewherePlace("a"), ElsewherePlace("b")), DECIDE)),
            "sent_up_to_several",
        ),
        (guide(materials=(Material("a", "甲"), Material("a", "乙"))), "material_key_taken"),
        (guide(materials=(Material("a", "甲", source="moon"),)), "material_source_unknown"),
        (guide(materials=(Material("a", "甲", form="stone"),)), "material_form_unknown"),
        (guide(materials=(Material("a", "甲", copies=100),)), "material_copies_invalid"),
        (guide(materials=(Material("a", ""),)), "material_incomplete"),
        (guide(materials=tuple(Material(str(n), "甲") for n in range(201))), "item_too_large"),
        (guide(results=(ItemResult("某证", "medal"),)), "result_invalid"),
        (guide(results=(ItemResult("某证", "licence", valid_months=-1),)), "result_validity_invalid"),
        (guide(results=(ItemResult("某证", "licence", valid_months=60, renewal_days=367),)), "result_validity_invalid"),
        (guide(results=(ItemResult("某证", "licence", renewal_days=60),)), "result_validity_missing"),
        (guide(results=(ItemResult("某证", "licence", renewal_field="number"),)), "renewal_field_unknown"),
        (guide(special_procedures=("magic",)), "special_procedure_unknown"),
        (guide(audience=("7",)), "audience_unknown"),
    ],
)
def test_each_fault_has_its_code(wrong: Guide, code: str) -> None:
    assert codes(wrong) == [code]


def test_a_type_is_known_by_the_dictionary_that_the_policy_names() -> None:
    other = replace(RULES, item_types=ITEM_TYPES["ankang2017"])
    assert [finding.code for finding in publication_problems(guide(type_code="xk"), center(), other)] == []
    assert codes(guide(type_code="xk")) == ["item_type_unknown"]


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        refuse([Finding("a_missing", "缺少甲"), Finding("b_missing", "缺少乙")])
    assert refused.value.code == "a_missing"
    assert "缺少甲；缺少乙" in refused.value.message
    assert refused.value.details["problems"] == "a_missing b_missing"


def test_a_promise_short_of_the_policys_compression_is_a_warning() -> None:
    fourteen, fifteen = guide(promised_limit=Limit(14, DAY)), guide(promised_limit=Limit(15, DAY))
    assert warnings(fourteen) == []
    assert warnings(fifteen) == ["compression_below_minimum"]
    assert warnings(fifteen, replace(RULES, min_compression_pct=25)) == []


def test_limits_of_different_units_are_compared_by_the_policys_week() -> None:
    one = guide(statutory_limit=Limit(28, CALENDAR_DAY, "某法"), promised_limit=Limit(10, DAY))
    assert compression(one, 5.0) == Fraction(1, 2)
    assert compression(one, 7.0) == 1 - Fraction(10, 28)


def test_what_cannot_be_compared_is_no_fault() -> None:
    assert compression(guide(statutory_limit=None), 5.0) is None
    assert compression(guide(statutory_limit=Limit(0, DAY, "某法")), 5.0) is None
    assert compression(guide(statutory_limit=Limit(8, HOUR, "某法")), 5.0) is None


def test_an_immediate_item_that_takes_longer_than_the_day_is_a_warning() -> None:
    same_day = guide(kind=ItemKind.IMMEDIATE, promised_limit=Limit.same_day())
    assert warnings(same_day) == []
    assert warnings(replace(same_day, promised_limit=Limit(1, DAY))) == ["immediate_not_same_day"]


def test_an_item_without_a_lane_cannot_be_queued_for_and_says_so() -> None:
    assert warnings(guide(lane="")) == ["lane_missing"]


limits = st.builds(Limit, st.integers(1, 100), st.sampled_from([DAY, CALENDAR_DAY]), st.just("某法"))


@given(statutory=limits, promised=limits, cooperation=st.sampled_from(Cooperation))
def test_compression_is_at_most_all_and_negative_only_for_a_longer_promise(
    statutory: Limit, promised: Limit, cooperation: Cooperation
) -> None:
    one = guide(statutory_limit=statutory, promised_limit=promised, cooperation=cooperation)
    share = compression(one, 5.0)
    assert share is not None
    assert share < 1
    if statutory.unit is promised.unit:
        assert (share < 0) == (promised.amount > statutory.amount)
