"""Reading is strict: what doesn't fit is named by its path."""

from pathlib import Path

import pytest

from cli.sample.decode import DecodeError, decode, decode_list
from cli.sample.load import load_federation
from cli.sample.model import Limit, LimitUnit, Window, WindowKind

LIMIT = {"amount": 20, "unit": "working_day", "basis": "某法", "note": ""}
WINDOW = {"number": "01", "name": "综合窗口", "kind": "general", "lanes": ["business", "police"]}


def test_a_fitting_object_becomes_the_dataclass() -> None:
    assert decode(Limit, LIMIT) == Limit(20, LimitUnit.WORKING_DAY, "某法", "")
    assert decode_list(Window, [WINDOW]) == (Window("01", "综合窗口", WindowKind.GENERAL, ("business", "police")),)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"amount": "20"}, r"\$\.amount"),
        ({"amount": True}, r"\$\.amount"),
        ({"amount": None}, r"\$\.amount"),
        ({"unit": "month"}, r"\$\.unit"),
        ({"colour": "red"}, "多出字段 colour"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(change: dict[str, object], path: str) -> None:
    with pytest.raises(DecodeError, match=path):
        decode(Limit, LIMIT | change)


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(DecodeError, match="缺少字段 basis、note"):
        decode(Limit, {"amount": 1, "unit": "working_day"})


def test_the_place_in_a_list_is_named() -> None:
    with pytest.raises(DecodeError, match=r"windows\[1\]\.lanes\[0\]"):
        decode_list(Window, [WINDOW, WINDOW | {"lanes": [7]}], "windows")


def test_something_other_than_an_object_is_refused() -> None:
    with pytest.raises(DecodeError, match="应为 dict"):
        decode(Limit, [])


@pytest.mark.parametrize("damage", [b"", b"[", b"\xff\xfe["])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "departments.json").write_bytes(damage)
    with pytest.raises(DecodeError, match=r"departments\.json"):
        load_federation(tmp_path)
