"""Watches and cards on the real embedded store, from events and alarms."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kit.actor import Actor
from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.store.repository import Found
from kit.testing import MONDAY, actor
from kit.timestamps import to_timestamp
from kit.workdays import Limit, Unit, due
from reference.testing import sample_calendar, set_policy
from services.supervision import queries
from services.supervision.domain.cards import Card, CardState, Colour
from services.supervision.domain.watches import Watch, WatchState
from services.supervision.handlers import Backlog
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

SUPERVISOR = actor("supervisor")
CALENDAR = sample_calendar()


@pytest.fixture(autouse=True)
def cards_alone(bench: "Bench") -> None:
    """What follows a red card is told in test_orders.py."""
    set_policy(bench.store, "610902", {"tacit_approval": False}, reference=bench.tower.reference)


def due_after(days: int) -> datetime:
    at = due(MONDAY, Limit(days, Unit.WORKING_DAY), CALENDAR).due_at
    assert at is not None
    return at


def case(
    state: approval.CaseState.ValueType = approval.CASE_STATE_IN_PROGRESS,
    *,
    id: str = "c-1",
    version: int = 1,
    days: int = 10,
) -> approval.Case:
    return approval.Case(
        id=id,
        number="610902-1",
        center_id="610902",
        item_name="食品经营许可",
        department_key="shichang-jianguan",
        state=state,
        accepted_at=to_timestamp(MONDAY),
        due_at=to_timestamp(due_after(days)),
        journey="j-1",
        version=version,
    )


def opened(bench: "Bench", id: str = "c-1") -> None:
    bench.deliver("approval_routing", approval_events.CaseOpened(case=case(id=id)))


def decided(bench: "Bench", at: datetime) -> None:
    done = case(approval.CASE_STATE_APPROVED, version=2)
    done.decision.MergeFrom(approval.Decision(decided_at=to_timestamp(at)))
    bench.deliver("approval_routing", approval_events.CaseDecided(case=done))


def go_to(bench: "Bench", at: datetime) -> None:
    bench.clock.advance(at - bench.clock.now())
    bench.sweep()


def go_past_due(bench: "Bench") -> None:
    go_to(bench, due_after(10) + timedelta(seconds=1))
    go_to(bench, due_after(10) + timedelta(seconds=62))


def watch(bench: "Bench", id: str = "case-c-1") -> Watch:
    return bench.tower.watches.get(id)


def cards(
    bench: "Bench",
    who: Actor = SUPERVISOR,
    colour: Colour | None = None,
    state: CardState | None = None,
    limit: int = 0,
    cursor: str = "",
) -> Found[Card]:
    return queries.list_cards(
        tower=bench.tower,
        call=Call(who, bench.clock.now()),
        center_id="610902",
        colour=colour,
        state=state,
        limit=limit,
        cursor=cursor,
    )


def shown(found: Found[Card]) -> list[tuple[str, str]]:
    return [(card.colour.name, card.state) for card in found.items]


# ── Alarms ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_that_nobody_decides_is_warned_of_three_times_in_order(bench: "Bench") -> None:
    opened(bench)
    for half_day in range(40):
        go_to(bench, MONDAY + timedelta(hours=12 * (half_day + 1)))
    assert bench.told_types() == ["reminder_raised", "yellow_card_raised", "red_card_raised"]
    assert [event.at.date().isoformat() for event in bench.told] == ["2026-12-04", "2026-12-07", "2026-12-08"]
    assert shown(cards(bench)) == [("RED", "active"), ("YELLOW", "active"), ("REMINDER", "active")]


def test_nothing_is_raised_before_its_day_nor_twice(bench: "Bench") -> None:
    opened(bench)
    go_to(bench, due_after(10) - timedelta(days=5))
    assert bench.told == []
    go_past_due(bench)
    told = len(bench.told)
    go_to(bench, due_after(10) + timedelta(days=30))
    assert len(bench.told) == told == 3


def test_a_case_decided_in_time_ends_without_a_card(bench: "Bench") -> None:
    opened(bench)
    decided(bench, MONDAY + timedelta(days=2))
    go_past_due(bench)
    assert bench.told == []
    assert (watch(bench).seen.state, watch(bench).ended_in_time) == (WatchState.ENDED, True)


def test_a_pause_recovers_yellow_and_its_card_says_so(bench: "Bench") -> None:
    opened(bench)
    go_to(bench, due_after(10) - timedelta(hours=2))
    assert shown(cards(bench, state=CardState.ACTIVE)) == [("YELLOW", "active"), ("REMINDER", "active")]
    bench.deliver("approval_routing", approval_events.CasePaused(case=case(approval.CASE_STATE_PAUSED, version=2)))
    bench.listen()
    assert shown(cards(bench, state=CardState.ACTIVE)) == []
    recovered = cards(bench, colour=Colour.YELLOW).items[0]
    assert (recovered.state, recovered.recovered_at, recovered.reason) == ("recovered", bench.clock.now(), "计时停止")
    assert watch(bench).seen.due_at is None
    go_past_due(bench)
    assert "red_card_raised" not in bench.told_types()


def test_a_date_that_a_calendar_moves_on_takes_its_yellow_card_back(bench: "Bench") -> None:
    opened(bench)
    go_to(bench, due_after(10) - timedelta(hours=2))
    assert shown(cards(bench, colour=Colour.YELLOW)) == [("YELLOW", "active")]
    moved = approval_events.DeadlineRecomputed(case=case(version=2, days=13), reason="工作日历更新")
    bench.deliver("approval_routing", moved)
    bench.listen()
    [card] = cards(bench, colour=Colour.YELLOW).items
    assert (card.state, card.reason) == (CardState.RECOVERED, "期限顺延，已不再临近到期")


def test_a_card_raised_again_is_the_same_card(bench: "Bench") -> None:
    opened(bench)
    go_to(bench, due_after(10) - timedelta(hours=2))
    bench.deliver("approval_routing", approval_events.CasePaused(case=case(approval.CASE_STATE_PAUSED, version=2)))
    bench.listen()
    bench.deliver("approval_routing", approval_events.CaseResumed(case=case(version=3)))
    bench.sweep()
    assert shown(cards(bench, colour=Colour.YELLOW)) == [("YELLOW", "active")]
    assert bench.told_types().count("yellow_card_raised") == 2


def test_a_red_card_is_never_taken_back(bench: "Bench") -> None:
    opened(bench)
    go_past_due(bench)
    later = case(version=2, days=30)
    bench.deliver("approval_routing", approval_events.DeadlineRecomputed(case=later, reason="日历变更"))
    bench.listen()
    assert shown(cards(bench, state=CardState.ACTIVE)) == [("RED", "active")]
    assert watch(bench).colour is Colour.RED


def test_nobody_is_called_late_before_all_news_is_heard(bench: "Bench") -> None:
    opened(bench)
    bench.lag = 1000
    bench.clock.advance(timedelta(days=60))
    assert bench.sweep() == 0
    decided(bench, MONDAY + timedelta(days=2))
    bench.lag = 0
    bench.sweep()
    assert bench.told == []


@pytest.mark.parametrize(("lag", "heard"), [(0, True), (64, True), (65, False)])
def test_a_group_with_little_before_it_has_heard_all(lag: int, heard: bool) -> None:
    assert Backlog(lambda: lag).heard_all() is heard


def test_the_backlog_is_asked_again_after_a_moment() -> None:
    answers, now = iter([100, 0]), [0.0]
    backlog = Backlog(lambda: next(answers), now=lambda: now[0])
    assert (backlog.heard_all(), backlog.heard_all()) == (False, False)
    now[0] = 0.5
    assert backlog.heard_all()


def test_what_the_center_sets_holds(bench: "Bench") -> None:
    rules = {
        "tacit_approval": False,
        "reminder_lead_days": 3,
        "yellow_card_lead_days": 2,
        "red_card_confirm_seconds": 0,
    }
    set_policy(bench.store, "610902", rules, reference=bench.tower.reference)
    opened(bench)
    for half_day in range(40):
        go_to(bench, MONDAY + timedelta(hours=12 * (half_day + 1)))
    assert [event.at.date().isoformat() for event in bench.told] == ["2026-12-02", "2026-12-03", "2026-12-08"]


def test_an_event_that_comes_again_has_one_effect(bench: "Bench") -> None:
    event = bench.deliver("approval_routing", approval_events.CaseOpened(case=case()))
    bench.receive(event)
    assert watch(bench).version == 1
    go_past_due(bench)
    for told in list(bench.told):
        bench.receive(told)
    assert [card.version for card in cards(bench).items] == [1, 1, 1]
    assert len(bench.told) == 3


def test_an_event_that_tells_no_center_is_set_aside_rather_than_tried_for_ever(bench: "Bench") -> None:
    with pytest.raises(Invalid, match="event_without_center"):
        bench.deliver("approval_routing", approval_events.CaseOpened(case=approval.Case(id="c-9")))
    assert bench.tower.watches.find_by_id("case-c-9") is None


def test_two_pieces_of_news_of_one_write_are_both_heard(bench: "Bench") -> None:
    opened(bench)
    paused = case(approval.CASE_STATE_PAUSED, version=1)
    bench.deliver("approval_routing", approval_events.CasePaused(case=paused))
    assert watch(bench).seen.state is WatchState.PAUSED


def test_a_card_told_late_does_not_bring_back_an_older_state(bench: "Bench") -> None:
    opened(bench)
    go_to(bench, due_after(10) - timedelta(hours=2))
    raised = bench.told[-1]
    bench.clock.advance(timedelta(minutes=1))
    bench.deliver("approval_routing", approval_events.CasePaused(case=case(approval.CASE_STATE_PAUSED, version=2)))
    bench.listen()
    bench.receive(replace(raised, id="replayed"))
    assert shown(cards(bench, colour=Colour.YELLOW)) == [("YELLOW", "recovered")]


def test_news_told_late_does_not_bring_back_what_is_over(bench: "Bench") -> None:
    opened(bench)
    decided(bench, MONDAY)
    bench.deliver("approval_routing", approval_events.CaseResumed(case=case(version=1)))
    assert watch(bench).seen.state is WatchState.ENDED


def test_cards_stand_in_the_journey_for_staff_only(bench: "Bench") -> None:
    opened(bench)
    go_past_due(bench)
    journey = queries.get_journey(tower=bench.tower, call=Call(SUPERVISOR, MONDAY), journey_id="j-1", code="")
    assert [line.title for line in journey.lines if not line.public] == [
        "到期提醒：食品经营许可",
        "黄牌：食品经营许可",
        "红牌：食品经营许可",
    ]


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cards_are_listed_by_colour_and_state_page_by_page(bench: "Bench") -> None:
    for n in range(3):
        opened(bench, f"c-{n}")
    go_past_due(bench)
    assert len(cards(bench).items) == 9
    assert shown(cards(bench, colour=Colour.RED, state=CardState.ACTIVE)) == [("RED", "active")] * 3
    assert shown(cards(bench, state=CardState.RECOVERED)) == []
    seen, cursor = [], ""
    while True:
        page = cards(bench, limit=4, cursor=cursor)
        seen += [card.id for card in page.items]
        cursor = page.cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 9


def test_a_chief_gets_the_cards_of_the_own_department(bench: "Bench") -> None:
    opened(bench)
    go_past_due(bench)
    assert len(cards(bench, actor("chief", department="shichang-jianguan")).items) == 3
    assert cards(bench, actor("chief", department="renli-shebao")).items == ()
    with pytest.raises(Forbidden, match="center_not_allowed"):
        cards(bench, actor("supervisor", center="610900"))


def test_watches_are_listed_due_soonest_first(bench: "Bench") -> None:
    opened(bench)
    soon = case(id="c-2", days=5)
    bench.deliver("approval_routing", approval_events.CaseOpened(case=soon))
    found = queries.list_watches(
        tower=bench.tower,
        call=Call(SUPERVISOR, MONDAY),
        center_id="610902",
        state=WatchState.RUNNING,
        limit=0,
        cursor="",
    )
    assert [one.id for one in found.items] == ["case-c-2", "case-c-1"]
