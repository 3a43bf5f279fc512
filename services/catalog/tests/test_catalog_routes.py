"""Routes: what may be published, and what is refused with which words (rules F, C19, C20; 许可法 34)."""

from dataclasses import replace

import pytest

from kit.workdays import Limit, Unit
from services.catalog.domain.checklists import SituationOption, SituationQuestion
from services.catalog.domain.items import Cooperation, Guide, ItemState, ItemVersion
from services.catalog.domain.publication import publication_problems
from services.catalog.domain.routes import (
    START,
    Elsewhere,
    ElsewhereKind,
    ElsewherePlace,
    Step,
    StepCondition,
    StepKind,
    followed,
    longest_days,
)
from services.catalog.events.messages import guide_of, item_message
from services.catalog.handlers import check_item
from services.catalog.handlers.exchange.files import Row
from services.catalog.handlers.exchange.rows import cells_of
from services.catalog.handlers.exchange.rows import guide_of as read_row
from services.catalog.tests.conftest import COUNTY as CENTER
from services.catalog.tests.conftest import World, center, guide
from services.catalog.tests.test_catalog_publication import RULES, codes

EXAMINE = Step("examine", "审查", "reviewer")
SITE = Step("site", "现场核查", "reviewer", kind=StepKind.SITE_VISIT, signers=1, after=("examine",))
EXPERTS = Step("experts", "专家评审", "reviewer", kind=StepKind.EXPERT_REVIEW, after=("examine",), days=3)
DECIDE = Step("decide", "决定", "approver", after=("site", "experts"))
CITY = Elsewhere(ElsewhereKind.SENT_UP, (ElsewherePlace("parent"),))
COUNTY = Elsewhere(ElsewhereKind.PART, (ElsewherePlace("610903.county", days=5),))
SIDE_BY_SIDE = (EXAMINE, SITE, EXPERTS, DECIDE)


def words(one: Guide) -> str:
    return "；".join(finding.message for finding in publication_problems(one, center(), RULES))


def joint(*steps: Step) -> Guide:
    return guide(steps=steps, cooperation=Cooperation.JOINT)


def test_steps_side_by_side_may_be_published() -> None:
    assert codes(guide(steps=SIDE_BY_SIDE)) == []


def test_a_route_without_a_word_of_order_is_a_sequence() -> None:
    plain = tuple(replace(step, after=()) for step in SIDE_BY_SIDE)
    assert followed(plain) == {"examine": (), "site": ("examine",), "experts": ("site",), "decide": ("experts",)}


def test_parts_of_a_joint_case_may_all_begin_with_the_acceptance() -> None:
    parts = tuple(Step(key, key, "reviewer", kind=StepKind.PART, after=(START,)) for key in ("fire", "health"))
    assert codes(joint(*parts, Step("merge", "汇总", "approver", after=("fire", "health")))) == []


def test_two_other_sites_may_do_their_parts_at_the_same_time() -> None:
    parts = tuple(Step(key, key, "", "", COUNTY, after=("examine",)) for key in ("one", "two"))
    assert codes(guide(steps=(EXAMINE, *parts, Step("decide", "决定", "approver", after=("one", "two"))))) == []


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ((replace(EXAMINE, after=("site",)), SITE, EXPERTS, DECIDE), "route_loop"),
        ((replace(EXAMINE, after=("examine",)), replace(DECIDE, after=())), "route_loop"),
        ((EXAMINE, SITE, EXPERTS, replace(DECIDE, after=("site",))), "route_dead_end"),
        ((EXAMINE, replace(SITE, after=("nowhere",)), EXPERTS, DECIDE), "route_step_unknown"),
        ((replace(EXAMINE, key=START), replace(DECIDE, after=())), "step_key_reserved"),
        ((EXAMINE, replace(SITE, role=""), EXPERTS, DECIDE), "step_role_unknown"),
        ((EXAMINE, replace(SITE, signers=0), EXPERTS, DECIDE), "site_visit_alone"),
        ((EXAMINE, replace(SITE, signers=21), EXPERTS, DECIDE), "site_visit_alone"),
        ((EXAMINE, replace(DECIDE, after=(), kind=StepKind.DISCUSSION)), "step_signers_invalid"),
        ((EXAMINE, replace(DECIDE, after=(), kind=StepKind.COUNTERSIGN)), "countersign_without_departments"),
        ((EXAMINE, replace(EXPERTS, kind=StepKind.PUBLIC_NOTICE), replace(DECIDE, after=())), "notice_days_invalid"),
        ((EXAMINE, replace(EXPERTS, notice_days=7), replace(DECIDE, after=())), "notice_days_invalid"),
        ((EXAMINE, replace(EXPERTS, days=-1), replace(DECIDE, after=())), "step_days_invalid"),
        ((EXAMINE, replace(EXPERTS, days=11), replace(DECIDE, after=())), "step_limits_exceed_promise"),
        ((EXAMINE, replace(DECIDE, after=(), when=(StepCondition("a", ("b",)),))), "last_step_conditional"),
        ((EXAMINE, replace(SITE, when=(StepCondition("a", ()),)), EXPERTS, DECIDE), "step_condition_incomplete"),
        ((EXAMINE, replace(DECIDE, after=(), kind=StepKind.PUBLIC_NOTICE, notice_days=7)), "last_step_cannot_decide"),
        ((EXAMINE, replace(SITE, sign_departments=("nobody",)), EXPERTS, DECIDE), "department_unknown"),
        ((EXAMINE, replace(EXPERTS, kind=StepKind.PART), replace(DECIDE, after=())), "parts_not_joint"),
        (
            (
                EXAMINE,
                Step("up", "上报", "", "", CITY, after=("examine",)),
                SITE,
                replace(DECIDE, after=("up", "site")),
            ),
            "sent_up_in_parallel",
        ),
        ((EXAMINE, Step("p", "分项", "", "", COUNTY, signers=1), replace(DECIDE, after=())), "elsewhere_step_has_kind"),
        ((Step("p", "分项", "", "", COUNTY, after=(START,)), replace(DECIDE, after=("p",))), "route_ends_elsewhere"),
        (
            (
                replace(EXAMINE, when=(StepCondition("a", ("b",)),)),
                Step("p", "分项", "", "", COUNTY),
                replace(DECIDE, after=()),
            ),
            "elsewhere_sender_conditional",
        ),
    ],
)
def test_a_route_that_cannot_be_gone_is_not_published(steps: tuple[Step, ...], code: str) -> None:
    assert code in codes(guide(steps=steps))


