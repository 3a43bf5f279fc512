"""Handing a crossing over (移送): its owner moves by signed letters only, and every mirror follows (rules P03)."""

from pathlib import Path

import pytest

from kit.errors import Conflict
from kit.events import event_type
from services.federation.domain import handing_over as domain
from services.federation.domain.crossing import Crossing, CrossingState
from services.federation.handlers import collecting, handing_over
from services.federation.tests.postman import Postman
from services.federation.tests.town import Town
from services.federation.tests.towns import World, refusal
from tongban.federation.v1 import crossing_events_pb2, events_pb2, letters_pb2
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake

OTHER = "511600.city"


@pytest.fixture
def three(world: World, tmp_path: Path) -> World:
    """The two towns, and a third one that the case turns out to belong to."""
    other = Town.at(tmp_path / "other", OTHER, "511600", "广安市政务服务中心", 3, world.clock)
    world.post = Postman((world.here, world.there, other))
    return world


def other(world: World) -> Town:
    return world.post.town(OTHER)


def offer(world: World, id: str) -> Crossing:
    """Offered, held by intake, and on its way."""
    there = world.there
    offered = handing_over.offer_crossing(
        desk=there.desk, call=there.by("chief"), crossing_id=id, site=OTHER, center_id="511600",
        reason="属于市级权限", expected_version=0,
    )  # fmt: skip
    assert offered.ownership is not None
    assert offered.ownership.offer is not None
    held = intake_events.ApplicationHeld(
        application=intake.Application(crossing_id=id), offer_id=offered.ownership.offer.id
    )
    there.hear(event_type("intake", "ApplicationHeld"), held)
    return there.desk.crossings.get(id)


def answer(world: World, id: str, *, accepted: bool = True) -> Crossing:
    town = other(world)
    return handing_over.answer_offer(
        desk=town.desk, call=town.by("chief"), crossing_id=id, accepted=accepted, item_id="",
        reason="" if accepted else "也不属于本级", expected_version=0,
    )  # fmt: skip


def owners(world: World, id: str) -> list[str]:
    towns = (world.here, world.there, other(world))
    return [domain.held(town.desk.crossings.get(id), town.site).owner for town in towns]


def told(town: Town, name: str) -> list[bytes]:
    return [each.data for each in town.told if each.type == event_type("federation", name)]


def test_it_moves_when_it_is_taken_and_every_site_has_the_same_owner(three: World) -> None:
    crossing = three.sent()
    offer(three, crossing.id)
    three.post.settle()
    assert owners(three, crossing.id) == [three.there.site] * 3
    assert other(three).desk.crossings.get(crossing.id).state is CrossingState.OFFERED
    answer(three, crossing.id)
    three.post.settle()
    assert owners(three, crossing.id) == [OTHER] * 3
    (arrived,) = told(other(three), "CrossingArrived")
    assert events_pb2.CrossingArrived.FromString(arrived).applicant.name == crossing.applicant.name
    (away,) = told(three.there, "CrossingHandedAway")
    assert crossing_events_pb2.CrossingHandedAway.FromString(away).crossing.ownership.owner == OTHER
    mirror = three.mirror(crossing.id)
    assert (mirror.parties.peer_site, mirror.parties.handling_center_name) == (OTHER, "广安市政务服务中心")


def test_what_the_new_owner_says_is_followed_and_the_old_ones_word_is_not(three: World) -> None:
    crossing = three.sent()
    offer(three, crossing.id)
    three.post.settle()
    answer(three, crossing.id)
    three.post.settle()
    other(three).intake_says(crossing.id, "ApplicationReceived")
    other(three).intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    three.there.intake_says(crossing.id, "ApplicationWithdrawn", state=intake.APPLICATION_STATE_WITHDRAWN)
    three.post.settle()
    assert {town.desk.crossings.get(crossing.id).state for town in three.post.towns} == {CrossingState.ACCEPTED}


def test_while_it_is_offered_nothing_changes_and_nobody_offers_it_again(three: World) -> None:
    crossing = three.sent()
    before = offer(three, crossing.id)
    three.post.settle()
    refusal("handing_over", lambda: offer(three, crossing.id))
    three.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    assert three.owned(crossing.id).status == before.status


