"""How a center lays its papers out: data within bounds, from which nothing that the law asks for can be left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Invalid
from reference.papers.layout import SHAPES, Choice, Measure, checked_layout, checked_wording, whole_layout
from reference.papers.sealing import PAPER_KINDS

KINDS = sorted(SHAPES)
ROWS = ["complaint_phone", "handled_by", "contact_phone", "department_name"]


def test_only_papers_that_a_center_may_word_are_laid_out() -> None:
    assert set(KINDS) <= set(PAPER_KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layout_that_is_as_the_paper_is_by_itself_says_nothing(kind: str) -> None:
    assert checked_layout(kind, whole_layout(kind, {})) == {}
    assert checked_layout(kind, {}) == {}


def test_only_what_is_otherwise_is_kept() -> None:
    wanted = {"margin_top": 25.0, "font_size": 11.5, "rows": ROWS, "labels": {"handled_by": "受理人员"}}
    assert checked_layout("receipt", wanted) == {
        "margin_top": 25,
        "rows": ROWS,
        "labels": {"handled_by": "受理人员"},
    }


@pytest.mark.parametrize(
    ("kind", "layout", "code", "said"),
    [
        ("banknote", {}, "paper_kind_unknown", "没有这种文书"),
        ("receipt", {"colour": "red"}, "layout_field_unknown", "没有“colour”这一项"),
        ("receipt", {"margin_top": 5}, "layout_value_invalid", "“上边距”应在 15 至 40 毫米之间"),
        ("receipt", {"margin_top": "20"}, "layout_value_invalid", "上边距"),
        ("receipt", {"margin_top": True}, "layout_value_invalid", "上边距"),
        ("receipt", {"margin_top": float("nan")}, "layout_value_invalid", "上边距"),
        ("receipt", {"font_size": 6}, "layout_value_invalid", "“正文字号”应在 10.5 至 14 磅之间"),
        ("receipt", {"letterhead_colour": "yellow"}, "layout_value_invalid", "红色、黑色"),
        ("receipt", {"footer_line": "一\n二"}, "layout_value_invalid", "一行文字"),
        ("receipt", {"rows": ROWS[1:]}, "layout_rows_incomplete", "投诉电话"),
        ("receipt", {"rows": [*ROWS, "handled_by"]}, "layout_rows_incomplete", "不能增减或者重复"),
        ("receipt", {"rows": "complaint_phone"}, "layout_rows_incomplete", "不能增减"),
        ("receipt", {"rows": [1, None, {}, []]}, "layout_rows_incomplete", "不能增减"),
        ("receipt", {"labels": {"salary": "工资"}}, "layout_field_unknown", "没有“salary”这一行"),
        ("receipt", {"labels": {"handled_by": " "}}, "layout_value_invalid", "不能为空"),
        ("receipt", {"labels": {"handled_by": "收" * 13}}, "layout_value_invalid", "不超过 12 个字"),
        ("receipt", {"labels": []}, "layout_value_invalid", "逐行"),
        ("receipt", {"hidden": ["seal"]}, "layout_block_required", "只有申请人签字栏可以省略"),
        ("receipt", {"hidden": [["seal"]]}, "layout_block_required", "只有申请人签字栏可以省略"),
        ("denied", {"hidden": ["signature"]}, "layout_block_required", "不能省略"),
        ("denied", {"copies": ["送达联"]}, "layout_copies_invalid", "不少于 2 联"),
        ("denied", {"copies": []}, "layout_copies_invalid", "不少于 2 联"),
        ("denied", {"copies": list("一二三四五")}, "layout_copies_invalid", "不超过 4 联"),
        ("denied", {"copies": ["送达联", 2]}, "layout_copies_invalid", "每联一行"),
        ("denied", {"copies": ["送达联", "存根联" * 3]}, "layout_copies_invalid", "不超过 8 个字"),
        ("result", {"copies": ["正本"]}, "layout_field_unknown", "copies"),
        ("result", {"page_number": "page"}, "layout_field_unknown", "page_number"),
        ("denied", {"copies": ["送达联", "送达联"]}, "layout_contradictory", "分不清各归谁"),
        (
            "receipt",
            {"labels": {"handled_by": "电话", "contact_phone": "电话"}},
            "layout_contradictory",
            "看不出各是什么",
        ),
        ("receipt", {"labels": {"handled_by": "投诉电话"}}, "layout_contradictory", "看不出各是什么"),
        ("receipt", {"table_size": 13}, "layout_contradictory", "表格字号大于正文字号"),
        ("receipt", {"footer_line": "网址", "margin_bottom": 15}, "layout_contradictory", "下边距不能小于 18 毫米"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_is_unknown_out_of_bounds_or_contradicts_itself_is_refused_in_words(
    kind: str, layout: dict[str, Any], code: str, said: str
) -> None:
    with pytest.raises(Invalid, match=code) as refused:
        checked_layout(kind, layout)
    assert said in refused.value.message


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_KEYS = sorted({key for kind in KINDS for key in whole_layout(kind, {})})


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=5), _JSON, max_size=4))
def test_whatever_comes_is_a_layout_or_is_refused(kind: str, layout: dict[str, Any]) -> None:
    try:
        kept = checked_layout(kind, layout)
    except Invalid as error:
        assert error.message.endswith(("。", "、"))
        return
    assert checked_layout(kind, kept) == kept
    assert checked_layout(kind, whole_layout(kind, kept)) == kept


def test_every_measure_and_choice_holds_its_own_default() -> None:
    for kind in KINDS:
        for part in SHAPES[kind].parts.values():
            assert part.check(part.default) == part.default
            if isinstance(part, Measure | Choice):
                assert part.show(part.default)


def test_words_are_checked_as_those_of_the_settings() -> None:
    assert checked_wording("receipt", {"opening": "{addressee}：", "note": ""}) == {"opening": "{addressee}："}
    for words, code in (
        ({"opening": "{salary}"}, "paper_field_unknown"),
        ({"body": "x"}, "paper_part_unknown"),
        ({"note": 5}, "paper_text_broken"),
    ):
        with pytest.raises(Invalid, match=code):
            checked_wording("receipt", words)
