import pytest
from stdnum.cn import uscc

from services.catalog.domain.codes import CodingScheme, basic_code_of, code_problems

CREDIT = "11320829014341463H"  # the published example of an implementation code (facts 4)
BASIC = "322014325002"


def problems(scheme: CodingScheme, basic: str, implementation: str) -> list[str]:
    return [code for code, _ in code_problems(scheme, basic, implementation, uscc.is_valid)]


@pytest.mark.parametrize("basic", ["000123020000", "000131127004", "00013112700Y", "322014325002"])
def test_real_basic_codes_of_the_national_scheme_pass(basic: str) -> None:
    assert problems(CodingScheme.NATIONAL, basic, "") == []


def test_a_real_implementation_code_passes_and_holds_its_basic_code() -> None:
    assert problems(CodingScheme.NATIONAL, BASIC, f"{CREDIT}4{BASIC}") == []
    assert basic_code_of(CodingScheme.NATIONAL, f"{CREDIT}4{BASIC}") == BASIC
    assert basic_code_of(CodingScheme.FREE, f"{CREDIT}4{BASIC}") == ""


@pytest.mark.parametrize(
    ("basic", "implementation", "code"),
    [
        ("12345", "", "basic_code_invalid"),
        ("00013112700X", "", "basic_code_invalid"),
        ("", "1" * 30, "implementation_code_invalid"),
        ("", f"{CREDIT[:-1]}A4{BASIC}", "implementation_code_invalid"),
        ("", f"{CREDIT}9{BASIC}", "implementation_code_invalid"),
        ("", f"{CREDIT}4{BASIC[:-1]}Z", "implementation_code_invalid"),
        ("000123020000", f"{CREDIT}4{BASIC}", "implementation_code_invalid"),
    ],
)
def test_wrong_national_codes_are_named(basic: str, implementation: str, code: str) -> None:
    assert problems(CodingScheme.NATIONAL, basic, implementation) == [code]


def test_the_free_scheme_takes_local_codes_of_any_length_within_bounds() -> None:
    assert problems(CodingScheme.FREE, "", "511A0099900-2014-0100") == []
    assert problems(CodingScheme.FREE, "", "x" * 65) == ["item_code_invalid"]
    assert problems(CodingScheme.FREE, "", "有空 格") == ["item_code_invalid"]
    assert problems(CodingScheme.FREE, "", "{$gt:''}") == ["item_code_invalid"]