QUESTION = SituationQuestion("place", "经营场所", (SituationOption("inn", "旅馆"), SituationOption("diner", "餐馆")))
FORM = '{"type": "object", "properties": {"area": {"type": "string", "title": "面积"}}}'


@pytest.mark.parametrize(
    ("field", "value", "known"),
    [("place", "inn", True), ("place", "shop", False), ("area", "大", True), ("colour", "红", False)],
)
def test_a_condition_names_what_the_applicant_is_asked(field: str, value: str, known: bool) -> None:
    steps = (replace(EXAMINE, when=(StepCondition(field, (value,)),)), replace(DECIDE, after=()))
    asked = guide(steps=steps, questions=(QUESTION,), form_schema=FORM)
    assert codes(asked) == ([] if known else ["step_condition_unknown"])


def test_a_loop_is_told_by_the_names_of_its_steps() -> None:
    looped = guide(steps=(replace(EXAMINE, after=("site",)), SITE, EXPERTS, DECIDE))
    assert "环节形成循环：" in words(looped)
    assert [name for name in ("审查", "现场核查") if name in words(looped)] == ["审查", "现场核查"]


def test_a_joint_item_is_decided_by_its_lead() -> None:
    part = Step("part", "分项", "reviewer", kind=StepKind.PART)
    other = next(one.key for one in center().departments if one.key != guide().department_key)
    assert "joint_lead_missing" in codes(joint(part, Step("decide", "决定", "approver", other)))


def test_limits_add_up_along_the_longest_way_and_only_there() -> None:
    steps = (replace(EXAMINE, days=2), replace(SITE, days=4), replace(EXPERTS, days=3), replace(DECIDE, days=1))
    assert longest_days(steps) == 7
    assert codes(guide(steps=steps, promised_limit=Limit(7, Unit.WORKING_DAY))) == []
    assert codes(guide(steps=steps, promised_limit=Limit(6, Unit.WORKING_DAY))) == ["step_limits_exceed_promise"]
    assert codes(guide(steps=steps, promised_limit=Limit(8, Unit.HOUR), statutory_limit=None)) == [
        "step_limits_in_days"
    ]


def test_a_route_is_the_same_after_its_message_and_after_the_exchange_form() -> None:
    every = guide(
        steps=(
            EXAMINE,
            replace(SITE, when=(StepCondition("place", ("餐馆", "食堂")),)),
            replace(EXPERTS, sign_departments=(guide().department_key,)),
            Step("notice", "公示", "reviewer", kind=StepKind.PUBLIC_NOTICE, notice_days=7, after=("examine",)),
            Step("p", "分项", "", "", COUNTY, after=("examine",)),
            replace(DECIDE, after=("site", "experts", "notice", "p")),
        )
    )
    assert guide_of(item_message("i", "c", ItemVersion(1, ItemState.DRAFT, every), 1)).steps == every.steps
    read, problems = read_row(Row(1, cells_of(every), ()))
    assert (problems, read and read.steps) == ([], every.steps)


def test_a_route_is_checked_in_words_before_it_is_kept(federation: World) -> None:
    loop = (replace(EXAMINE, after=("decide",)), Step("decide", "决定", "approver"))
    problems, _ = check_item(
        catalog=federation.catalog, call=federation.call(), center_id=CENTER, guide=guide(steps=loop)
    )
    assert "route_loop" in [each.code for each in problems]
    assert any("审查" in each.message and "循环" in each.message for each in problems)
    assert not federation.settle()
    problems, _ = check_item(catalog=federation.catalog, call=federation.call(), center_id=CENTER, guide=guide())
    assert problems == []
