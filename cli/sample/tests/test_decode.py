"""Reading is strict: what doesn't fit is named by its path."""

from pathlib import Path

import pytest

from cli.sample.decode import DecodeError, decode_list
from cli.sample.load import load_federation
from cli.sample.model import Limit, Window
from cli.sample.terms import LimitUnit, WindowKind

LIMIT = {"amount": 20, "unit": "working_day", "basis": "某法", "note": ""}
WINDOW = {"number": "01", "name": "综合窗口", "kind": "general", "lanes": ["business", "police"]}


def test_fitting_objects_become_the_dataclass() -> None:
    assert decode_list(Limit, [LIMIT], "x.json") == (Limit(20, LimitUnit.WORKING_DAY, "某法", ""),)
    assert decode_list(Window, [WINDOW], "x.json") == (
        Window("01", "综合窗口", WindowKind.GENERAL, ("business", "police")),
    )


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"amount": "20"}, r"应为 int，实为 str.*\$\[0\]\.amount"),
        ({"amount": True}, r"应为 int，实为 bool.*\$\[0\]\.amount"),
        ({"amount": None}, r"\$\[0\]\.amount"),
        ({"note": 7}, r"\$\[0\]\.note"),
        ({"unit": "month"}, r"month.*\$\[0\]\.unit"),
        ({"colour": "red"}, "多出字段 colour"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(change: dict[str, object], where: str) -> None:
    with pytest.raises(DecodeError, match=where):
        decode_list(Limit, [LIMIT | change], "x.json")


def test_missing_fields_are_refused_all_at_once() -> None:
    with pytest.raises(DecodeError, match=r"x\.json.*缺少该字段.*\.basis.*缺少该字段.*\.note"):
        decode_list(Limit, [{"amount": 1, "unit": "working_day"}], "x.json")


def test_the_place_in_a_list_is_named() -> None:
    with pytest.raises(DecodeError, match=r"\$\[1\]\.lanes\[0\]"):
        decode_list(Window, [WINDOW, WINDOW | {"lanes": [7]}], "x.json")


def test_a_word_is_not_taken_for_a_list_of_letters() -> None:
    with pytest.raises(DecodeError, match=r"应为 list，实为 str.*\.lanes"):
        decode_list(Window, [WINDOW | {"lanes": "police"}], "x.json")


@pytest.mark.parametrize("value", [{}, None, "[]", [[]], [None], [LIMIT, 3]])
def test_something_other_than_a_list_of_objects_is_refused(value: object) -> None:
    with pytest.raises(DecodeError):
        decode_list(Limit, value, "x.json")


@pytest.mark.parametrize("damage", [b"", b"[", b"\xff\xfe["])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "departments.json").write_bytes(damage)
    with pytest.raises(DecodeError, match=r"departments\.json"):
        load_federation(tmp_path)
