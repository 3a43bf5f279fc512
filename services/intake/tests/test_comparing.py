"""Whether who comes for a result is the applicant: numbers are compared here, on the record, and none goes out (rules I03)."""

import pytest

from kit.actor import Actor
from kit.errors import Forbidden, Invalid
from kit.testing import actor
from services.intake.domain.application import Application
from services.intake.handlers.show import compare_applicant
from services.intake.tests.intake_hall import APPLICANT, CLERK, Hall

OTHER = "990101199001011249"


def compared(hall: Hall, one: Application, *numbers: str, who: Actor = CLERK) -> tuple[str, tuple[bool, ...]]:
    return compare_applicant(desk=hall.desk, call=hall.by(who), application_id=one.id, id_numbers=numbers)


def test_a_number_is_the_applicants_or_it_is_not(hall: Hall) -> None:
    one = hall.received()
    said = compared(hall, one, f" {APPLICANT.id_number.lower()}", OTHER)
    assert said == (APPLICANT.id_type, (True, False))
    assert compared(hall, one, "", "") == (APPLICANT.id_type, (False, False))


def test_each_comparison_is_on_the_record_without_the_number(hall: Hall) -> None:
    one = hall.received()
    compared(hall, one, OTHER)
    (showing,) = hall.desk.showings.each("by_application", application_id=one.id)
    assert (showing.shown_to_id, showing.purpose) == (CLERK.id, "核对领取人证件号码")
    assert hall.told()[-1] == "applicant_shown"


def test_nobody_tries_many_numbers_at_once_nor_for_a_case_that_is_not_theirs(hall: Hall) -> None:
    one = hall.received()
    with pytest.raises(Invalid, match="too_many_numbers"):
        compared(hall, one, OTHER, OTHER, OTHER)
    for stranger in (actor("clerk", center="610900"), actor("chief", department="yancao"), actor("supervisor")):
        with pytest.raises(Forbidden):
            compared(hall, one, OTHER, who=stranger)
