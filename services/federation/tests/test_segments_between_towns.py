"""Segments of a crossing's way: each end has its own, sees the other's, and urges what is late there (facts 6)."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from kit.events import event_type
from kit.store.port import Mark
from kit.timestamps import to_timestamp
from reference.testing import closed_on, set_calendar
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing
from services.federation.domain.segments import Segment, SegmentKind
from services.federation.handlers import results, segment_calendar, urgings
from services.federation.tests.joined_rooms import CITY, COUNTY, Joined
from services.federation.tests.towns import World
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.federation.v1 import crossing_events_pb2 as changes
from tongban.federation.v1 import events_pb2 as events
from tongban.intake.v1 import messages_pb2 as intake


def issued(world: World, delivery: str) -> Crossing:
    """A crossing whose result was made at the handling place just now."""
    crossing = world.sent(delivery=delivery)
    world.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    say_issued(world, crossing.id)
    return world.mirror(crossing.id)


def say_issued(world: World, id: str, state: int = approval.CASE_STATE_ISSUED, **result: object) -> None:
    decided = approval.Decision(
        outcome=approval.OUTCOME_APPROVED, number="准1", decided_at=to_timestamp(world.clock.now())
    )
    made = approval.CaseResult(name="许可证", number="证1", issued_at=to_timestamp(world.clock.now()), **result)  # type: ignore[arg-type]
    name = "ResultIssued" if state == approval.CASE_STATE_ISSUED else "ResultDelivered"
    world.there.approval_says(id, name, state, decision=decided, result=made)
    world.post.settle()


def hand_back(crossing: Crossing) -> Segment:
    (segment,) = (each for each in crossing.segments if each.kind is SegmentKind.HAND_BACK)
    return segment


def test_what_the_handling_place_delivers_is_its_own_segment_and_the_mirror_has_the_same(world: World) -> None:
    mirror = issued(world, "post")
    own = hand_back(world.owned(mirror.id))
    assert own.kept_by is Side.HANDLING
    assert hand_back(mirror) == own
    world.clock.advance(timedelta(days=1))
    say_issued(world, mirror.id, approval.CASE_STATE_DELIVERED, delivered_at=to_timestamp(world.clock.now()))
    assert hand_back(world.mirror(mirror.id)).ended_at == world.clock.now()
    assert hand_back(world.owned(mirror.id)).ended_at == world.clock.now()


def test_what_the_collecting_center_hands_over_is_its_segment_at_both_ends(world: World) -> None:
    mirror = issued(world, "window")
    assert {hand_back(each).kept_by for each in (mirror, world.owned(mirror.id))} == {Side.COLLECTING}
    by, desk = world.here.by(), world.here.desk
    results.receive_result(desk=desk, call=by, crossing_id=mirror.id, expected_version=0)
    results.hand_over_result(desk=desk, call=by, crossing_id=mirror.id, received_by="张三丰", expected_version=0)
    world.post.settle()
    assert all(hand_back(each).ended_at for each in (world.mirror(mirror.id), world.owned(mirror.id)))


def test_a_segment_belongs_to_the_department_that_has_it_at_its_end(world: World) -> None:
    crossing = world.sent()
    item = world.there.desk.reference.published_item(world.there.center, "item-food")
    assert world.owned(crossing.id).department_key == item.department_key
    assert crossing.department_key == world.here.by().actor.department


def test_a_segment_that_is_late_at_the_other_end_is_urged_once_and_ones_own_never(world: World, tmp_path: Path) -> None:
    mirror = issued(world, "post")
    joined = Joined(tmp_path, COUNTY, CITY)
    parties = replace(mirror.parties, peer_site=CITY, peer_center_id="610900")
    room = joined[COUNTY].room
    held = room.desk.crossings.create(replace(mirror, parties=parties, version=0), [], joined.call(COUNTY))
    for attempt in range(2):
        mark = joined_mark(attempt)
        urgings.urge_slow_segment(
            room=room, call=joined.system(), crossing_id=held.id, kind=SegmentKind.HAND_BACK, mark=mark
        )
    joined.settle()
    (asked,) = joined[CITY].room.urgings.find("by_about", about=held.id).items
    assert asked.asked_of.site == CITY
    assert asked.clock is not None
    urgings.urge_slow_segment(
        room=room, call=joined.system(), crossing_id=held.id, kind=SegmentKind.TRANSIT, mark=joined_mark(2)
    )
    assert len(room.urgings.find("by_about", about=held.id).items) == 1


def joined_mark(number: int) -> Mark:
    return Mark("federation.room", f"event-{number}")


def test_the_end_of_a_segment_at_the_other_end_is_told_here_too(world: World) -> None:
    mirror = issued(world, "post")
    world.pass_time(days=10)
    world.post.collect()
    for town in (world.here, world.there):
        told = [each for each in town.told if each.type == event_type("federation", "CrossingSegmentOverdue")]
        late = events.CrossingSegmentOverdue.FromString(told[-1].data).crossing
        assert (late.id, late.segments[-1].overdue) == (mirror.id, True)


def test_a_closure_moves_the_segments_of_this_end_and_the_owner_tells_the_mirror(world: World) -> None:
    mirror = issued(world, "post")
    before = hand_back(mirror)
    there = world.there
    closed = closed_on(date(2026, 11, 24))
    set_calendar(there.desk.crossings.store, there.center, closed, reference=there.desk.reference)
    recounting = segment_calendar.recounting(there.desk)
    version = there.desk.reference.calendar(there.center).version
    mark = joined_mark(7)
    assert recounting.recount_center(there.own(), there.center, version, lambda part: replace(mark, part=part)) == 1
    (told,) = (each for each in there.publish() if each.type == event_type("federation", "CrossingSegmentsRecomputed"))
    message = changes.CrossingSegmentsRecomputed.FromString(told.data)
    assert [(each.old_due_at, each.due_at) for each in message.moved] == [
        (to_timestamp(before.due_at), to_timestamp(before.due_at + timedelta(days=1)))
    ]
    assert (told.actor_id, "工作日历更新为第" in message.reason) == ("service:federation", True)
    segment_calendar.tell_segment(desk=there.desk, call=there.own(), crossing_id=mirror.id, mark=joined_mark(8))
    world.post.settle()
    moved = hand_back(world.mirror(mirror.id))
    assert moved.due_at == before.due_at + timedelta(days=1)
    assert moved == hand_back(world.owned(mirror.id))
    here = world.here
    set_calendar(here.desk.crossings.store, here.center, closed, reference=here.desk.reference)
    assert segment_calendar.recounting(here.desk).recount(here.own(), mirror.id) is False, "it is the owner's to count"


def test_a_provisional_mark_goes_when_the_year_is_published(world: World) -> None:
    crossing = world.open(world.agree())
    desk = world.here.desk
    doubtful = replace(crossing, segments=(replace(crossing.segments[0], provisional=True),))
    desk.crossings.save(doubtful, [], world.here.own())
    assert segment_calendar.recounting(desk).recount(world.here.own(), crossing.id)
    assert world.mirror(crossing.id).segments == crossing.segments
    assert segment_calendar.recounting(desk).recount(world.here.own(), crossing.id) is False
