"""Who is on leave takes nothing in and judges nothing; who stands in does (rules V01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kit.actor import Actor
from kit.errors import Forbidden
from services.intake.domain.application import Application, ApplicationState
from services.intake.handlers.judge import accept_application, refuse_application
from services.intake.handlers.supplement import request_supplement
from services.intake.handlers.withdraw import withdraw_application
from services.intake.tests.intake_hall import CLERK, Hall

AWAY = replace(CLERK, away=True, stand_in="李明")
SUBSTITUTE = replace(CLERK, id="staff-2")


def accepted(hall: Hall, one: Application, who: Actor) -> Application:
    return accept_application(desk=hall.desk, call=hall.by(who), application_id=one.id, expected_version=0)


ACTS: dict[str, Callable[[Hall, Application], object]] = {
    "receive": lambda hall, _: hall.received(AWAY),
    "accept": lambda hall, one: accepted(hall, one, AWAY),
    "refuse": lambda hall, one: refuse_application(
        desk=hall.desk,
        call=hall.by(AWAY),
        application_id=one.id,
        reason="不符合",
        basis="许可法 32",
        expected_version=0,
    ),
    "ask for more": lambda hall, one: request_supplement(
        desk=hall.desk, call=hall.by(AWAY), application_id=one.id, wants=(), expected_version=0
    ),
    "withdraw": lambda hall, one: withdraw_application(
        desk=hall.desk, call=hall.by(AWAY), application_id=one.id, code="", reason="不办了", expected_version=0
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_is_on_leave_is_refused_and_told_who_stands_in(hall: Hall, act: str) -> None:
    received = hall.received()
    told = hall.told()
    with pytest.raises(Forbidden, match="staff_on_leave") as refused:
        ACTS[act](hall, received)
    assert "由李明顶岗办理" in refused.value.message
    assert (hall.now(received), hall.told()) == (received, told)


def test_who_stands_in_goes_on_with_it(hall: Hall) -> None:
    assert accepted(hall, hall.received(), SUBSTITUTE).state is ApplicationState.ACCEPTED
