"""The data as it ships: complete, consistent, and honest about what it assumes."""

import re

import pytest
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent

from cli.sample import codes
from cli.sample.checks import compression
from cli.sample.load import Federation
from cli.sample.terms import CenterLevel, Cooperation, ItemKind, LimitUnit, WindowKind

REAL_CODES = {
    "公共场所卫生许可（新办）": "000123020000",
    "食品经营许可（新办）": "000131024000",
    "公司设立登记": "000131127004",
    "林木采伐许可": "000164213003",
}


def test_there_are_sixty_six_items_of_every_kind_and_way_of_working_together(federation: Federation) -> None:
    assert len(federation.items) == 66
    assert {item.kind for item in federation.items} == set(ItemKind)
    assert {item.cooperation for item in federation.items} == set(Cooperation)


def test_only_the_four_codes_known_to_be_real_are_not_marked_as_assumed(federation: Federation) -> None:
    assert {item.name: item.basic_code for item in federation.items if not item.basic_code_assumed} == REAL_CODES


def test_an_items_type_stands_in_its_basic_code(federation: Federation) -> None:
    assert [item.key for item in federation.items if item.basic_code[2:4] != item.type] == []


def test_keys_are_short_and_plain(federation: Federation) -> None:
    assert [item.key for item in federation.items if not re.fullmatch(r"[a-z]+(-[a-z]+)*", item.key)] == []
    assert max(len(item.key) for item in federation.items) <= 32


def test_every_item_says_that_its_steps_and_the_form_of_its_materials_are_assumed(federation: Federation) -> None:
    for item in federation.items:
        assert {"steps", "materials.form", "materials.necessity"} <= set(item.assumptions), item.name


def test_the_items_short_of_the_compression_rule_are_reported_and_no_others(federation: Federation) -> None:
    assert {(w.code, w.subject) for w in federation.warnings} == {
        ("compression_below_minimum", "shipin-shengchan"),
        ("compression_below_minimum", "shebaoka-buhuan"),
        ("compression_below_minimum", "jidongche-zhuanyi"),
    }


def test_items_without_a_statutory_limit_have_nothing_to_compress(federation: Federation) -> None:
    without = {item.key for item in federation.items if item.statutory_limit is None}
    assert without == {"yibao-yidi-beian", "chusheng-dengji", "gaoling-jintie"}
    assert all(compression(federation.item(key)) is None for key in without)


def test_three_months_are_ninety_calendar_days_and_say_so(federation: Federation) -> None:
    limit = federation.item("minban-xuexiao").statutory_limit
    assert limit is not None
    assert (limit.amount, limit.unit) == (90, LimitUnit.CALENDAR_DAY)
    assert "3个月" in limit.note


def test_extensions_differ_from_item_to_item(federation: Federation) -> None:
    extensions = {item.key: item.extension_limit.amount for item in federation.items if item.extension_limit}
    assert extensions["touzi-xiangmu-hezhun"] == 40
    assert extensions["shipin-jingying"] == 5
    assert extensions["yancao-lingshou"] == 10


def test_immediate_items_are_decided_at_the_window_within_a_day(federation: Federation) -> None:
    immediate = [item for item in federation.items if item.kind is ItemKind.IMMEDIATE]
    assert len(immediate) >= 10
    assert max(item.promised_limit.amount for item in immediate) <= 1


def test_some_items_have_five_steps(federation: Federation) -> None:
    assert max(len(item.steps) for item in federation.items) == 5


def test_the_centers_are_a_city_a_county_and_a_township_in_one_line(federation: Federation) -> None:
    assert [(center.code, center.parent, center.level) for center in federation.centers] == [
        ("610900", None, CenterLevel.CITY),
        ("610902", "610900", CenterLevel.COUNTY),
        ("610902107", "610902", CenterLevel.TOWNSHIP),
    ]
    assert federation.center("610902107").name == "恒口镇为民服务中心"


def test_the_county_offers_everything_and_the_township_what_people_need_near_home(federation: Federation) -> None:
    assert len(federation.center("610902").items) == 66
    assert 50 <= len(federation.center("610900").items) < 66
    assert 10 <= len(federation.center("610902107").items) <= 15


def test_city_and_county_have_windows_of_all_seven_kinds(federation: Federation) -> None:
    for code in ("610900", "610902"):
        assert {window.kind for window in federation.center(code).windows} == set(WindowKind)


def test_every_implementation_code_has_thirty_one_digits_and_is_used_once(federation: Federation) -> None:
    built = [
        federation.implementation_code(center, item)
        for center in federation.centers
        for item in federation.items_of(center)
    ]
    assert {len(code) for code in built} == {31}
    assert len(set(built)) == len(built)


def test_an_implementation_code_is_credit_code_level_and_basic_code(federation: Federation) -> None:
    # A published example: 洪泽, social security card.
    assert codes.implementation_code("11320829014341463H", CenterLevel.COUNTY, "322014325002") == (
        "11320829014341463H4322014325002"
    )


def test_no_credit_code_can_belong_to_a_real_body(federation: Federation) -> None:
    for center in federation.centers:
        for department in center.departments:
            assert department.credit_code_synthetic
            assert uscc.validate(department.credit_code) == department.credit_code
            with pytest.raises(InvalidComponent):
                ric.get_birth_place(department.credit_code[2:8] + "20000101001X")


def test_no_telephone_number_can_be_dialled(federation: Federation) -> None:
    numbers = [center.phone for center in federation.centers]
    numbers += [department.phone for center in federation.centers for department in center.departments]
    assert [number for number in numbers if not re.fullmatch(r"0915-0\d{6}", number)] == []
    assert len(set(numbers)) == len(numbers)


def test_the_hours_are_nine_to_twelve_and_one_to_five(federation: Federation) -> None:
    for center in federation.centers:
        assert [(hours.opens, hours.closes) for hours in center.working_hours] == [
            ("09:00", "12:00"),
            ("13:00", "17:00"),
        ]


def test_a_named_item_stands_in_its_own_lane_and_not_in_its_departments(federation: Federation) -> None:
    county = federation.center("610902")
    assert county.lane_of(federation.item("fangwu-zhuanyi-maimai")).prefix == "G"
    assert county.lane_of(federation.item("jianshe-gongcheng-guihua")).prefix == "B"
