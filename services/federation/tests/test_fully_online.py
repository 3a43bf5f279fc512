"""Fully online, and who may see a crossing (rules P01, AG01)."""

from __future__ import annotations

import pytest

from kit.errors import NotFound
from kit.events import event_type
from services.federation.domain.agreement import Mode
from services.federation.handlers import collecting, show
from services.federation.queries.crossings import get_crossing
from services.federation.tests.towns import RESIDENT_ID, World, refusal
from tongban.federation.v1 import events_pb2


def test_a_citizen_applies_online_for_themselves_and_the_sign_in_goes_along(world: World) -> None:
    agreement = world.agree()
    citizen = world.here.citizen()
    refusal("window_only", lambda: world.open(agreement, citizen))
    stranger = world.here.citizen("another number")
    refusal("applicant_not_self", lambda: world.open(agreement, stranger, mode=Mode.FULLY_ONLINE))
    crossing = world.open(agreement, citizen, mode=Mode.FULLY_ONLINE, delivery="electronic")
    assert crossing.identity.method == "sign_in"
    world.scan(crossing, check=False)
    sent = collecting.send_crossing(
        desk=world.here.desk, call=citizen, crossing_id=crossing.id, code="", expected_version=0
    )
    world.post.settle()
    assert world.owned(sent.id).identity.method == "sign_in"
    assert world.owned(sent.id).mode is Mode.FULLY_ONLINE


def test_somebody_elses_crossing_does_not_exist_for_a_citizen(world: World) -> None:
    crossing = world.open(world.agree())
    with pytest.raises(NotFound):
        get_crossing(
            desk=world.here.desk,
            call=world.here.citizen("990101198505055555"),
            crossing_id=crossing.id,
            code="",
            number="",
            id_tail="",
            application_id="",
        )


def test_full_data_are_shown_on_the_record_only(world: World) -> None:
    crossing = world.open(world.agree())
    shown = show.show_applicant(desk=world.here.desk, call=world.here.by(), crossing_id=crossing.id, purpose="核对证件")
    assert shown.id_number == RESIDENT_ID
    world.post.collect()
    told = [event for event in world.here.told if event.type == event_type("federation", "CrossingApplicantShown")]
    assert [events_pb2.CrossingApplicantShown.FromString(event.data).purpose for event in told] == ["核对证件"]
