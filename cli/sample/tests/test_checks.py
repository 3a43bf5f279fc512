"""Each check catches the fault that it is for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cli.sample.checks import compression, compression_warnings, problems
from cli.sample.load import DATA, Federation, SampleDataError, load_federation
from cli.sample.model import Center, Fee, Item, Letter, Limit
from cli.sample.terms import ItemKind, LimitUnit

FOOD = "shipin-jingying"
LETTER = Letter("法", "条件", "后果", "监管", "认定", "申诉", correction_days=10, verification_days=20, waived=())
BABY = "chusheng-dengji"
COUNTY = "610902"


def with_item(federation: Federation, key: str, change: Callable[[Item], Item]) -> Federation:
    return replace(federation, items=tuple(change(i) if i.key == key else i for i in federation.items))


def with_center(federation: Federation, code: str, change: Callable[[Center], Center]) -> Federation:
    return replace(federation, centers=tuple(change(c) if c.code == code else c for c in federation.centers))


def codes_of(federation: Federation) -> set[str]:
    return {found.code for found in problems(federation.departments, federation.items, federation.centers)}


ITEM_FAULTS: dict[str, Callable[[Item], Item]] = {
    "department_unknown": lambda i: replace(i, department="nowhere"),
    "basic_code_malformed": lambda i: replace(i, basic_code="00013102400"),
    "basic_code_unmarked": lambda i: replace(i, basic_code_assumed=True),
    "assumption_missing": lambda i: replace(i, assumptions=("basic_code",)),
    "assumption_unknown": lambda i: replace(i, assumptions=("colour",)),
    "item_incomplete": lambda i: replace(i, materials=()),
    "material_key_taken": lambda i: replace(i, materials=i.materials + i.materials[:1]),
    "step_key_taken": lambda i: replace(i, steps=i.steps[:1] + i.steps),
    "copies_not_positive": lambda i: replace(i, materials=(replace(i.materials[0], copies=0),)),
    "fee_unsaid": lambda i: replace(i, fees=(), fee_note=""),
    "fee_without_basis": lambda i: replace(i, fees=(Fee("工本费", "5元", ""),)),
    "limit_without_basis": lambda i: replace(i, statutory_limit=Limit(10, LimitUnit.WORKING_DAY, "", "")),
    "immediate_steps": lambda i: replace(i, kind=ItemKind.IMMEDIATE),
    "decision_role": lambda i: replace(i, steps=i.steps[:1]),
    "waived_unknown": lambda i: replace(i, letter=replace(LETTER, waived=("no-such-material",))),
    "letter_without_commitment": lambda i: replace(i, letter=LETTER, commitment=False),
}

CENTER_FAULTS: dict[str, Callable[[Center], Center]] = {
    "center_code_malformed": lambda c: replace(c, code="61090"),
    "parent_unknown": lambda c: replace(c, parent="610000"),
    "center_name": lambda c: replace(c, name="汉滨区办事大厅"),
    "staff_prefix_taken": lambda c: replace(c, staff_prefix="ak"),
    "department_key_taken": lambda c: replace(c, departments=c.departments + c.departments[:1]),
    "department_absent": lambda c: replace(c, departments=c.departments[1:]),
    "department_unknown": lambda c: replace(c, departments=(replace(c.departments[0], key="x"), *c.departments[1:])),
    "credit_code_invalid": lambda c: replace(c, departments=(replace(c.departments[0], credit_code="1" * 18),)),
    "credit_code_taken": lambda c: replace(
        c, departments=(replace(c.departments[0], credit_code=c.departments[1].credit_code), *c.departments[1:])
    ),
    "lane_key_taken": lambda c: replace(c, lanes=c.lanes + c.lanes[:1]),
    "lane_prefix_taken": lambda c: replace(c, lanes=(replace(c.lanes[0], prefix="B"), *c.lanes[1:])),
    "lane_unknown": lambda c: replace(c, lanes=c.lanes[1:]),
    "lane_unserved": lambda c: replace(c, windows=c.windows[:1]),
    "lane_ambiguous": lambda c: replace(c, lanes=(replace(c.lanes[0], departments=("gongan",)), *c.lanes[1:])),
    "lane_item_not_offered": lambda c: replace(c, items=tuple(k for k in c.items if k != "fangwu-zhuanyi-maimai")),
    "window_number_taken": lambda c: replace(c, windows=c.windows + c.windows[:1]),
    "window_kind_missing": lambda c: replace(c, windows=c.windows[1:]),
    "item_unknown": lambda c: replace(c, items=(*c.items, "no-such-item")),
    "offer_twice": lambda c: replace(c, items=(*c.items, FOOD)),
}


def test_the_shipped_data_has_no_problem(federation: Federation) -> None:
    assert codes_of(federation) == set()


@pytest.mark.parametrize("code", ITEM_FAULTS)
def test_a_fault_in_an_item_is_found(federation: Federation, code: str) -> None:
    assert code in codes_of(with_item(federation, FOOD, ITEM_FAULTS[code]))


@pytest.mark.parametrize("code", CENTER_FAULTS)
def test_a_fault_in_a_center_is_found(federation: Federation, code: str) -> None:
    assert code in codes_of(with_center(federation, COUNTY, CENTER_FAULTS[code]))


@pytest.mark.parametrize("code", ["item_key_taken", "basic_code_taken"])
def test_an_item_that_stands_twice_is_found(federation: Federation, code: str) -> None:
    assert code in codes_of(replace(federation, items=federation.items + federation.items[:1]))


def test_a_center_that_stands_twice_is_found(federation: Federation) -> None:
    assert "center_code_taken" in codes_of(replace(federation, centers=federation.centers * 2))


def test_a_department_that_stands_twice_is_found(federation: Federation) -> None:
    assert "department_key_taken" in codes_of(replace(federation, departments=federation.departments * 2))


@pytest.mark.parametrize(
    ("promised", "statutory", "unit", "warned"),
    [
        (14, 20, LimitUnit.WORKING_DAY, False),
        (15, 20, LimitUnit.WORKING_DAY, True),
        # 60 calendar days are 60 · 5/7 working days, and 70 % of that is exactly 30.
        (30, 60, LimitUnit.CALENDAR_DAY, False),
        (31, 60, LimitUnit.CALENDAR_DAY, True),
    ],
)
def test_a_promise_must_be_thirty_percent_shorter_than_the_law(
    federation: Federation, promised: int, statutory: int, unit: LimitUnit, warned: bool
) -> None:
    item = replace(
        federation.item(FOOD),
        promised_limit=Limit(promised, LimitUnit.WORKING_DAY, "", ""),
        statutory_limit=Limit(statutory, unit, "某法", ""),
    )
    assert bool(list(compression_warnings([item]))) is warned


def test_what_the_law_wants_on_the_spot_cannot_be_compressed(federation: Federation) -> None:
    item = replace(federation.item(BABY), statutory_limit=Limit(0, LimitUnit.WORKING_DAY, "某法", ""))
    assert compression(item) is None


def copy_data(folder: Path) -> None:
    for name in ("items.json", "centers.json", "departments.json"):
        (folder / name).write_bytes((DATA / name).read_bytes())


def test_inconsistent_files_are_refused_with_every_finding_named(tmp_path: Path) -> None:
    copy_data(tmp_path)
    text = (tmp_path / "centers.json").read_text(encoding="utf-8")
    (tmp_path / "centers.json").write_text(text.replace('"parent": "610900"', '"parent": "999999"'), encoding="utf-8")
    with pytest.raises(SampleDataError, match="parent_unknown") as refused:
        load_federation(tmp_path)
    assert [(found.code, found.subject) for found in refused.value.findings] == [("parent_unknown", "610902")]


def test_centers_that_are_each_others_parent_are_refused(tmp_path: Path) -> None:
    copy_data(tmp_path)
    text = (tmp_path / "centers.json").read_text(encoding="utf-8")
    (tmp_path / "centers.json").write_text(text.replace('"parent": null', '"parent": "610902107"'), encoding="utf-8")
    with pytest.raises(SampleDataError, match="center_ring"):
        load_federation(tmp_path)
