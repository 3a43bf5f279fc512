"""What a day was counted of goes long after it; the day then stays as it was reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.errors import Conflict
from kit.testing import MONDAY
from services.federation.domain.figures import figures_id
from services.federation.domain.letters import RefusedLetter
from services.federation.handlers import figures
from services.federation.handlers.desk import REFUSED_LETTERS
from services.federation.handlers.retention import rules
from services.federation.handlers.room import COUNTED, Room
from services.federation.settings import FederationSettings
from services.federation.tests.joined_rooms import COUNTY, Joined

DAY = timedelta(days=1)
KEEP = 150


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    return Joined(tmp_path, COUNTY)


def take_away(joined: Joined, room: Room, kind: str) -> None:
    rule = next(each for each in rules(counted_days=KEEP, refused_days=KEEP) if each.kind.name == kind)
    rule.take_away(room.desk.refused_letters.store, joined.call(COUNTY))


def counted(joined: Joined) -> int:
    return len(list(joined[COUNTY].room.counted.store.scan(COUNTED.name)))


def test_what_was_counted_long_ago_goes_and_its_day_stays_as_it_was(joined: Joined) -> None:
    room = replace(joined[COUNTY].room, keeps_counted=KEEP * DAY)
    center = COUNTY.partition(".")[0]

    def note(id: str) -> None:
        call = joined.call(COUNTY)
        figures.note_event(room=room, call=call, event_id=id, center_id=center, name="visits", at=MONDAY)

    note("e-1")
    note("e-2")
    figures.count_day(room=room, call=joined.call(COUNTY), center_id=center, day="2026-11-23")
    joined.clock.advance((KEEP - 2) * DAY)
    take_away(joined, room, COUNTED.name)
    assert counted(joined) == 2
    joined.clock.advance(2 * DAY)
    take_away(joined, room, COUNTED.name)
    assert counted(joined) == 0
    note("e-3")
    assert counted(joined) == 0, "it comes too late"
    with pytest.raises(Conflict, match="day_closed"):
        figures.recount_day(room=room, call=joined.call(COUNTY), center_id=center, day="2026-11-23")
    assert room.figures.get(figures_id(room.here, center, "2026-11-23")).counts == {"visits": 2}


def test_letters_that_could_not_be_used_go_after_a_while(joined: Joined) -> None:
    room = joined[COUNTY].room
    letters = room.desk.refused_letters
    letters.create(RefusedLetter("l-1", COUNTY, "x.y", "j", "code", "…", MONDAY, MONDAY), [], joined.call(COUNTY))
    take_away(joined, room, REFUSED_LETTERS.name)
    assert letters.find_by_id("l-1") is not None
    joined.clock.advance((KEEP + 1) * DAY)
    take_away(joined, room, REFUSED_LETTERS.name)
    assert letters.find_by_id("l-1") is None


def test_days_that_may_be_corrected_keep_what_they_are_counted_of() -> None:
    with pytest.raises(ValueError, match="TONGBAN_FEDERATION_KEEP_COUNTED_DAYS"):
        FederationSettings(federation_keep_counted_days=100)
    assert not list(rules(counted_days=0, refused_days=0))
