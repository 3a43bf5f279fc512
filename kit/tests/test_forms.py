"""Forms as JSON Schemas: what one may be, what contradicts itself, and what is wrong with answers."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from kit.errors import Invalid
from kit.forms import FieldKind, answer_problems, read_form

TODAY = date(2026, 11, 23)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "shop": {"type": "string", "title": "店铺名称", "minLength": 2, "maxLength": 40},
        "mode": {
            "type": "string",
            "title": "经营方式",
            "oneOf": [{"const": "single", "title": "单店"}, {"const": "chain", "title": "连锁"}],
        },
        "area": {"type": "number", "title": "面积", "minimum": 1, "maximum": 10_000},
        "owners": {
            "type": "array",
            "title": "出资人",
            "minItems": 1,
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "title": "姓名"},
                    "id_number": {"type": "string", "title": "身份证号码", "format": "resident_id"},
                },
                "required": ["name", "id_number"],
            },
        },
        "opens": {"type": "string", "title": "开业日期", "format": "date"},
    },
    "required": ["shop", "mode", "owners"],
    "allOf": [
        {
            "if": {"properties": {"mode": {"const": "chain"}}, "required": ["mode"]},
            "then": {
                "properties": {"head_office": {"type": "string", "title": "总部信用代码", "format": "credit_code"}},
                "required": ["head_office"],
            },
        }
    ],
}
ANSWERS: dict[str, Any] = {
    "shop": "样例茶铺",
    "mode": "single",
    "owners": [{"name": "张三丰", "id_number": "990101199001011230"}],
}


def wrong(**changes: Any) -> list[tuple[str, str]]:
    """The problems of the sample's answers with these changes."""
    answers = {key: value for key, value in {**ANSWERS, **changes}.items() if value is not None}
    return [(problem.path, problem.message) for problem in answer_problems(read_form(SCHEMA), answers, TODAY)]


def test_a_form_says_its_fields_in_order_with_groups_and_conditions() -> None:
    form = read_form(SCHEMA)
    assert [field.key for field in form.fields] == ["shop", "mode", "area", "owners", "opens", "head_office"]
    assert form.fields[3].kind is FieldKind.GROUP
    assert [part.title for part in form.fields[3].fields] == ["姓名", "身份证号码"]
    assert "head_office" not in [field.key for field in form.asked({"mode": "single"})]
    assert "head_office" in [field.key for field in form.asked({"mode": "chain"})]


def test_right_answers_have_no_problems() -> None:
    assert wrong() == []
    assert wrong(mode="chain", head_office="91110000600037341L", area=12.5, opens="2026-12-01") == []


def test_each_problem_names_its_field() -> None:
    assert wrong(shop="茶") == [("shop", "“店铺名称”至少 2 个字")]
    assert wrong(shop=None) == [("shop", "“店铺名称”必填")]
    assert wrong(mode="other")[0] == ("mode", "“经营方式”不是可选的选项")
    assert wrong(area=0) == [("area", "“面积”不能小于 1")]
    assert wrong(opens="2026-02-30") == [("opens", "“开业日期”应为日期，如 2026-11-23")]


def test_numbers_of_persons_and_firms_are_checked_by_their_check_digits() -> None:
    owners = [{"name": "李四", "id_number": "990101199001011231"}]
    assert wrong(owners=owners) == [
        ("owners.0.id_number", "“出资人第 1 项 身份证号码”有误，请核对 18 位居民身份证号码")
    ]
    assert wrong(mode="chain", head_office="91110000600037341M") == [
        ("head_office", "“总部信用代码”有误，请核对 18 位统一社会信用代码")
    ]


def test_a_field_that_hangs_on_another_is_wanted_then_and_only_then() -> None:
    assert wrong(mode="chain") == [("head_office", "“总部信用代码”必填")]
    assert wrong(head_office="91110000600037341L") == [
        ("head_office", "“总部信用代码”在您所选的情形下不用填写，请去掉")
    ]


def test_rows_of_a_group_are_counted() -> None:
    row = ANSWERS["owners"][0]
    assert wrong(owners=[]) == [("owners", "“出资人”至少填写 1 项")]
    assert wrong(owners=[row] * 4) == [("owners", "“出资人”最多填写 3 项")]
    assert wrong(owners=[{"name": "李四"}]) == [("owners.0.id_number", "“出资人第 1 项 身份证号码”必填")]


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sample with one part of it replaced."""
    schema: dict[str, Any] = deepcopy(SCHEMA)
    *way, last = path.split("/")
    place: Any = schema
    for part in way:
        place = place[int(part)] if part.isdigit() else place[part]
    place[last] = value
    return schema


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (changed("properties/shop/maxLength", 1), "minLength 大于 maxLength"),
        (changed("properties/area/minimum", 20_000), "minimum 大于 maximum"),
        (changed("properties/owners/minItems", 9), "minItems 大于 maxItems"),
        (changed("required", ["shop", "nothing"]), "必填的字段 nothing 没有定义"),
        (changed("properties/mode/oneOf", []), "选项应为 1 至"),
        (changed("properties/mode/minLength", 9), "选项“single”不符合它自己的要求"),
        (changed("allOf/0/if/properties", {"mode": {"const": "franchise"}}), "条件不可能成立"),
        (changed("allOf/0/if/properties", {"shop": {"const": "a"}}), "if（一个字段"),
        (
            changed("allOf/0/then/properties", {"shop": {"type": "string", "title": "店"}}),
            "then必填的字段 head_office 没有定义",
        ),
        (changed("allOf/0/then", {"properties": {"shop": {"type": "string", "title": "店"}}}), "字段 shop 定义了两次"),
        (changed("allOf/0/if/required", []), "if（一个字段"),
        (changed("properties/opens/format", "uri"), "格式 uri 不认识"),
        (changed("properties/shop/pattern", "(a+)+$"), "pattern"),
        (changed("properties/shop/pattern", "^a*a*a*b$"), "pattern"),
        (changed("properties/shop/type", "null"), "字段 shop 应有 type"),
        (changed("properties/shop/not", {}), "不能使用 not"),
        (changed("properties", {}), "没有定义"),
        ([], "JSON Schema"),
        ({"type": "object"}, "字段应为 1 至"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_form_that_contradicts_itself_or_cannot_be_drawn_is_refused(schema: Any, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_form(schema)
    assert refused.value.code == "form_schema_invalid"
    assert said in refused.value.message
