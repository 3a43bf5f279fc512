"""Clocks of cases that several sites handle: each site's supervision watches its own, and no other's."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from kit.workdays import Limit, Unit, due
from reference.testing import sample_calendar
from services.supervision.domain.watches import WatchState
from tongban.federation.v1 import events_pb2 as events
from tongban.federation.v1 import messages_pb2 as crossings
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import urging_pb2 as urging

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CENTER = "610902"


def due_after(days: int) -> datetime:
    at = due(MONDAY, Limit(days, Unit.WORKING_DAY), sample_calendar()).due_at
    assert at is not None
    return at


def clock(days: int, done_at: datetime | None = None) -> parts.SiteClock:
    return parts.SiteClock(
        started_at=to_timestamp(MONDAY), days=days, due_at=to_timestamp(due_after(days)), done_at=to_timestamp(done_at)
    )


def part(
    state: parts.PartState.ValueType, *, here: str, done_at: datetime | None = None, version: int = 1
) -> parts.Part:
    """A joint part that ``here`` (a center) handles; another site asked for it."""
    return parts.Part(
        id="p-1",
        kind=parts.PART_KIND_JOINT,
        title="消防",
        number="LB-1",
        journey="j-1",
        state=state,
        asked_by=parts.Place(site="610900.city", center_id="610900"),
        handled_at=parts.Place(site="x", center_id=here, department_key="xiaofang"),
        clock=clock(3, done_at),
        version=version,
    )


def test_a_slow_part_is_carded_by_the_supervision_of_the_site_that_handles_it(bench: "Bench") -> None:
    taken = events.PartTaken(part=part(parts.PART_STATE_HANDLING, here=CENTER), center_id=CENTER)
    bench.deliver("federation", taken)
    bench.clock.advance(due_after(3) + timedelta(hours=1) - MONDAY)
    bench.sweep()
    bench.clock.advance(timedelta(seconds=61))
    bench.sweep()
    assert "red_card_raised" in bench.told_types()
    watch = bench.tower.watches.get("part-p-1")
    assert (watch.seen.title, watch.seen.department_key) == ("联办环节：消防", "xiaofang")


def test_an_answer_in_time_ends_the_watch_without_a_card(bench: "Bench") -> None:
    bench.deliver("federation", events.PartTaken(part=part(parts.PART_STATE_HANDLING, here=CENTER), center_id=CENTER))
    done = part(parts.PART_STATE_ANSWERED, here=CENTER, done_at=MONDAY + timedelta(hours=3), version=2)
    bench.deliver("federation", events.PartAnswered(part=done, center_id=CENTER))
    watch = bench.tower.watches.get("part-p-1")
    assert watch.seen.state is WatchState.ENDED
    assert watch.ended_in_time


def test_another_sites_clock_is_not_watched_here(bench: "Bench") -> None:
    mirrored = part(parts.PART_STATE_WITHDRAWN, here="510000")
    bench.deliver("federation", events.PartWithdrawn(part=mirrored, center_id="610900"))
    assert bench.tower.watches.find_by_id("part-p-1") is None


def test_the_review_of_what_is_sent_up_is_watched_below_until_it_is_sent(bench: "Bench") -> None:
    reviewing = part(parts.PART_STATE_REVIEWING, here="610900")
    reviewing.kind = parts.PART_KIND_SENT_UP
    reviewing.ClearField("clock")
    reviewing.asked_by.center_id = CENTER
    reviewing.review.clock.CopyFrom(clock(20))
    bench.deliver("federation", events.PartOpened(part=reviewing, center_id=CENTER))
    assert bench.tower.watches.get("part-p-1").seen.state is WatchState.RUNNING
    reviewing.state = parts.PART_STATE_OFFERED
    reviewing.review.clock.done_at.FromDatetime((MONDAY + timedelta(days=2)).replace(tzinfo=None))
    reviewing.version = 2
    bench.deliver("federation", events.PartOffered(part=reviewing, center_id=CENTER))
    assert bench.tower.watches.get("part-p-1").seen.state is WatchState.ENDED


def crossing(*segments: crossings.Segment, version: int = 1) -> crossings.Crossing:
    return crossings.Crossing(
        id="c-1",
        side=crossings.SIDE_COLLECTING,
        center_id=CENTER,
        number="KY1",
        item_name="食品经营许可",
        journey="j-1",
        department_key="zonghe",
        segments=segments,
        version=version,
    )


def segment(
    kind: crossings.SegmentKind.ValueType,
    days: int,
    kept_by: crossings.Side.ValueType = crossings.SIDE_COLLECTING,
    ended_at: datetime | None = None,
) -> crossings.Segment:
    return crossings.Segment(
        kind=kind,
        started_at=to_timestamp(MONDAY),
        days=days,
        due_at=to_timestamp(due_after(days)),
        ended_at=to_timestamp(ended_at),
        kept_by=kept_by,
    )


def test_a_slow_segment_is_carded_by_the_supervision_of_the_end_that_has_it(bench: "Bench") -> None:
    own = segment(crossings.SEGMENT_KIND_COLLECTION, 1)
    theirs = segment(crossings.SEGMENT_KIND_HAND_BACK, 1, crossings.SIDE_HANDLING)
    bench.deliver("federation", events.CrossingOpened(crossing=crossing(own, theirs)))
    bench.clock.advance(due_after(1) - MONDAY - timedelta(hours=1))
    bench.sweep()
    assert bench.told_types() == ["yellow_card_raised"]
    bench.clock.advance(timedelta(hours=2))
    bench.sweep()
    bench.clock.advance(timedelta(seconds=61))
    bench.sweep()
    assert bench.told_types() == ["yellow_card_raised", "red_card_raised"]
    watch = bench.tower.watches.get("segment-c-1-1-collection")
    assert (watch.seen.title, watch.seen.number, watch.seen.department_key) == (
        "跨域办件代收：食品经营许可", "KY1", "zonghe",
    )  # fmt: skip
    assert bench.tower.watches.find_by_id("segment-c-1-2-hand_back") is None


def test_a_segment_that_begins_again_is_a_clock_of_its_own(bench: "Bench") -> None:
    first = segment(crossings.SEGMENT_KIND_TRANSIT, 1, ended_at=MONDAY + timedelta(hours=1))
    again = segment(crossings.SEGMENT_KIND_TRANSIT, 3)
    sent = events.CrossingSent(crossing=crossing(first, again))
    event = bench.deliver("federation", sent)
    bench.receive(event)
    states = {key: bench.tower.watches.get(f"segment-c-1-{key}-transit").seen.state for key in ("1", "2")}
    assert states == {"1": WatchState.ENDED, "2": WatchState.RUNNING}
    ended = segment(crossings.SEGMENT_KIND_TRANSIT, 3, ended_at=MONDAY + timedelta(hours=2))
    before = bench.tower.watches.get("segment-c-1-1-transit").version
    bench.deliver("federation", events.CrossingFollowed(crossing=crossing(first, ended, version=2)))
    assert bench.tower.watches.get("segment-c-1-2-transit").ended_in_time
    assert bench.tower.watches.get("segment-c-1-1-transit").version == before
    assert bench.told_types() == []


@pytest.mark.parametrize("has_clock", [True, False], ids=["who was urged", "who urged"])
def test_an_urging_is_watched_where_it_has_to_be_answered(bench: "Bench", has_clock: bool) -> None:
    asked = urging.Urging(
        id="u-1",
        kind=urging.URGING_KIND_URGE,
        title="消防",
        state=urging.URGING_STATE_ASKED,
        asked_of=parts.Place(site="x", center_id=CENTER),
        clock=clock(3) if has_clock else None,
        version=1,
    )
    bench.deliver("federation", events.UrgingArrived(urging=asked, center_id=CENTER))
    assert (bench.tower.watches.find_by_id("urging-u-1") is not None) is has_clock


def test_every_event_of_shared_cases_has_words_of_its_own(bench: "Bench") -> None:
    from services.supervision.events.cooperation_titles import COOPERATION
    from services.supervision.events.decoding import MESSAGES
    from services.supervision.events.titles import tell

    named = {name: f"tongban.federation.{_snake(name)}.v1" for name in COOPERATION}
    assert set(named.values()) <= set(MESSAGES)
    titles = {type: tell(type, MESSAGES[type]()).title for type in named.values()}
    assert not [type for type, title in titles.items() if title == type or not title]


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


def test_what_a_citizen_said_elsewhere_is_watched_once_by_the_clock_of_what_was_opened_here(bench: "Bench") -> None:
    """Its complaint or rectification here has the same limit; two cards for one delay would be one too many."""
    said = urging.Feedback(
        id="f-1",
        kind=urging.FEEDBACK_KIND_COMPLAINT,
        state=urging.FEEDBACK_STATE_FORWARDED,
        journey="j-1",
        concerns=parts.Place(site="x", center_id=CENTER),
        clock=clock(3),
        version=1,
    )
    bench.deliver("federation", events.FeedbackArrived(feedback=said, center_id=CENTER))
    bench.clock.advance(due_after(3) + timedelta(hours=1) - MONDAY)
    bench.sweep()
    assert bench.tower.watches.find_by_id("feedback-f-1") is None
    assert not any("card" in each for each in bench.told_types())
