"""What supervision counts itself follows a changed calendar at once, not at its next look (许可法 82; facts 7)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from google.protobuf.struct_pb2 import Struct

from kit.errors import NotReady
from kit.timestamps import to_timestamp
from kit.workdays import Calendar, local_date
from reference.testing import closed_on, set_calendar, set_policy
from services.supervision.domain.cards import CardState
from services.supervision.tests.test_more_clocks import after, card, cards, case, go_past, step, tell
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.catalog.v1 import events_pb2 as catalog_events
from tongban.catalog.v1 import messages_pb2 as catalog_messages

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CENTER = "610902"


@pytest.fixture(autouse=True)
def cards_alone(bench: "Bench") -> None:
    set_policy(bench.store, CENTER, {"tacit_approval": False}, reference=bench.tower.reference)


def calendar_is(bench: "Bench", calendar: Calendar, *, version: int = 0) -> None:
    """Supervision's own copy has it, and the event of it comes."""
    set_calendar(bench.store, CENTER, calendar, reference=bench.tower.reference)
    told(bench, version=version)
    bench.listen()


def told(bench: "Bench", *, version: int = 0) -> None:
    calendar = bench.tower.reference.calendar(CENTER)
    data = Struct()
    data.update(dict(replace(calendar, version=version or calendar.version).to_data()))
    changed = catalog_messages.Calendar(center_id=CENTER, data=data, version=calendar.version)
    bench.deliver("catalog", catalog_events.CalendarChanged(calendar=changed))


def looked_at(bench: "Bench") -> date:
    at = bench.tower.watches.get("case-c-1").wake_at
    assert at is not None
    return local_date(at)


def test_a_case_that_stands_still_is_looked_at_sooner_when_a_closed_day_is_worked(bench: "Bench") -> None:
    set_calendar(bench.store, CENTER, closed_on(date(2026, 11, 25)), reference=bench.tower.reference)
    tell(bench, case(1))
    before = looked_at(bench)
    calendar_is(bench, closed_on())
    assert before - looked_at(bench) == timedelta(days=1)
    go_past(bench, after(10))
    assert [card(bench, each).rule for each in cards(bench)] == ["JC-08"]


def test_a_card_for_standing_still_recovers_when_a_day_of_it_turns_out_to_be_closed(bench: "Bench") -> None:
    tell(bench, case(1))
    go_past(bench, after(10))
    (still,) = cards(bench)
    calendar_is(bench, closed_on(date(2026, 12, 4)))
    recovered = card(bench, still)
    assert (recovered.state, "期限顺延" in recovered.reason) == (CardState.RECOVERED, True)
    go_past(bench, after(11))
    assert card(bench, still).state is CardState.ACTIVE, "it stands still by the new calendar too"


def test_a_steps_own_limit_moves_with_the_calendar(bench: "Bench") -> None:
    tell(bench, case(1, step()))
    go_past(bench, after(3))
    assert card(bench, "case-c-1-step-1-yellow").state is CardState.ACTIVE
    calendar_is(bench, closed_on(date(2026, 11, 25)))
    assert card(bench, "case-c-1-step-1-yellow").state is CardState.RECOVERED


def test_the_day_on_which_a_warning_begins_moves_although_the_due_day_stays(bench: "Bench") -> None:
    due_at = datetime.fromisoformat("2026-12-02T23:59:59.999+08:00")
    tell(bench, case(1, due_at=to_timestamp(due_at)))
    assert looked_at(bench) == date(2026, 12, 1)
    calendar_is(bench, closed_on(date(2026, 12, 1)))
    assert looked_at(bench) == date(2026, 11, 30), "a working day before"


def test_told_again_nothing_happens_and_before_its_own_copy_is_as_new_it_waits(bench: "Bench") -> None:
    tell(bench, case(1))
    calendar_is(bench, closed_on(date(2026, 11, 25)))
    saved = bench.tower.watches.get("case-c-1")
    told(bench)
    assert bench.tower.watches.get("case-c-1") == saved
    with pytest.raises(NotReady):
        told(bench, version=99)


def test_what_is_red_stays_red_whatever_the_calendar_becomes(bench: "Bench") -> None:
    tell(bench, case(1))
    go_past(bench, after(30))
    assert "case-c-1-red" in cards(bench)
    calendar_is(bench, closed_on(date(2026, 11, 25)))
    assert card(bench, "case-c-1-red").state is CardState.ACTIVE


def test_asking_for_more_time_is_no_standing_still(bench: "Bench") -> None:
    tell(bench, case(1))
    go_past(bench, after(10))
    (still,) = cards(bench)
    asked = approval.ClockExtension(asked_at=to_timestamp(bench.clock.now()))
    bench.deliver("approval_routing", approval_events.ExtensionRequested(case=case(2, extensions=[asked])))
    bench.listen()
    assert card(bench, still).state is CardState.RECOVERED
