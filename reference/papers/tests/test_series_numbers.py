"""Numbers of series in the forms that centers set."""

from datetime import date

import pytest

from kit.errors import Invalid
from reference.papers.numbering import series_number, series_pattern, series_period

DAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("{center}{day}{sequence:5}", "6109022026010500042"),
        ("{center}受〔{year}〕{sequence:6}号", "610902受〔2026〕000042号"),
        ("汉政务〔{year}〕{sequence}号", "汉政务〔2026〕42号"),
        ("{year}-{sequence:1}", "2026-42"),
    ],
)
def test_a_number_is_written_in_the_centers_form(pattern: str, number: str) -> None:
    series_pattern(pattern)
    assert series_number(pattern, center_id="610902", on=DAY, sequence=42) == number


@pytest.mark.parametrize(
    "pattern",
    [
        "{center}{sequence}",  # never begins anew
        "{year}",
        "{year}{sequence}{sequence}",
        "{year}{sequence}{office}",
        "{year}{sequence:99}",
        "{year}{sequence!r}",
        "{year.__class__}{sequence}",
        "{year}{sequence}" + "x" * 60,
    ],
)
def test_a_form_that_could_give_a_number_twice_or_holds_anything_else_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid, match="policy_value_invalid"):
        series_pattern(pattern)


def test_the_period_is_the_finest_that_the_form_shows() -> None:
    assert series_period("{day}{sequence}", DAY) == "20260105"
    assert series_period("{year}{sequence}", DAY) == "2026"
