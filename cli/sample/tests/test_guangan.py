"""The second catalogue: real names and codes, and nothing made up about them."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from cli.sample import guangan
from cli.sample.guangan import GuanganRowError, convert, departments
from cli.sample.terms import ItemType

CODE = "511A0024800013-511602000000-000-11511301008778255F-1-00"
ROW = ["区住建局", "燃气经营许可证核发", "燃气经营许可证变更", CODE, "1"]


@pytest.fixture(scope="module")
def shipped() -> list[dict[str, str]]:
    with guangan.ITEMS_CSV.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_all_1135_items_are_there_with_their_types(shipped: list[dict[str, str]]) -> None:
    assert Counter(row["type"] for row in shipped) == {
        ItemType.LICENSING: 536,
        ItemType.PUBLIC_SERVICE: 348,
        ItemType.OTHER: 182,
        ItemType.CONFIRMATION: 50,
        ItemType.BENEFIT: 9,
        ItemType.ADJUDICATION: 8,
        ItemType.AWARD: 2,
    }
    assert len({row["code"] for row in shipped}) == 1135


def test_every_one_of_the_34_departments_has_items_and_a_key(shipped: list[dict[str, str]]) -> None:
    keys = [department.key for department in departments()]
    assert len(keys) == 34
    assert {row["department"] for row in shipped} == set(keys)


def test_what_the_source_does_not_say_stays_empty(shipped: list[dict[str, str]]) -> None:
    unknown = ("statutory_amount", "statutory_basis", "promised_amount", "materials", "fees", "steps", "results")
    assert {row[column] for row in shipped for column in unknown} == {""}


def test_a_row_is_put_into_the_exchange_form() -> None:
    (row,) = convert([ROW], departments())
    assert (row.code, row.name, row.type, row.department) == (CODE, "燃气经营许可证变更", "01", "zhufang-jianshe")
    assert row.keywords == ("燃气经营许可证核发",)
    assert (row.coding_scheme, row.statutory_amount) == ("free", None)


@pytest.mark.parametrize("main_item", ["未分类", "燃气经营许可证变更"])
def test_a_main_item_that_says_nothing_new_is_no_keyword(main_item: str) -> None:
    (row,) = convert([[ROW[0], main_item, *ROW[2:]]], departments())
    assert row.keywords == ()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (ROW[:4], "实有 4 列"),
        ([*ROW, ""], "实有 6 列"),
        (["区不存在局", *ROW[1:]], "区不存在局"),
        ([*ROW[:2], " ", *ROW[3:]], "缺少事项名称"),
        ([*ROW[:3], "511A", "1"], "不合结构"),
        ([*ROW[:3], CODE + "\n", "11"], "事项类型“11”"),
        ([*ROW[:4], ""], "事项类型“”"),
    ],
)
def test_a_bad_row_is_refused_with_its_number(row: list[str], problem: str) -> None:
    with pytest.raises(GuanganRowError, match=problem) as refused:
        convert([[*ROW[:3], "511B-511602000000-000-1-1-00", "1"], row], departments())
    assert refused.value.number == 2


def test_a_code_that_stands_twice_is_refused() -> None:
    with pytest.raises(GuanganRowError, match="与第 1 行重复"):
        convert([ROW, ROW], departments())


def test_the_file_is_made_again_from_source_rows(tmp_path: Path) -> None:
    source, target = tmp_path / "rows.json", tmp_path / "items.csv"
    source.write_text(json.dumps([ROW], ensure_ascii=False), encoding="utf-8")
    assert guangan.write(source, target) == 1
    header, line = target.read_text(encoding="utf-8").splitlines()
    assert header == guangan.ITEMS_CSV.read_text(encoding="utf-8").splitlines()[0]
    assert line == f"{CODE},燃气经营许可证变更,01,promised,single,zhufang-jianshe,,,,,,,,,,,燃气经营许可证核发,free"
    assert line in guangan.ITEMS_CSV.read_text(encoding="utf-8").splitlines()
