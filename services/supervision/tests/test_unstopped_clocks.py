"""Clocks that a special procedure doesn't stop: a hearing's limits, and the end of what a case renews (许可法 47, 48, 50)."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from kit.workdays import local_instant
from reference.testing import set_policy
from services.supervision.domain.cards import Card, CardState
from services.supervision.tests.test_more_clocks import after, card, cards, case, go_past
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import licences_pb2 as licences
from tongban.approval_routing.v1 import messages_pb2 as approval

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

HELD_BY = date(2026, 12, 21)
HEARING, NOTICE = "case-c-1-step-1.hearing-yellow", "case-c-1-step-1.notice-yellow"


@pytest.fixture(autouse=True)
def cards_alone(bench: "Bench") -> None:
    set_policy(bench.store, "610902", {"tacit_approval": False}, reference=bench.tower.reference)


def hearing(**course: Any) -> approval.CaseStep:
    made = approval.CaseStep(
        key="hear",
        name="听证",
        state=approval.STEP_STATE_CLAIMED,
        assignee_id="staff-3",
        assignee_name="李审查",
        opened_at=to_timestamp(MONDAY),
    )
    told = {"told_on": "2026-11-23", "asked_on": "2026-11-23", "ask_by": "2026-11-30", "hold_by": HELD_BY.isoformat()}
    made.hearing.MergeFrom(approval.HearingCourse(**{**told, **course}))
    return made


def standing(version: int, *steps: approval.CaseStep, **more: Any) -> approval.Case:
    """The case while a special procedure stops its clock."""
    stood = case(version, *steps, state=approval.CASE_STATE_PAUSED, **more)
    stood.ClearField("due_at")
    stood.ClearField("statutory_due_at")
    return stood


def tell(bench: "Bench", told: approval.Case) -> None:
    bench.deliver("approval_routing", approval_events.HearingPlanned(case=told, step_key="hear"))
    bench.listen()


def end_of(day: date) -> datetime:
    return local_instant(day, 1440) - timedelta(milliseconds=1)


def of(bench: "Bench", id: str) -> Card:
    return card(bench, id)


def test_a_hearing_not_held_in_twenty_days_is_carded_although_its_case_stands(bench: "Bench") -> None:
    tell(bench, case(1, hearing()))
    tell(bench, standing(2, hearing()))
    go_past(bench, end_of(HELD_BY) - timedelta(minutes=5))
    assert cards(bench) == set()
    go_past(bench, end_of(HELD_BY))
    assert cards(bench) == {HEARING}
    assert "听证（组织听证）" in of(bench, HEARING).reason
    held = hearing()
    held.record.MergeFrom(approval.StepRecord(text="听取陈述", held_on="2026-12-21"))
    held.record.recorded_at.FromDatetime(bench.clock.now())
    tell(bench, standing(3, held))
    assert of(bench, HEARING).state is CardState.RECOVERED


def test_those_whom_it_concerns_are_called_seven_days_before(bench: "Bench") -> None:
    tell(bench, standing(1, hearing(planned_on="2026-12-18", notify_by="2026-12-11")))
    go_past(bench, end_of(date(2026, 12, 11)))
    assert cards(bench) == {NOTICE}
    tell(bench, standing(2, hearing(planned_on="2026-12-21", notify_by="2026-12-14")))
    assert of(bench, NOTICE).state is CardState.RECOVERED, "the day was put off"
    tell(bench, standing(3, hearing(planned_on="2026-12-21", notify_by="2026-12-14", notified_on="2026-12-14")))
    go_past(bench, end_of(date(2026, 12, 15)))
    assert cards(bench) == {NOTICE}


def test_a_hearings_card_is_taken_back_when_a_changed_calendar_gives_it_more_days(bench: "Bench") -> None:
    tell(bench, standing(1, hearing()))
    go_past(bench, end_of(HELD_BY))
    moved = standing(2, hearing(hold_by="2026-12-23"))
    bench.deliver("approval_routing", approval_events.DeadlineRecomputed(case=moved, reason="日历变更"))
    bench.listen()
    assert of(bench, HEARING).state is CardState.RECOVERED
    go_past(bench, end_of(date(2026, 12, 23)))
    assert of(bench, HEARING).state is CardState.ACTIVE


def test_nobody_is_warned_before_the_applicant_has_asked(bench: "Bench") -> None:
    tell(bench, standing(1, hearing(asked_on="", hold_by="")))
    go_past(bench, end_of(date(2026, 12, 31)))
    assert cards(bench) == set()


def test_the_end_of_what_a_standing_case_renews_gives_its_card(bench: "Bench") -> None:
    renewal = licences.CaseRenewal(in_time=True, valid_until="2026-12-01")
    renewal.decide_by.FromDatetime(end_of(date(2026, 12, 1)))
    bench.deliver("approval_routing", approval_events.CasePaused(case=standing(1, renewal=renewal)))
    bench.listen()
    go_past(bench, end_of(date(2026, 12, 1)))
    assert cards(bench) == {"case-c-1-law-renewal-red"}


def test_what_a_special_procedure_stops_gives_no_card_beside(bench: "Bench") -> None:
    step = approval.CaseStep(
        key="review", name="审查", state=approval.STEP_STATE_CLAIMED, opened_at=to_timestamp(MONDAY), days=3
    )
    tell(bench, standing(1, step, hearing()))
    go_past(bench, after(50))
    assert cards(bench) == {"case-c-1-step-2.hearing-yellow"}
