"""What the citizen's situation asks for, and a form that is the same at the window and online (rules C11, C15)."""

from typing import Any

import orjson
import pytest

from kit.actor import Actor
from kit.errors import Invalid
from reference import Material, SituationCondition, SituationOption, SituationQuestion
from reference.testing import CENTER_ID, ITEM_ID, sample_item
from services.intake.domain.application import Answer, Application
from services.intake.domain.material import Declared, MaterialState
from services.intake.queries.checklists import Checklist, get_checklist
from services.intake.tests.intake_hall import CITIZEN, CLERK, COMPLETE, Hall, MakeHall

FORM = {
    "type": "object",
    "properties": {
        "shop": {"type": "string", "title": "店铺名称"},
        "mode": {"type": "string", "title": "经营方式", "enum": ["单店", "连锁"]},
    },
    "required": ["shop", "mode"],
    "allOf": [
        {
            "if": {"properties": {"mode": {"const": "连锁"}}, "required": ["mode"]},
            "then": {
                "properties": {"office": {"type": "string", "title": "总部信用代码", "format": "credit_code"}},
                "required": ["office"],
            },
        }
    ],
}
ITEM = sample_item(
    questions=(
        SituationQuestion("mode", "经营方式", (SituationOption("single", "单店"), SituationOption("chain", "连锁"))),
    ),
    materials=(
        Material("application-form", "申请书", standard="A4"),
        Material("letter", "总部授权书", when=(SituationCondition("mode", ("chain",)),)),
        Material("plan", "平面图", main=False, deferrable=True),
    ),
    form_schema=orjson.dumps(FORM).decode(),
)
SINGLE, CHAIN = (Answer("mode", "single"),), (Answer("mode", "chain"),)
RIGHT = '{"shop":"样例茶铺","mode":"单店"}'


@pytest.fixture
def hall(make_hall: MakeHall) -> Hall:
    return make_hall(items=[ITEM])


def taken_in(hall: Hall, who: Actor = CLERK, **changes: Any) -> Application:
    return hall.received(who, **{"situation": SINGLE, "form_json": RIGHT, **changes})


def checklist(hall: Hall, *answers: Answer, who: Actor = CITIZEN) -> Checklist:
    return get_checklist(desk=hall.desk, call=hall.by(who), center_id=CENTER_ID, item_id=ITEM_ID, situation=answers)


def test_the_answers_decide_which_materials_are_wanted(hall: Hall) -> None:
    assert [material.key for material in checklist(hall, *SINGLE).materials] == ["application-form", "plan"]
    assert len(checklist(hall, *CHAIN).materials) == 3
    asked = checklist(hall)
    assert (len(asked.materials), asked.unanswered) == (3, ("mode",))


@pytest.mark.parametrize("who", [CLERK, CITIZEN], ids=["window", "online"])
def test_an_application_keeps_its_situation_and_only_the_materials_of_it(hall: Hall, who: Actor) -> None:
    application = taken_in(hall, who)
    assert [material.key for material in application.materials] == ["application-form", "plan"]
    assert application.materials[0].standard == "A4"
    assert application.materials[1].deferrable
    assert hall.now(application).situation == SINGLE


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ((), "situation_unanswered"),
        ((Answer("mode", "franchise"),), "situation_unknown"),
        ((Answer("size", "big"), *SINGLE), "situation_unknown"),
        (SINGLE + CHAIN, "situation_unknown"),
    ],
)
def test_a_situation_that_is_open_or_unknown_is_refused_and_nothing_is_kept(
    hall: Hall, answers: tuple[Answer, ...], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        taken_in(hall, situation=answers)
    assert refused.value.code == code
    assert hall.told() == []


def test_a_material_of_another_situation_cannot_be_handed_in(hall: Hall) -> None:
    with pytest.raises(Invalid) as refused:
        taken_in(hall, declared=[*COMPLETE, Declared("letter", MaterialState.HANDED_IN, originals=1)])
    assert refused.value.code == "material_unknown"


@pytest.mark.parametrize("who", [CLERK, CITIZEN], ids=["window", "online"])
@pytest.mark.parametrize(
    ("form", "said", "field"),
    [
        ("", "“店铺名称”必填；“经营方式”必填。", "form.shop"),
        ('{"shop":"样","mode":"连锁","office":"123"}', "“总部信用代码”有误", "form.office"),
        ('{"shop":"样","mode":"单店","office":"91110000600037341L"}', "不用填写", "form.office"),
    ],
)
def test_a_form_is_held_to_its_schema_wherever_it_is_filled_in(
    hall: Hall, who: Actor, form: str, said: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        taken_in(hall, who, form_json=form)
    assert refused.value.code == "form_answers_invalid"
    assert said in refused.value.message
    assert refused.value.details["field"] == field


def test_what_a_citizen_answered_before_is_there_already_and_nobody_elses(hall: Hall) -> None:
    assert checklist(hall).form_json == ""
    taken_in(hall, CITIZEN)
    assert orjson.loads(checklist(hall).form_json) == {"shop": "样例茶铺", "mode": "单店"}
    other = Actor("citizen:somebody-else", "李四", frozenset({"citizen"}))
    assert checklist(hall, who=other).form_json == ""
    assert checklist(hall, who=CLERK).form_json == ""
