"""Handing an application on to the site that it belongs to: held while that one is asked, then gone or as before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kit.errors import Conflict
from services.intake.domain.application import ApplicationState
from services.intake.handlers.judge import accept_application
from services.intake.tests.intake_hall import Hall
from services.intake.tests.test_elsewhere import arrival, crossing, hear
from tongban.federation.v1 import crossing_events_pb2, parts_pb2

OFFER = parts_pb2.Ownership(owner="a.site", offer=parts_pb2.PartOffer(id="offer-1", to_site="b.site"))


def held(hall: Hall) -> str:
    hear(hall, "CrossingArrived", arrival())
    hear(hall, "CrossingOffered", crossing_events_pb2.CrossingOffered(crossing=crossing(ownership=OFFER)), id="event-2")
    found = hall.desk.applications.find_unique("by_crossing", "crossing-1")
    assert found is not None
    return found.id


def test_what_is_held_can_not_be_judged_and_no_clock_ends_it(hall: Hall) -> None:
    id = held(hall)
    with pytest.raises(Conflict, match="handing_over"):
        accept_application(desk=hall.desk, call=hall.by(), application_id=id, expected_version=0)
    hall.clock.advance(timedelta(days=60))
    hall.sweep()
    assert hall.desk.applications.get(id).state is ApplicationState.RECEIVED


def test_what_comes_back_goes_on_here_and_its_clock_with_it(hall: Hall) -> None:
    id = held(hall)
    hall.clock.advance(timedelta(days=60))
    returned = crossing_events_pb2.CrossingOfferReturned(crossing=crossing(), reason="不属于", offer_id="offer-1")
    hear(hall, "CrossingOfferReturned", returned, id="event-3")
    hall.sweep()
    application = hall.desk.applications.get(id)
    assert (application.state, application.deemed) == (ApplicationState.ACCEPTED, True)


def test_an_answer_to_an_earlier_offer_releases_nothing(hall: Hall) -> None:
    id = held(hall)
    earlier = crossing_events_pb2.CrossingOfferReturned(crossing=crossing(), offer_id="offer-0")
    hear(hall, "CrossingOfferReturned", earlier, id="event-3")
    assert hall.desk.applications.get(id).held_for == "offer-1"


def test_what_another_site_took_over_is_closed_here(hall: Hall) -> None:
    id = held(hall)
    taken = parts_pb2.Ownership(owner="b.site", term=2)
    hear(
        hall,
        "CrossingHandedAway",
        crossing_events_pb2.CrossingHandedAway(crossing=crossing(ownership=taken)),
        id="event-3",
    )
    application = hall.desk.applications.get(id)
    assert (application.state, application.closed_at is None) == (ApplicationState.TRANSFERRED, False)


def test_what_was_judged_before_the_offer_came_is_told_to_be_too_late(hall: Hall) -> None:
    hear(hall, "CrossingArrived", arrival())
    found = hall.desk.applications.find_unique("by_crossing", "crossing-1")
    assert found is not None
    accept_application(desk=hall.desk, call=hall.by(), application_id=found.id, expected_version=0)
    hear(hall, "CrossingOffered", crossing_events_pb2.CrossingOffered(crossing=crossing(ownership=OFFER)), id="event-2")
    assert hall.desk.applications.get(found.id).held_for == ""
    assert hall.told()[-1] == "application_not_held"
