import csv
import io
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kit.actor import PUBLIC
from kit.call import Call, Idempotency
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale, Unavailable
from kit.testing import MONDAY
from services.catalog import queries
from services.catalog.domain.centers import CenterLevel, Department
from services.catalog.domain.items import Item, ItemState
from services.catalog.handlers import draft_item, export_items, import_items, submit_item
from services.catalog.handlers.exchange import exports, files
from services.catalog.handlers.exchange.files import COLUMNS, REQUIRED
from services.catalog.handlers.exchange.imports import ImportReport
from services.catalog.handlers.exchange.rows import cells_of
from services.catalog.tests.conftest import CITY, COUNTY, MANAGER, World, actor, center, guide, names

SAMPLE = Path(__file__).parents[3] / "cli" / "sample"


def row(**changes: Any) -> dict[str, Any]:
    """A row that describes the sample guide."""
    return {**cells_of(guide()), **changes}


def as_json(*rows: Any) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def bring_in(world: World, content: bytes, format: str = "json", **asked: Any) -> ImportReport:
    call = Call(asked.pop("who", MANAGER), MONDAY, asked.pop("idempotency", None))
    center_id = asked.pop("center_id", COUNTY)
    return import_items(catalog=world.catalog, call=call, center_id=center_id, format=format, content=content, **asked)


def outcomes(report: ImportReport) -> list[str]:
    return [str(one.outcome) for one in report.rows]


def items_of(world: World, center_id: str = COUNTY) -> list[Item]:
    return list(world.catalog.items.each("by_center", center_id=center_id))


THREE = [row(code=f"C-{number}", name=f"事项{number}") for number in (1, 2, 3)]


@pytest.mark.parametrize("format", ["csv", "json"])
def test_good_rows_become_drafts(federation: World, format: str) -> None:
    report = bring_in(federation, files.write(format, THREE), format)
    assert (outcomes(report), report.imported, report.bad, report.applied) == (["added"] * 3, 3, 0, True)
    kept = items_of(federation)
    assert [item.id for item in kept] == [one.item_id for one in report.rows]
    assert kept[0].latest.guide == guide(implementation_code="C-1", name="事项1")
    assert {item.latest.state for item in kept} == {ItemState.DRAFT}


def test_one_bad_row_imports_nothing(federation: World) -> None:
    report = bring_in(federation, as_json(THREE[0], row(code="C-2", department="nowhere"), THREE[2]))
    assert (outcomes(report), report.imported, report.bad, report.applied) == (
        ["skipped", "bad", "skipped"],
        0,
        1,
        False,
    )
    assert report.rows[1].problems == ("本中心没有部门 nowhere",)
    assert items_of(federation) == []


def test_bad_rows_are_passed_over_when_asked(federation: World) -> None:
    report = bring_in(federation, as_json(THREE[0], row(code="", name=""), THREE[2]), skip_bad_rows=True)
    assert (outcomes(report), report.imported, report.bad, report.applied) == (["added", "bad", "added"], 2, 1, True)
    assert report.rows[1].problems == ("缺少编码 code", "缺少名称 name")
    assert len(items_of(federation)) == 2


def test_a_dry_run_reports_and_writes_nothing(federation: World) -> None:
    report = bring_in(federation, as_json(*THREE, row(kind="slow")), dry_run=True)
    assert (outcomes(report), report.imported, report.applied) == (["added"] * 3 + ["bad"], 0, False)
    assert items_of(federation) == []


@pytest.mark.parametrize("publish", [False, True])
def test_the_same_file_again_changes_nothing(federation: World, publish: bool) -> None:
    first = bring_in(federation, as_json(*THREE), publish=publish)
    federation.settle()
    again = bring_in(federation, as_json(*THREE), publish=publish)
    assert (outcomes(again), again.imported) == (["unchanged"] * 3, 0)
    assert [one.item_id for one in again.rows] == [one.item_id for one in first.rows]
    assert federation.settle() == []


def test_rows_are_published_in_one_write_each_when_asked(federation: World) -> None:
    report = bring_in(federation, as_json(*THREE), publish=True)
    told = federation.settle()
    assert Counter(names(told)) == {"item_drafted": 3, "item_submitted": 3, "item_published": 3}
    for one in report.rows:
        assert federation.reference.published_item(COUNTY, one.item_id).item_version == 1
        assert federation.catalog.items.get(one.item_id).version == 1


