"""Situations, forms and commitments of an item: what contradicts itself isn't kept, what is incomplete isn't published."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from reference.protos import item as told_item
from services.catalog.domain.checklists import Commitment, SituationCondition, SituationOption, SituationQuestion
from services.catalog.domain.items import Guide, ItemState, ItemVersion, Material
from services.catalog.domain.publication import draft_problems, publication_problems
from services.catalog.events.messages import guide_of, item_message
from services.catalog.handlers.guides import cleaned
from services.catalog.tests.conftest import center, guide
from services.catalog.tests.test_catalog_publication import RULES

MODE = SituationQuestion("mode", "经营方式", (SituationOption("single", "单店"), SituationOption("chain", "连锁")))
CHAIN = SituationCondition("mode", ("chain",))
FORM = orjson.dumps(
    {"type": "object", "properties": {"shop": {"type": "string", "title": "店铺名称"}}, "required": ["shop"]}
).decode()
COMMITMENT = Commitment("法", "条件", "后果", "监管", "违诺认定", "申诉和信用修复", 10, 20, ("plan",))
MATERIALS = (
    Material("form", "申请书", "applicant", "original", sample="见样表", standard="A4"),
    Material("head", "总部授权书", "applicant", "copy", when=(CHAIN,), obtained="reuse", trust="B"),
    Material("plan", "平面图", "applicant", "copy", main=False, deferrable=True),
)


def full(**changes: Any) -> Guide:
    return guide(
        **{"questions": (MODE,), "materials": MATERIALS, "form_schema": FORM, "commitment": COMMITMENT, **changes}
    )


def draft_codes(one: Guide) -> list[str]:
    return [finding.code for finding in draft_problems(one, center(), RULES)]


def test_a_guide_with_situations_form_and_commitment_may_be_published() -> None:
    assert list(publication_problems(full(), center(), RULES)) == []


def test_it_reaches_other_services_whole() -> None:
    message = item_message("i", "610902", ItemVersion(1, ItemState.PUBLISHED, cleaned(full())), 3)
    assert guide_of(message) == full()
    told = told_item(message)
    assert told.form_schema == FORM
    assert told.commitment is not None
    assert told.commitment.waived == ("plan",)
    wanted = [material.key for material in told.materials if material.wanted({"mode": "single"})]
    assert wanted == ["form", "plan"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"questions": (MODE, MODE)}, "question_key_taken"),
        ({"questions": (replace(MODE, options=MODE.options[:1]),)}, "options_invalid"),
        ({"questions": ()}, "condition_unknown"),
        ({"materials": (replace(MATERIALS[1], when=(SituationCondition("mode", ("no",)),)),)}, "condition_unknown"),
        ({"materials": (replace(MATERIALS[1], when=(CHAIN, CHAIN)),)}, "condition_repeated"),
        ({"materials": (replace(MATERIALS[0], deferrable=True),)}, "main_material_deferrable"),
        ({"materials": (replace(MATERIALS[0], trust="E"),)}, "material_trust_unknown"),
        ({"materials": (replace(MATERIALS[0], obtained="magic"),)}, "material_obtained_unknown"),
        ({"commitment": replace(COMMITMENT, waived=("nothing",))}, "commitment_material_unknown"),
        ({"commitment": replace(COMMITMENT, correction_days=999)}, "commitment_days_invalid"),
        ({"form_schema": "{"}, "form_schema_invalid"),
        ({"form_schema": '{"type": "object", "properties": {}, "required": ["a"]}'}, "form_schema_invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_contradicts_itself_is_not_even_a_draft(changes: dict[str, Any], code: str) -> None:
    assert code in draft_codes(full(**changes))


def without(part: str) -> Commitment:
    changes: dict[str, Any] = {part: ""}
    return replace(COMMITMENT, **changes)


@pytest.mark.parametrize("part", ["laws", "conditions", "consequences", "supervision", "breach", "remedies"])
def test_a_commitment_without_one_of_its_parts_is_not_published(part: str) -> None:
    lacking = full(commitment=without(part))
    assert draft_codes(lacking) == []
    assert [one.code for one in publication_problems(lacking, center(), RULES)] == ["commitment_part_missing"]