def test_declined_it_is_the_owners_again(three: World) -> None:
    crossing = three.sent()
    offer(three, crossing.id)
    three.post.settle()
    answer(three, crossing.id, accepted=False)
    three.post.settle()
    (returned,) = told(three.there, "CrossingOfferReturned")
    assert crossing_events_pb2.CrossingOfferReturned.FromString(returned).reason == "也不属于本级"
    assert domain.owned_here(three.owned(crossing.id), three.there.site)
    assert other(three).desk.crossings.get(crossing.id).state is CrossingState.DECLINED
    offer(three, crossing.id)
    three.post.settle()
    assert other(three).desk.crossings.get(crossing.id).state is CrossingState.OFFERED, "offered once more"


def test_asked_back_it_comes_back_by_itself_unless_it_was_taken(three: World) -> None:
    crossing = three.sent()
    offer(three, crossing.id)
    three.post.settle()
    there = three.there
    handing_over.ask_back(desk=there.desk, call=there.by("chief"), crossing_id=crossing.id, expected_version=0)
    three.post.settle()
    assert domain.owned_here(three.owned(crossing.id), there.site)
    refusal("not_offered_here", lambda: answer(three, crossing.id))


def test_an_offer_that_nobody_could_deliver_comes_back(three: World) -> None:
    crossing = three.sent()
    held = offer(three, crossing.id)
    assert held.ownership is not None
    assert held.ownership.offer is not None
    three.post.collect()
    three.post.receipt(held.ownership.offer.id, "refused", "no_route", "没有线路")
    assert domain.owned_here(three.owned(crossing.id), three.there.site)


def test_what_comes_for_the_old_owner_is_answered_with_who_owns_it_now(three: World) -> None:
    crossing = three.sent()
    offer(three, crossing.id)
    three.post.settle()
    here = three.here
    collecting.withdraw_crossing(
        desk=here.desk, call=here.by(), crossing_id=crossing.id, code="", reason="不办了", expected_version=0
    )
    answer(three, crossing.id)
    three.post.round()
    three.post.settle()
    trouble = three.mirror(crossing.id).trouble
    again = three.mirror(crossing.id)
    assert again.withdrawal_id == ""
    assert trouble is None or trouble.code in ("handing_over", "owned_elsewhere")
    collecting.withdraw_crossing(
        desk=here.desk, call=here.by(), crossing_id=crossing.id, code="", reason="不办了", expected_version=0
    )
    three.post.settle()
    assert told(other(three), "CrossingWithdrawalArrived"), "the new owner has it"


def test_a_new_owner_that_is_heard_before_the_old_ones_offer_is_believed_once_that_comes(three: World) -> None:
    crossing = three.sent()
    offer(three, crossing.id)
    three.post.collect()
    late = [each for each in three.post.bags[three.here.site] if each.origin == three.there.site]
    three.post.bags[three.here.site].clear()
    three.post.settle()
    answer(three, crossing.id)
    three.post.settle()
    assert three.mirror(crossing.id).parties.peer_site == three.there.site
    for letter in late:
        three.post.bring(three.here, letter)
    assert three.mirror(crossing.id).parties.peer_site == OTHER


def test_no_stranger_takes_it_over_by_saying_so(three: World) -> None:
    crossing = three.sent()
    said = letters_pb2.CrossingStatus(crossing_id=crossing.id)
    (letter,) = (each for each in three.post.delivered if each.type == "crossing.status")
    said.ParseFromString(letter.payload)
    said.status.revision += 5
    said.ownership.owner, said.ownership.term = OTHER, 2
    forged = type(letter).FromString(letter.SerializeToString())
    forged.id, forged.origin, forged.payload = "forged", OTHER, said.SerializeToString()
    three.post.bring(three.here, forged)
    assert three.mirror(crossing.id).parties.peer_site == three.there.site
    assert three.mirror(crossing.id).status == crossing.status


def test_only_what_was_not_judged_moves_and_never_to_whoever_collected_it(three: World) -> None:
    crossing = three.sent()
    there = three.there
    with pytest.raises(Conflict, match="handed_to_collector"):
        handing_over.offer_crossing(
            desk=there.desk, call=there.by("chief"), crossing_id=crossing.id, site=three.here.site,
            center_id=three.here.center, reason="退回", expected_version=0,
        )  # fmt: skip
    there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    refusal("too_late_to_hand_over", lambda: offer(three, crossing.id))