def test_a_changed_row_opens_the_next_version_and_the_public_keeps_the_former(federation: World) -> None:
    bring_in(federation, as_json(*THREE), publish=True)
    changed = [{**THREE[0], "name": "改名"}, *THREE[1:]]
    report = bring_in(federation, as_json(*changed))
    assert outcomes(report) == ["changed", "unchanged", "unchanged"]
    item = federation.catalog.items.get(report.rows[0].item_id)
    assert (item.latest.number, item.latest.state) == (2, ItemState.DRAFT)
    shown = queries.get_item(catalog=federation.catalog, call=federation.call(PUBLIC), item_id=item.id)
    assert shown.content.guide.name == "事项1"
    published = bring_in(federation, as_json(*changed), publish=True)
    assert outcomes(published) == ["changed", "unchanged", "unchanged"]
    federation.settle()
    assert federation.reference.published_item(COUNTY, item.id).name == "改名"


def test_what_cannot_be_published_is_bad_only_when_publishing(federation: World) -> None:
    thin = row(code="C-1", promised_amount=None, promised_unit="", steps=[])
    assert outcomes(bring_in(federation, as_json(thin), publish=True)) == ["bad"]
    report = bring_in(federation, as_json(thin))
    assert outcomes(report) == ["added"]


def test_a_weak_promise_is_a_warning_of_its_row(federation: World) -> None:
    report = bring_in(federation, as_json(row(promised_amount=19)))
    assert report.rows[0].warnings == ("承诺时限较法定时限压缩 5%，未达到压缩 30% 的要求",)


def test_an_item_in_review_is_not_changed_under_the_reviewers_hands(federation: World) -> None:
    item = draft_item(catalog=federation.catalog, call=federation.call(), item_id="", center_id=COUNTY, guide=guide())
    submit_item(catalog=federation.catalog, call=federation.call(), item_id=item.id, number=1)
    report = bring_in(federation, as_json(row(name="改名")))
    assert report.rows[0].problems == ("该事项有版本正在审核，请先退回或发布",)
    assert outcomes(bring_in(federation, as_json(row()))) == ["unchanged"]
    assert outcomes(bring_in(federation, as_json(row()), publish=True)) == ["changed"]
    assert federation.catalog.items.get(item.id).published is not None


def test_a_code_twice_in_a_file_makes_both_rows_bad(federation: World) -> None:
    report = bring_in(federation, as_json(THREE[0], THREE[1], THREE[0]))
    assert outcomes(report) == ["bad", "skipped", "bad"]
    assert report.rows[0].problems == ("编码 C-1 在文件中重复",)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "slow"}, "kind 应为"),
        ({"cooperation": "alone"}, "cooperation 应为"),
        ({"coding_scheme": "secret"}, "coding_scheme 应为"),
        ({"coding_scheme": "national"}, "实施编码应为 31 位"),
        ({"type": "77"}, "事项类型 77"),
        ({"lane": "nowhere"}, "没有队列 nowhere"),
        ({"promised_amount": "ten"}, "promised_amount 应为整数"),
        ({"promised_amount": True}, "promised_amount 应为整数"),
        ({"promised_amount": 10**9}, "promised_amount："),
        ({"promised_amount": -1}, "promised_amount："),
        ({"promised_unit": ""}, "没有 promised_unit"),
        ({"promised_unit": "week"}, "promised_unit 应为"),
        ({"materials": "申请书"}, "materials 应为对象的列表"),
        ({"materials": ["申请书"]}, "materials 第 1 项应为对象"),
        ({"materials": [{"key": "a"}]}, "缺少 name"),
        ({"materials": [{"key": "a", "name": "甲", "colour": "red"}]}, "不认识 colour"),
        ({"materials": [{"key": "a", "name": 7}]}, "name 应为文字"),
        ({"materials": [{"key": "a", "name": "甲", "necessity": "perhaps"}]}, "necessity 应为"),
        ({"materials": [{"key": "a", "name": "甲", "copies": "two"}]}, "copies 应为整数"),
        ({"materials": [{"key": "a", "name": "甲", "copies": 10**30}]}, "份数应为"),
        ({"fees": "十元"}, "fees 应为列表"),
        ({"steps": [{"key": "a", "name": "甲", "role": "cleaner"}]}, "角色 cleaner"),
        ({"audience": "1;2"}, "audience 应为文字的列表"),
        ({"keywords": [1]}, "keywords 应为文字的列表"),
        ({"name": {"$ne": ""}}, "name 应为文字"),
        ({"name": "长" * 201}, "内容过长"),
        ({"name": "响\x07铃"}, "无法识别的字符"),
        ({"name": "\ud800"}, "无法识别的字符"),
        ({"source_note": ["x"]}, "source_note 应为文字"),
        ({"surprise": 1}, "不认识 surprise"),
    ],
)
def test_each_wrong_cell_is_told_in_its_row(federation: World, changes: dict[str, Any], problem: str) -> None:
    content = json.dumps([row(**changes)]).encode()
    report = bring_in(federation, content)
    assert outcomes(report) == ["bad"]
    assert any(problem in said for said in report.rows[0].problems), report.rows[0].problems
    json.dumps([report.rows[0].name, *report.rows[0].problems]).encode()
    assert items_of(federation) == []


