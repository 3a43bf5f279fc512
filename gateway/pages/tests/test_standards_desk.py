"""Standards and figures: what a site below may set, what it is told when it may not, and figures that were restated."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.pages.cooperation.values import as_pairs, pairs, read, shown
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from gateway.wire import free_struct, plain_struct
from kit.errors import Conflict, Invalid
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import figures_pb2 as figures
from tongban.federation.v1 import standards_pb2 as messages

ID = "610900.city:policy:reply"
CONTENT = {"urging_answer_days": 3, "notes": "一次告知", "weekends": False}


@pytest.fixture
def received(site: FakeSite) -> messages.Standard:
    standard = messages.Standard(
        id=ID,
        kind=messages.STANDARD_KIND_POLICY,
        key="reply",
        title="答复时限",
        number=2,
        content=free_struct(CONTENT),
        open=["urging_answer_days", "weekends"],
        local=free_struct({"urging_answer_days": 2}),
        received_from="610900.city",
        version=7,
    )
    site.answers("ListStandards", cooperation.ListStandardsResponse(standards=[standard]))
    return standard


def test_what_came_from_above_says_what_is_open_and_what_was_set_here(
    visitor: Visitor, received: messages.Standard
) -> None:
    visitor.sign_in("manager")
    text = visitor.get("/cooperation/standards?kind=policy")[1]
    assert 'name="local-urging_answer_days"' in text
    assert 'name="local-notes"' not in text
    assert "一次告知" in text
    assert "<strong>2</strong>" in text


def test_local_values_are_of_the_kind_of_what_came(
    visitor: Visitor, site: FakeSite, received: messages.Standard
) -> None:
    visitor.sign_in("manager")
    fields = {"local-urging_answer_days": "5", "local-weekends": "", "local-notes": "改", "sites": "610902100.guanmiao"}
    assert visitor.post(f"/cooperation/standards/policy/{ID}/localise", version="7", **fields)[0] == 303
    (asked,) = site.asked_of("LocaliseStandard")
    assert plain_struct(asked.request.local) == {"urging_answer_days": 5}
    assert (list(asked.request.sites), asked.request.expected_version) == (["610902100.guanmiao"], 7)


def test_a_number_that_is_none_is_refused_beside_its_field(
    visitor: Visitor, site: FakeSite, received: messages.Standard
) -> None:
    visitor.sign_in("manager")
    status, text = visitor.post(
        f"/cooperation/standards/policy/{ID}/localise", **{"version": "7", "local-urging_answer_days": "五"}
    )
    assert status == 422
    assert 'id="local-urging_answer_days-error"' in text
    assert not site.asked_of("LocaliseStandard")


def test_what_may_not_be_undone_is_said(visitor: Visitor, site: FakeSite, received: messages.Standard) -> None:
    visitor.sign_in("manager")
    site.answers("LocaliseStandard", Conflict("fixed_by_parent", "以下内容由上级统一规定，不能修改：notes。"))
    status, text = visitor.post(f"/cooperation/standards/policy/{ID}/localise", version="7")
    assert status == 409
    assert "由上级统一规定" in text


def test_a_chief_reads_standards_and_sets_none(visitor: Visitor, received: messages.Standard) -> None:
    visitor.sign_in("chief")
    text = visitor.get("/cooperation/standards?kind=policy")[1]
    assert "答复时限" in text
    assert "/localise" not in text
    assert visitor.get("/cooperation/standards/new")[0] == 403


def test_a_standard_is_issued_with_what_was_typed(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("admin")
    fields = {
        "kind": "policy",
        "key": "reply",
        "title": "答复时限",
        "content": "urging_answer_days=3\nnotes=一次告知",
        "open": "urging_answer_days",
        "sites": "610902.hanbin\n610921.hanyin",
    }
    assert visitor.post("/cooperation/standards/new", **fields)[0] == 303
    (asked,) = site.asked_of("IssueStandard")
    assert plain_struct(asked.request.standard.content) == {"urging_answer_days": 3, "notes": "一次告知"}
    assert list(asked.request.sites) == ["610902.hanbin", "610921.hanyin"]
    assert asked.request.expected_version == 0


def test_the_next_number_of_a_standard_begins_with_the_last(visitor: Visitor, received: messages.Standard) -> None:
    visitor.sign_in("manager")
    text = visitor.get(f"/cooperation/standards/new?kind=policy&standard={ID}")[1]
    assert "urging_answer_days=3" in text
    assert 'name="version" value="7"' in text


@pytest.mark.parametrize(
    ("value", "text"), [(True, "是"), (3.0, "3"), (2.5, "2.5"), ("a", "a"), (None, ""), ([1, "二"], '[1, "二"]')]
)
def test_a_value_is_shown_as_people_read_it(value: Any, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("typed", "like", "value"),
    [
        ("是", False, True),
        ("false", True, False),
        ("2", 1.0, 2.0),
        ("甲", "乙", "甲"),
        ("[1]", [2], [1]),
        ("甲", None, "甲"),
    ],
)
def test_a_value_is_read_as_what_it_stands_for(typed: str, like: Any, value: Any) -> None:
    assert read(typed, like, "f") == value


@pytest.mark.parametrize(("typed", "like"), [("也许", True), ("三", 1.0), ("[", [1])])
def test_a_value_of_another_kind_is_refused(typed: str, like: Any) -> None:
    with pytest.raises(Invalid):
        read(typed, like, "f")


def test_content_is_written_line_by_line_and_read_back() -> None:
    assert pairs(as_pairs(CONTENT), "content") == CONTENT
    with pytest.raises(Invalid):
        pairs("没有等号", "content")


def test_figures_say_how_often_they_were_restated(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    counts = [figures.Figure(name="received", count=12), figures.Figure(name="new_thing", count=1)]
    before = figures.Restatement(number=2, counts=[figures.Figure(name="received", count=9)], counted_by="样经理")
    day = figures.DailyFigures(
        site="610902.hanbin", center_id="610902", day="2026-11-23", number=3, counts=counts, restated=[before]
    )
    site.answers("ListFigures", cooperation.ListFiguresResponse(figures=[day], totals=counts))
    text = visitor.get("/cooperation/figures?day=2026-11-23")[1]
    assert "第 3 版，更正 2 次" in text
    assert "第 2 版" in text
    assert "样经理" in text
    assert "收件" in text
    assert "new_thing" in text
    assert site.asked_of("ListFigures")[0].request.day == "2026-11-23"


def test_yesterday_is_shown_where_no_day_is_asked_for(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    text = visitor.get("/cooperation/figures?day=gestern")[1]
    assert site.asked_of("ListFigures")[0].request.day == "2026-11-22"
    assert "重新统计" not in text


def test_a_day_is_counted_anew_by_the_manager(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    status, target = visitor.post("/cooperation/figures/2026-11-23/count")
    assert (status, target) == (303, "/cooperation/figures?day=2026-11-23&done=figures_counted")
    assert site.asked_of("CountFigures")[0].request.day == "2026-11-23"
