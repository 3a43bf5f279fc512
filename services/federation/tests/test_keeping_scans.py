"""Scans of what nothing became of go at both ends when their time is over; all others stay."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.errors import Stale
from kit.events import event_type
from services.federation.domain.crossing import Crossing, CrossingState
from services.federation.domain.retention import scans_of
from services.federation.handlers import collecting, discarding, disputes, files
from services.federation.tests.joined_rooms import COUNTY, Joined
from services.federation.tests.town import Town
from services.federation.tests.towns import PDF, World
from tongban.federation.v1.crossing_events_pb2 import CrossingFilesDiscarded
from tongban.intake.v1 import messages_pb2 as intake

DAY = timedelta(days=1)
#: The default of ``crossing_files_days``.
KEEP = 365


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def discarded(town: Town) -> list[str]:
    """The crossings whose files this town told of as gone, after its own consumer let go of them."""
    town.publish()
    found = [each for each in town.told if each.type == event_type("federation", "CrossingFilesDiscarded")]
    said = [CrossingFilesDiscarded.FromString(each.data) for each in found]
    for each in said:
        discarding.let_go(desk=town.desk, call=town.own(), crossing_id=each.crossing.id, files=each.files)
    return [each.crossing.id for each in said]


def pass_days(world: World, days: int) -> None:
    """In steps, with the sweeps of a running site."""
    for step in (*[5] * (days // 5), *[1] * (days % 5)):
        world.pass_time(days=step)


def files_grow_old(town: Town, folder: Path) -> None:
    """What was put is no longer put just now; then whoever sweeps looks at it."""
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    town.clock.advance(timedelta(hours=2))
    town.sweep()


def cancelled(world: World) -> Crossing:
    crossing = world.scan(world.open(world.agree()))
    return collecting.withdraw_crossing(
        desk=world.here.desk, call=world.here.by(), crossing_id=crossing.id, code="", reason="", expected_version=0
    )


def test_scans_of_a_cancelled_crossing_go_when_its_days_are_over(world: World, tmp_path: Path) -> None:
    crossing = cancelled(world)
    (scan,) = scans_of(crossing)
    pass_days(world, KEEP - 1)
    assert discarded(world.here) == []
    pass_days(world, 2)
    assert discarded(world.here) == [crossing.id]
    bare = world.mirror(crossing.id)
    assert not scans_of(bare)
    assert bare.materials[0].originals == 1, "what was handed in stays on record"
    files_grow_old(world.here, tmp_path / "here" / "blobs")
    assert not world.here.desk.blobs.has(scan.sha256)
    pass_days(world, 40)
    assert discarded(world.here) == [crossing.id], "once"


def test_both_ends_let_go_of_what_was_refused(world: World) -> None:
    crossing = world.sent()
    world.there.intake_says(crossing.id, "ApplicationRefused", state=intake.APPLICATION_STATE_REFUSED)
    world.post.settle()
    assert (world.mirror(crossing.id).state, world.owned(crossing.id).state) == (CrossingState.REFUSED,) * 2
    pass_days(world, KEEP + 1)
    for town in (world.here, world.there):
        assert discarded(town) == [crossing.id]
        kept = town.desk.crossings.get(crossing.id)
        assert kept.files_discarded_at is not None
        assert kept.letters, "what was said stays"
        said = CrossingFilesDiscarded.FromString(town.told[-1].data)
        assert set(said.letter_ids) == {each.id for each in kept.letters}, "relay finds its copies by them"


def test_what_was_begun_and_never_sent_is_cancelled_with_its_files(world: World) -> None:
    crossing = world.scan(world.open(world.agree()))
    pass_days(world, KEEP + 1)
    assert discarded(world.here) == [crossing.id]
    assert world.mirror(crossing.id).state is CrossingState.CANCELLED


def test_what_is_on_its_way_or_accepted_keeps_its_files(world: World) -> None:
    crossing = world.sent()
    world.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    world.post.settle()
    pass_days(world, KEEP + 40)
    for town in (world.here, world.there):
        assert discarded(town) == []
        assert scans_of(town.desk.crossings.get(crossing.id))


def test_what_a_complaint_is_open_about_keeps_its_files_until_it_is_closed(world: World) -> None:
    crossing = cancelled(world)
    world.here.disputed.add(crossing.id)
    pass_days(world, KEEP + 30)
    assert discarded(world.here) == []
    world.here.disputed.clear()
    pass_days(world, 8)
    assert discarded(world.here) == [crossing.id]


def test_a_scan_that_another_crossing_has_too_stays(world: World, tmp_path: Path) -> None:
    crossing = cancelled(world)
    pass_days(world, 300)
    other = world.scan(world.open(world.agree()))
    (scan,) = scans_of(other)
    pass_days(world, 70)
    assert discarded(world.here) == [crossing.id]
    files_grow_old(world.here, tmp_path / "here" / "blobs")
    assert b"".join(world.here.desk.blobs.get(scan.sha256)) == PDF


def test_a_scan_that_was_taken_away_again_goes_by_itself(world: World, tmp_path: Path) -> None:
    crossing = world.scan(world.open(world.agree()))
    (scan,) = scans_of(crossing)
    files.remove_scan(
        desk=world.here.desk, call=world.here.by(), crossing_id=crossing.id, code="",
        material_key="application-form", sha256=scan.sha256, expected_version=0,
    )  # fmt: skip
    files_grow_old(world.here, tmp_path / "here" / "blobs")
    assert not world.here.desk.blobs.has(scan.sha256)


def test_a_clerk_who_is_faster_keeps_the_files(world: World) -> None:
    crossing = world.scan(world.open(world.agree()))
    world.clock.advance(KEEP * DAY)
    world.send(crossing)
    with pytest.raises(Stale):
        discarding.look(desk=world.here.desk, call=world.here.own(), crossing=crossing, disputed=False)
    assert scans_of(world.mirror(crossing.id))


def test_complaints_are_open_from_filing_to_closing(tmp_path: Path) -> None:
    joined = Joined(tmp_path, COUNTY)
    room, call = joined[COUNTY].room, joined.call(COUNTY)
    crossing = replace(_any_crossing(tmp_path), journey="j-1")
    assert not disputes.is_disputed(room, crossing)
    for _ in range(2):
        disputes.opened(room=room, call=call, complaint_id="c-1", journey="j-1")
    assert disputes.is_disputed(room, crossing)
    for _ in range(2):
        disputes.closed(room=room, complaint_id="c-1")
    assert not disputes.is_disputed(room, crossing)


def _any_crossing(folder: Path) -> Crossing:
    world = World.at(folder / "world")
    return world.open(world.agree())
