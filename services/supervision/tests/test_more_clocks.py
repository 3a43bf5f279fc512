"""A case has more clocks than its promise: the law's, those of its steps, and standing still (facts 7; 许可法 42)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from kit.workdays import Limit, Unit, due
from reference.testing import sample_calendar, set_policy
from services.supervision.domain.cards import Card, CardState
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench


def after(days: int, start: datetime = MONDAY) -> datetime:
    at = due(start, Limit(days, Unit.WORKING_DAY), sample_calendar()).due_at
    assert at is not None
    return at


@pytest.fixture(autouse=True)
def cards_alone(bench: "Bench") -> None:
    set_policy(bench.store, "610902", {"tacit_approval": False}, reference=bench.tower.reference)


def case(version: int, *steps: approval.CaseStep, **more: Any) -> approval.Case:
    made = approval.Case(
        id="c-1", number="610902-1", center_id="610902", item_name="食品经营许可", department_key="shichang-jianguan",
        state=approval.CASE_STATE_IN_PROGRESS, accepted_at=to_timestamp(MONDAY), due_at=to_timestamp(after(30)),
        statutory_due_at=to_timestamp(after(40)), journey="j-1", version=version, steps=steps,
    )  # fmt: skip
    made.MergeFrom(approval.Case(**more))
    return made


def step(state: approval.StepState.ValueType = approval.STEP_STATE_CLAIMED, **more: Any) -> approval.CaseStep:
    made = approval.CaseStep(
        key="review", name="审查", state=state, assignee_id="staff-3", assignee_name="李审查",
        opened_at=to_timestamp(MONDAY), days=3,
    )  # fmt: skip
    made.MergeFrom(approval.CaseStep(**more))
    return made


def tell(bench: "Bench", told: approval.Case) -> None:
    bench.deliver("approval_routing", approval_events.StepClaimed(case=told, step_key="review"))
    bench.listen()


def go_past(bench: "Bench", at: datetime) -> None:
    for seconds in (1, 62):
        bench.clock.advance(at + timedelta(seconds=seconds) - bench.clock.now())
        bench.sweep()


def card(bench: "Bench", id: str) -> Card:
    return bench.tower.cards.get(id)


def cards(bench: "Bench") -> set[str]:
    faces = ("yellow-active", "yellow-recovered", "red-active")
    return {each.id for each in bench.tower.cards.each("by_center", center_id="610902", face=faces)}


def test_a_step_over_its_days_is_yellow_for_who_has_it_and_recovers_when_it_is_passed(bench: "Bench") -> None:
    tell(bench, case(1, step()))
    go_past(bench, after(3))
    yellow = card(bench, "case-c-1-step-1-yellow")
    assert (yellow.rule, yellow.state, yellow.person and yellow.person.name) == ("JC-01", CardState.ACTIVE, "李审查")
    assert "审查" in yellow.reason
    done = step(approval.STEP_STATE_PASSED, done_at=to_timestamp(bench.clock.now()))
    tell(bench, case(2, done))
    assert card(bench, "case-c-1-step-1-yellow").state is CardState.RECOVERED
    assert cards(bench) == {"case-c-1-step-1-yellow"}


def test_a_step_that_is_done_anew_has_a_clock_of_its_own(bench: "Bench") -> None:
    tell(bench, case(1, step()))
    go_past(bench, after(3))
    again = bench.clock.now()
    tell(bench, case(2, step(opened_at=to_timestamp(again), returns=1)))
    assert card(bench, "case-c-1-step-1-yellow").state is CardState.RECOVERED
    go_past(bench, after(3, again))
    assert card(bench, "case-c-1-step-1.1-yellow").state is CardState.ACTIVE


def test_what_stops_the_case_stops_its_steps_too(bench: "Bench") -> None:
    tell(bench, case(1, step()))
    paused = case(2, step(), state=approval.CASE_STATE_PAUSED)
    paused.ClearField("due_at")
    pause = approval.Pause(kind="hearing")
    getattr(pause, "from").CopyFrom(to_timestamp(MONDAY + timedelta(days=1)))
    paused.pauses.append(pause)
    tell(bench, paused)
    go_past(bench, after(8))
    assert cards(bench) == set()
    pause.to.CopyFrom(to_timestamp(bench.clock.now()) or pause.to)
    tell(bench, case(3, step(), pauses=[pause]))
    go_past(bench, after(11))
    assert cards(bench) == set(), "the day on which it goes on isn't counted, so one of its three days is left"
    go_past(bench, after(12))
    assert "case-c-1-step-1-yellow" in cards(bench)


def test_the_laws_limit_has_a_red_card_of_its_own(bench: "Bench") -> None:
    tell(bench, case(1))
    go_past(bench, after(30))
    assert "case-c-1-law-red" not in cards(bench)
    go_past(bench, after(40))
    assert {"case-c-1-red", "case-c-1-law-red"} <= cards(bench)
    law = card(bench, "case-c-1-law-red")
    assert (law.rule, law.points) == ("JC-03", 6)
    assert "法定" in law.reason


def test_a_decision_behind_the_laws_limit_is_red_although_nobody_looked(bench: "Bench") -> None:
    decided = case(1, state=approval.CASE_STATE_APPROVED)
    decided.decision.decided_at.CopyFrom(to_timestamp(after(41)) or decided.decision.decided_at)
    bench.deliver("approval_routing", approval_events.CaseDecided(case=decided))
    bench.listen()
    assert cards(bench) == {"case-c-1-red", "case-c-1-law-red"}


def test_a_case_that_nobody_touches_is_yellow_until_it_moves(bench: "Bench") -> None:
    tell(bench, case(1))
    go_past(bench, after(10))
    (still,) = cards(bench)
    assert card(bench, still).rule == "JC-08"
    tell(bench, case(2, step(days=0, claimed_at=to_timestamp(bench.clock.now()))))
    assert card(bench, still).state is CardState.RECOVERED
    moved = bench.clock.now()
    go_past(bench, after(10, moved))
    assert len({each for each in cards(bench) if "-idle-" in each}) == 2, "each time is another"
    assert max(map(len, cards(bench))) + 32 <= 64, "with a case's real id it still fits an address"
