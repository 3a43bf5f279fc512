"""A center's own words on its papers: data, with named fields, checked before they are published."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Invalid
from reference.papers.wording import FIELDS, PARTS, worded, wording_of
from reference.policies import ALL

check = wording_of("reason")
WORDINGS = [key for key in ALL if key.endswith("_wording")]


def test_fields_stand_for_what_the_paper_knows() -> None:
    text = "{addressee}您好：“{item_name}”的{reason}。"
    check({"opening": text})
    said = worded({"opening": text}, {"addressee": "张三", "item_name": "食品经营许可", "reason": "材料已收"})
    assert said["opening"] == "张三您好：“食品经营许可”的材料已收。"
    assert said["closing"] == ""


@pytest.mark.parametrize(
    ("value", "code", "named"),
    [
        ({"opening": "{salary}"}, "paper_field_unknown", "salary"),
        ({"opening": "{handled_by}"}, "paper_field_unknown", "handled_by"),
        ({"opening": "{addressee"}, "paper_text_broken", "opening"),
        ({"opening": "addressee}"}, "paper_text_broken", "opening"),
        ({"opening": "{addressee.__class__}"}, "paper_text_broken", "opening"),
        ({"opening": "{0}"}, "paper_text_broken", "opening"),
        ({"opening": "{{addressee}}"}, "paper_text_broken", "opening"),
        ({"body": "x"}, "paper_part_unknown", "body"),
        ({"opening": ""}, "paper_text_broken", "opening"),
        ({"opening": 5}, "paper_text_broken", "opening"),
        ({"opening": "a\x00b"}, "paper_text_broken", "opening"),
        ({"letterhead": "长" * (PARTS["letterhead"] + 1)}, "paper_text_broken", "letterhead"),
    ],
    ids=str,
)
def test_what_is_broken_or_unknown_is_refused_with_its_name(value: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(Invalid, match=code) as refused:
        check(value)
    assert named in refused.value.message


@given(st.text())
def test_whatever_is_let_through_is_printed_as_it_is(text: str) -> None:
    try:
        check({"note": text})
    except Invalid:
        return
    assert worded({"note": text}, dict.fromkeys(FIELDS, "·"))["note"].count("{") == 0


@pytest.mark.parametrize("key", WORDINGS)
def test_every_paper_may_be_worded_and_none_is_without_being_asked(key: str) -> None:
    assert ALL[key].default == {}
    ALL[key].check({"letterhead": "{center_name}", "closing": "联系电话 {contact_phone}"})
    with pytest.raises(Invalid, match="paper_field_unknown"):
        ALL[key].check({"closing": "{unknown_field}"})
