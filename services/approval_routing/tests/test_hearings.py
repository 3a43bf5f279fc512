"""The limits of a hearing: five days to ask, twenty to hold, seven of notice; each told of while it can be kept (许可法 46–48)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from kit.actor import service_actor
from kit.call import Call
from kit.errors import TongbanError
from kit.workdays import CENTER_ZONE
from reference import Step
from reference.testing import closed_on, sample_calendar, sample_item
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.history import check
from services.approval_routing.domain.records import HearingCourse
from services.approval_routing.handlers import conduct
from services.approval_routing.handlers.hearings import hearing_alarms, plan_hearing
from services.approval_routing.tests.approval_office import REVIEWER, Bench, MakeBench
from tongban.approval_routing.v1 import events_pb2

HEARING = Step("hear", "听证", "reviewer", kind="hearing")
TOLD, ASK_BY, HOLD_BY = "2026-11-23", date(2026, 11, 30), date(2026, 12, 21)


@pytest.fixture
def held(make_bench: MakeBench) -> tuple[Bench, Case]:
    bench = make_bench(items=[sample_item(steps=(HEARING, Step("decide", "决定", "approver")))])
    return bench, bench.claim(bench.opened(), REVIEWER)


def plan(bench: Bench, case: Case, **days: str) -> Case:
    said: dict[str, Any] = {"told_on": TOLD, "asked_on": "", "notified_on": "", "planned_on": "", **days}
    return plan_hearing(
        office=bench.office, call=bench.by(REVIEWER), case_id=case.id, step_key="", expected_version=0, **said
    )


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(TongbanError) as caught:
        act()
    return caught.value.code


def on(bench: Bench, day: str, at: time = time(10)) -> None:
    bench.clock.advance(datetime.combine(date.fromisoformat(day), at, CENTER_ZONE) - bench.clock.now())


def sweep(bench: Bench) -> list[str]:
    """Fires what is due, as the chassis does; the limits that were told of so far."""
    bench.catch_up()
    (alarm,) = hearing_alarms(bench.office)
    for watch in list(bench.office.hearings.each("alarms")):
        if watch.wake_at is not None and watch.wake_at <= bench.clock.now():
            alarm.fire(watch, Call(service_actor("approval_routing"), bench.clock.now()))
    told = [event for event in bench.events if event.type.split(".")[2] == "hearing_limit_reached"]
    return [events_pb2.HearingLimitReached.FromString(event.data).limit for event in told]


def test_the_days_to_ask_and_to_hold_it_are_working_days(held: tuple[Bench, Case]) -> None:
    bench, case = held
    course = plan(bench, case).steps[0].hearing
    assert course == HearingCourse(date(2026, 11, 23), ask_by=ASK_BY)
    planned = plan(bench, case, asked_on=TOLD)
    assert planned.steps[0].hearing is not None
    assert planned.steps[0].hearing.hold_by == HOLD_BY
    assert check(planned).intact
    assert planned.due_at == case.due_at


def test_when_nobody_has_asked_in_time_it_is_told_once(held: tuple[Bench, Case]) -> None:
    bench, case = held
    plan(bench, case)
    on(bench, "2026-11-30", time(23, 59))
    assert sweep(bench) == []
    on(bench, "2026-12-01", time(0))
    assert sweep(bench) == ["ask"]
    assert sweep(bench) == ["ask"]


def test_the_last_days_of_notice_and_of_holding_it_are_told_as_they_begin(held: tuple[Bench, Case]) -> None:
    bench, case = held
    plan(bench, case, asked_on=TOLD, planned_on="2026-12-18")
    on(bench, "2026-12-10", time(23, 59))
    assert sweep(bench) == []
    on(bench, "2026-12-11", time(0))
    assert sweep(bench) == ["notice"]
    plan(bench, case, asked_on=TOLD, planned_on="2026-12-18", notified_on="2026-12-11")
    on(bench, "2026-12-21", time(0))
    assert sweep(bench) == ["notice", "hold"]


def test_a_hearing_that_was_held_is_watched_no_more(held: tuple[Bench, Case]) -> None:
    bench, case = held
    plan(bench, case, asked_on=TOLD)
    on(bench, "2026-12-04")
    conduct.record_step(
        office=bench.office,
        call=bench.by(REVIEWER),
        case_id=case.id,
        step_key="",
        text="听取了申请人的陈述",
        held_on="2026-12-04",
        notified_on="2026-11-24",
        place="",
        people=(),
        presided_by="周主持",
        waived=False,
        expected_version=0,
    )
    assert refused(lambda: plan(bench, case, asked_on=TOLD)) == "hearing_held"
    on(bench, "2026-12-31")
    assert sweep(bench) == []


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"told_on": ""}, "hearing_day_invalid"),
        ({"told_on": "2027-01-01"}, "hearing_day_invalid"),
        ({"told_on": "昨天"}, "day_invalid"),
        ({"asked_on": "2026-11-22"}, "hearing_asked_late"),
        ({"asked_on": "2026-12-01"}, "hearing_asked_late"),
        ({"asked_on": "2026-11-30", "planned_on": "2026-12-29"}, "hearing_too_late"),
        ({"planned_on": "2026-12-08", "notified_on": "2026-12-02"}, "hearing_notice_short"),
    ],
    ids=["not told", "told tomorrow", "no day", "asked before", "asked late", "held late", "short notice"],
)
def test_days_that_the_law_does_not_allow_are_refused(
    held: tuple[Bench, Case], days: dict[str, str], code: str
) -> None:
    bench, case = held
    bench.pass_time(days=timedelta(days=10).days)
    assert refused(lambda: plan(bench, case, **days)) == code
    assert bench.now(case).steps[0].hearing is None


def test_another_step_has_no_hearing_and_only_who_holds_it_plans(
    held: tuple[Bench, Case], make_bench: MakeBench
) -> None:
    bench, case = held
    bench.release(case)
    assert refused(lambda: plan(bench, case)) == "step_not_claimed"
    other = make_bench()
    assert refused(lambda: plan(other, other.claim(other.opened(), REVIEWER))) == "hearing_not_wanted"


def closed(bench: Bench, *days: date) -> None:
    bench.catch_up()
    bench.change_calendar(closed_on(*days))


def course_of(bench: Bench, case: Case) -> HearingCourse:
    course = bench.now(case).steps[0].hearing
    assert course is not None
    return course


def test_a_closed_day_moves_its_limits_their_alarm_and_says_so(held: tuple[Bench, Case]) -> None:
    bench, case = held
    plan(bench, case)
    closed(bench, date(2026, 11, 25))
    assert course_of(bench, case).ask_by == date(2026, 12, 1)
    assert "听证申请期限由 2026-11-30 23:59 调整为 2026-12-01 23:59" in bench.now(case).date_changes[-1].reason
    on(bench, "2026-12-01", time(23, 59))
    assert sweep(bench) == []
    on(bench, "2026-12-02", time(0))
    assert sweep(bench) == ["ask"]


def test_the_day_to_hold_it_follows_both_ways_and_the_day_to_ask_never_shrinks(held: tuple[Bench, Case]) -> None:
    bench, case = held
    closed(bench, date(2026, 11, 25))
    plan(bench, case)
    closed(bench)
    assert course_of(bench, case).ask_by == date(2026, 12, 1), "the applicant was told of it"
    plan(bench, case, asked_on=TOLD)
    closed(bench, date(2026, 11, 25))
    assert course_of(bench, case).hold_by == date(2026, 12, 22)
    closed(bench)
    assert course_of(bench, case).hold_by == HOLD_BY


def test_a_case_that_stands_for_its_hearing_has_its_limits_counted_anew(make_bench: MakeBench) -> None:
    steps = (HEARING, Step("decide", "决定", "approver"))
    bench = make_bench(items=[sample_item(steps=steps, special_procedures=("hearing",))])
    case = bench.claim(bench.opened(), REVIEWER)
    plan(bench, case, asked_on=TOLD)
    bench.pause(case, kind="hearing")
    closed(bench, date(2026, 11, 25))
    assert course_of(bench, case).hold_by == date(2026, 12, 22)
    assert check(bench.now(case)).intact


def test_a_limit_in_an_unpublished_year_is_marked_until_it_is_certain(held: tuple[Bench, Case]) -> None:
    bench, case = held
    bench.change_calendar(replace(sample_calendar(), years=()))
    assert plan(bench, case).steps[0].hearing == HearingCourse(
        date(2026, 11, 23), ask_by=date(2026, 11, 30), provisional=True
    )
    bench.change_calendar(sample_calendar())
    assert not course_of(bench, case).provisional