@pytest.mark.parametrize(
    ("format", "content", "code"),
    [
        ("xml", b"<items/>", "exchange_format_unknown"),
        ("json", b"", "import_malformed"),
        ("json", b"{}", "import_malformed"),
        ("json", b"[1, 2", "import_malformed"),
        ("json", b"[" * 100_000, "import_malformed"),
        ("json", b"[]", "import_empty"),
        ("json", "名称".encode("gbk"), "import_not_utf8"),
        ("csv", b"", "import_columns_missing"),
        ("csv", b"code,name\n1,2\n", "import_columns_missing"),
        ("csv", ",".join((*REQUIRED, "colour")).encode(), "import_columns_unknown"),
        ("csv", ",".join((*REQUIRED, "code")).encode(), "import_columns_twice"),
        ("csv", ",".join(REQUIRED).encode() + b"\n", "import_empty"),
        ("csv", ",".join(REQUIRED).encode() + b'\n"a"b,c\n', "import_malformed"),
        ("csv", ",".join(REQUIRED).encode() + b'\n"' + b"x" * 200_000 + b'"\n', "import_malformed"),
    ],
)
def test_what_is_no_file_is_refused_whole(federation: World, format: str, content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        bring_in(federation, content, format)
    assert refused.value.code == code


def test_too_many_rows_are_refused(federation: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ROWS", 2)
    with pytest.raises(Invalid, match="import_too_many_rows"):
        bring_in(federation, as_json(*THREE))


def test_a_csv_row_that_cannot_be_read_is_told_by_its_number(federation: World) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(REQUIRED)
    writer.writerow(["C-1", "事项", "01", "promised", "single", "market", "many", "", "", "10", "working_day", "{bad"])
    writer.writerow([])
    writer.writerow(["C-2", "事项"] + [""] * 16)
    report = bring_in(federation, stream.getvalue().encode("utf-8-sig"), "csv")
    assert [(one.row, one.problems) for one in report.rows] == [
        (1, ("statutory_amount 的内容无法读取", "materials 的内容无法读取")),
        (2, ("单元格多于列，请核对引号和逗号",)),
    ]


def test_who_may_import_and_where(federation: World) -> None:
    content = as_json(*THREE)
    with pytest.raises(Forbidden, match="role_not_allowed"):
        bring_in(federation, content, who=actor("chief"))
    with pytest.raises(Forbidden, match="center_not_allowed"):
        bring_in(federation, content, who=actor("manager", centers=(CITY,)))
    with pytest.raises(NotFound, match="center_unknown"):
        bring_in(federation, content, center_id="999999")


def test_one_idempotency_key_imports_every_row(federation: World) -> None:
    report = bring_in(federation, as_json(*THREE), idempotency=Idempotency("key", "print"))
    assert len({one.item_id for one in report.rows}) == 3
    assert len(items_of(federation)) == 3


def test_importing_again_completes_what_a_crash_left(federation: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one_after_another = replace(federation.catalog, writers=ThreadPoolExecutor(1))
    create = federation.catalog.items.create
    left = iter([1])

    def crash_after_the_first(*arguments: Any, **named: Any) -> Item:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return create(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(federation.catalog.items, "create", crash_after_the_first)
        patch.setattr(federation, "catalog", one_after_another)
        with one_after_another.writers, pytest.raises(KeyboardInterrupt):
            bring_in(federation, as_json(*THREE), publish=True)
    assert len(items_of(federation)) == 1
    report = bring_in(federation, as_json(*THREE), publish=True)
    assert sorted(outcomes(report)) == ["added", "added", "unchanged"]
    assert all(item.published is not None for item in items_of(federation))


def test_a_row_that_somebody_else_changes_meanwhile_is_written_again(
    federation: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(federation, as_json(THREE[0]))
    save = federation.catalog.items.save
    interfere = iter([True])

    def save_late(item: Item, *arguments: Any, **named: Any) -> Item:
        if next(interfere, False):
            raise Stale("stale_version", "记录已被他人更新")
        return save(item, *arguments, **named)

    monkeypatch.setattr(federation.catalog.items, "save", save_late)
    report = bring_in(federation, as_json({**THREE[0], "name": "改名"}))
    assert outcomes(report) == ["changed"]
    assert items_of(federation)[0].latest.guide.name == "改名"


def test_a_row_that_cannot_be_written_is_told_and_the_others_stand(
    federation: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = federation.catalog.items.create

    def refuse_one(item: Item, *arguments: Any, **named: Any) -> Item:
        if item.latest.guide.name == "事项2":
            raise Conflict("item_in_review", "该版本正在审核")
        return create(item, *arguments, **named)

    monkeypatch.setattr(federation.catalog.items, "create", refuse_one)
    report = bring_in(federation, as_json(*THREE))
    assert (outcomes(report), report.imported, report.applied) == (["added", "bad", "added"], 2, True)
    assert report.rows[1].problems == ("该版本正在审核",)


def test_a_store_that_does_not_answer_is_no_rows_fault_and_the_same_file_completes_the_import(
    federation: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = federation.catalog.items.create

    def miss_one(item: Item, *arguments: Any, **named: Any) -> Item:
        if item.latest.guide.name == "事项2":
            raise Unavailable("store_unavailable", "数据暂时无法读写，请稍后重试。")
        return create(item, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(federation.catalog.items, "create", miss_one)
        with pytest.raises(Unavailable):
            bring_in(federation, as_json(*THREE))
    report = bring_in(federation, as_json(*THREE))
    assert report.bad == 0
    assert outcomes(report).count("added") >= 1
    assert len(items_of(federation)) == 3


@pytest.mark.parametrize("format", ["csv", "json"])
def test_what_is_exported_comes_back_unchanged(federation: World, format: str) -> None:
    bring_in(federation, as_json(*THREE), publish=True)
    content, count = export_items(catalog=federation.catalog, call=federation.call(), center_id=COUNTY, format=format)
    assert count == 3
    assert outcomes(bring_in(federation, content, format, publish=True)) == ["unchanged"] * 3
    elsewhere = bring_in(federation, content, format, center_id=CITY)
    assert outcomes(elsewhere) == ["added"] * 3
    again, _ = export_items(catalog=federation.catalog, call=federation.call(), center_id=CITY, format=format)
    assert again == content


def test_only_those_who_run_the_center_export_and_not_more_than_an_answer_holds(
    federation: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(who: Any = MANAGER, format: str = "csv") -> bytes:
        return export_items(catalog=federation.catalog, call=federation.call(who), center_id=COUNTY, format=format)[0]

    assert export().decode().strip() == ",".join(COLUMNS)
    with pytest.raises(Forbidden, match="role_not_allowed"):
        export(actor("clerk"))
    with pytest.raises(Forbidden, match="center_not_allowed"):
        export(actor("manager", centers=(CITY,)))
    with pytest.raises(Invalid, match="exchange_format_unknown"):
        export(format="xml")
    monkeypatch.setattr(exports, "MAX_BYTES", 10)
    with pytest.raises(Conflict, match="export_too_large"):
        export()


def test_a_real_catalogue_of_1135_items_comes_in(world: World) -> None:
    departments = json.loads((SAMPLE / "guangan_departments.json").read_text("utf-8"))
    everyone = tuple(Department(one["key"], one["name"]) for one in departments)
    world.add(center("511602", level=CenterLevel.COUNTY, departments=everyone))
    everywhere = actor("manager", centers=("511602",))
    content = (SAMPLE / "guangan_items.csv").read_bytes()
    report = bring_in(world, content, "csv", center_id="511602", who=everywhere)
    assert Counter(outcomes(report)) == {"added": 1135}
    again = bring_in(world, content, "csv", center_id="511602", who=everywhere)
    assert Counter(outcomes(again)) == {"unchanged": 1135}
    refused = bring_in(world, content, "csv", center_id="511602", who=everywhere, publish=True)
    assert (Counter(outcomes(refused)), refused.applied) == ({"bad": 1135}, False)
