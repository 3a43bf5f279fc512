"""The resident ID number: what is read as meant, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from stdnum.cn import ric

from kit.errors import Invalid
from kit.resident_id import read_resident_id

TODAY = date(2026, 11, 23)


def numbered(born: str, serial: str = "001") -> str:
    body = f"990101{born}{serial}"
    return body + ric.calc_check_digit(body + "0")


@pytest.mark.parametrize("born", ["19000101", "19560229", "20261123"])
def test_a_number_tells_its_birthday(born: str) -> None:
    read = read_resident_id(numbered(born), today=TODAY)
    assert (read.number, read.born) == (numbered(born), date.fromisoformat(born))
    assert numbered(born) not in repr(read)


def test_small_x_blanks_and_full_width_digits_are_read_as_meant() -> None:
    with_x = next(number for n in range(1, 100) if (number := numbered("19900517", f"{n:03d}")).endswith("X"))
    full_width = "".join(chr(ord(each) + 0xFEE0) for each in with_x.lower())
    for typed in (f" {with_x.lower()} ", full_width):
        assert read_resident_id(typed, today=TODAY).number == with_x


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("", "18 位"),
        ("99010119900517001", "18 位"),
        (numbered("19900517")[:-1] + "A", "18 位"),
        (numbered("19900517")[:6] + "1991" + numbered("19900517")[10:], "18 位"),
        ("0" * 18, "18 位"),
        ("x" * 100_000, "18 位"),
        (numbered("19900230"), "不存在"),
        (numbered("00000517"), "不存在"),
        (numbered("20261124"), "晚于今天"),
        (numbered("29990101"), "晚于今天"),
        (numbered("18991231"), "过早"),
    ],
)
def test_a_number_that_nobody_can_have_is_refused_with_its_reason(number: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_resident_id(number, today=TODAY, field="applicant.id_number")
    assert (refused.value.code, refused.value.details) == ("id_number_invalid", {"field": "applicant.id_number"})
    assert said in str(refused.value)
