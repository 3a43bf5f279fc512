"""Asking for more than the first notice named, and giving originals back (rules L02, C16)."""

from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import actor
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.material import Declared, MaterialState
from services.intake.handlers.originals import return_originals
from services.intake.handlers.supplement import hand_in_supplement, permit_further_notice, request_supplement
from services.intake.tests.intake_hall import CLERK, COMPLETE, Hall

SUPERVISOR = actor("supervisor", id="staff-9")
FORM = Declared("application-form", MaterialState.WRONG_FORM, "请签字")
PLAN = Declared("layout-plan", MaterialState.INCOMPLETE, "请补页")


def noticed(hall: Hall, application: Application, *wants: Declared) -> Application:
    return request_supplement(
        desk=hall.desk, call=hall.by(), application_id=application.id, wants=wants or (FORM,), expected_version=0
    )


def supplemented(hall: Hall, application: Application) -> Application:
    return hand_in_supplement(
        desk=hall.desk, call=hall.by(), application_id=application.id, code="", declared=COMPLETE, expected_version=0
    )


def permitted(hall: Hall, application: Application, who: Any = SUPERVISOR, reason: str = "新规定") -> Application:
    return permit_further_notice(
        desk=hall.desk, call=hall.by(who), application_id=application.id, reason=reason, expected_version=0
    )


def test_a_second_notice_needs_a_supervisors_permission_each_time(hall: Hall) -> None:
    application = hall.received()
    noticed(hall, application)
    supplemented(hall, application)
    with pytest.raises(Conflict, match="notice_already_given"):
        noticed(hall, application, PLAN)
    permitted(hall, application)
    again = noticed(hall, application, PLAN)
    assert again.state is ApplicationState.SUPPLEMENT_REQUESTED
    assert [(one.reason, one.given_at) for one in again.further_notices] == [("新规定", hall.clock.now())]
    assert hall.told().count("further_notice_permitted") == 1
    hand_in_supplement(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        code="",
        declared=[Declared("layout-plan", MaterialState.HANDED_IN, copies=1)],
        expected_version=0,
    )
    with pytest.raises(Conflict, match="notice_already_given"):
        noticed(hall, application, FORM)


def test_nobody_else_permits_it_and_not_without_a_reason(hall: Hall) -> None:
    application = hall.received()
    with pytest.raises(Conflict, match="no_notice_given"):
        permitted(hall, application)
    noticed(hall, application)
    with pytest.raises(Conflict, match="not_the_centers_turn"):
        permitted(hall, application)
    supplemented(hall, application)
    with pytest.raises(Forbidden):
        permitted(hall, application, CLERK)
    with pytest.raises(Invalid, match="text_required"):
        permitted(hall, application, reason=" ")
    permitted(hall, application)
    with pytest.raises(Conflict, match="further_notice_permitted"):
        permitted(hall, application)


def given_back(hall: Hall, application: Application, **pieces: int) -> Application:
    return return_originals(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        pieces={key.replace("_", "-"): number for key, number in pieces.items()},
        taken_by="张三丰",
        expected_version=0,
    )


def test_no_more_originals_are_given_back_than_were_handed_in(hall: Hall) -> None:
    application = hall.received()
    for wrong in ({"application_form": 2}, {"layout_plan": 1}, {"nothing": 1}, {}):
        with pytest.raises(Invalid):
            given_back(hall, application, **wrong)
    back = given_back(hall, application, application_form=1)
    assert [(one.key, one.pieces, one.taken_by) for one in back.returns] == [("application-form", 1, "张三丰")]
    with pytest.raises(Invalid, match="originals_exceeded"):
        given_back(hall, application, application_form=1)
    assert hall.told()[-1] == "originals_returned"
    assert all("张三丰".encode() not in event.data for event in hall.events[-1:])
