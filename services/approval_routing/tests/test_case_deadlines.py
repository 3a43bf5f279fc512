"""Clocks: pauses, and what explains a due date."""

from dataclasses import replace
from datetime import UTC, date
from typing import Any

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, Invalid
from kit.workdays import Calendar, DayKind, SpecialDay, local_text
from reference.testing import sample_calendar, sample_item
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.queries.cases import explain_deadline
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, CLERK, Bench, MakeBench
from tongban.approval_routing.v1 import events_pb2


def due(case: Case) -> str:
    assert case.due_at is not None
    return local_text(case.due_at)


def closed_on(*days: date) -> Calendar:
    closures = tuple(SpecialDay(day, DayKind.CLOSURE, "台风") for day in days)
    return replace(sample_calendar(), days=closures)


def explained(bench: Bench, case: Case) -> list[tuple[str, str, int | None]]:
    _, clocks = explain_deadline(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="")
    return [(line.on.isoformat(), line.outcome.value, line.number) for line in clocks[0].deadline.explain()]


# ── Special procedures ───────────────────────────────────────────────────────────────────────────────────────


def test_a_pause_stops_both_clocks_and_a_resume_moves_them_by_the_days_it_took(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.pass_time(days=2)
    paused = bench.pause(case)
    assert (paused.state, paused.due_at, paused.statutory_due_at) == (CaseState.PAUSED, None, None)
    bench.pass_time(days=5)
    resumed = bench.resume(case)
    # Wednesday to Monday: four working days that don't count
    assert (resumed.state, due(resumed)) == (CaseState.IN_PROGRESS, "2026-12-11 23:59")
    assert resumed.statutory_due_at is not None
    assert local_text(resumed.statutory_due_at) == "2026-12-25 23:59"
    assert bench.told()[-2:] == ["case_paused", "case_resumed"]
    [pause] = events_pb2.CaseResumed.FromString(bench.events[-1].data).case.pauses
    assert (pause.kind, pause.expected_days, pause.reason) == ("expert_review", 5, "组织专家评审")
    assert pause.to.ToDatetime(tzinfo=UTC) == bench.clock.now()


def test_a_case_may_be_paused_again_after_it_was_resumed(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    for _ in range(2):
        bench.pause(case)
        bench.pass_time(days=1)
        bench.resume(case)
    assert len(bench.now(case).pauses) == 2


def test_a_pause_that_begins_too_late_does_not_save_an_overdue_case(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.pass_time(days=60)
    assert due(bench.pause(case)) == "2026-12-07 23:59"


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"kind": "hearing"}, Conflict, "procedure_not_of_item"),
        ({"kind": "site_visit"}, Conflict, "procedure_does_not_pause"),
        ({"kind": ""}, Invalid, "text_required"),
        ({"days": 0}, Invalid, "expected_days_invalid"),
        ({"days": 9999}, Invalid, "expected_days_invalid"),
        ({"reason": "  "}, Invalid, "text_required"),
        ({"who": APPROVER}, Forbidden, "step_not_yours"),
        ({"who": CLERK}, Forbidden, "step_not_yours"),
    ],
)
def test_a_pause_without_its_grounds_is_refused(
    bench: Bench, change: dict[str, Any], error: type[Exception], code: str
) -> None:
    case = bench.claim(bench.opened())
    with pytest.raises(error, match=code):
        bench.pause(case, **change)
    assert bench.now(case) == case


def test_a_center_may_let_a_site_visit_stop_the_clock(make_bench: MakeBench) -> None:
    bench = make_bench({"pausing_procedures": ["site_visit"]})
    assert bench.pause(bench.claim(bench.opened()), kind="site_visit").state is CaseState.PAUSED


def test_pausing_twice_and_resuming_what_runs_is_refused(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    with pytest.raises(Conflict, match="case_not_paused"):
        bench.resume(case)
    assert bench.now(case) == case
    stopped = bench.pause(case)
    with pytest.raises(Conflict, match="case_already_paused"):
        bench.pause(case)
    assert bench.now(case) == stopped


def test_nothing_moves_while_it_is_paused_and_the_chief_may_resume(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.pause(case)
    for act in (bench.pass_step, bench.reject, bench.release, bench.send_back):
        with pytest.raises(Conflict, match="case_paused"):
            act(case)
    assert bench.resume(case, CHIEF).state is CaseState.IN_PROGRESS


# ── Explanation ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_due_date_explains_itself_day_by_day(make_bench: MakeBench) -> None:
    item = sample_item(promised_limit=replace(sample_item().promised_limit, amount=5))
    bench = make_bench(items=[item])
    assert explained(bench, bench.opened()) == [
        ("2026-11-23", "start", None),
        ("2026-11-24", "counted", 1),
        ("2026-11-25", "counted", 2),
        ("2026-11-26", "counted", 3),
        ("2026-11-27", "counted", 4),
        ("2026-11-28", "skipped", None),
        ("2026-11-29", "skipped", None),
        ("2026-11-30", "counted", 5),
    ]


def test_a_paused_day_says_so(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.pass_time(days=1)
    bench.pause(case)
    assert explained(bench, case) == [("2026-11-23", "start", None), ("2026-11-24", "paused", None)]
    bench.pass_time(days=1)
    bench.resume(case)
    assert explained(bench, case)[1:4] == [
        ("2026-11-24", "paused", None),
        ("2026-11-25", "paused", None),
        ("2026-11-26", "counted", 1),
    ]


def test_what_stopped_the_clock_is_called_by_its_name(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.pause(case)
    _, [promised, *_] = explain_deadline(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="")
    assert "专家评审（组织专家评审）" in promised.deadline.explain()[-1].reason
    assert "现暂停计时（专家评审）" in promised.deadline.summary()


def test_what_is_explained_ends_on_the_due_date(bench: Bench) -> None:
    case = bench.opened()
    assert explained(bench, case)[-1] == (due(case)[:10], "counted", 10)


def test_every_clock_of_a_case_explains_itself_and_those_of_steps_to_staff_only(make_bench: MakeBench) -> None:
    first, *others = sample_item().steps
    bench = make_bench(items=[sample_item(steps=(replace(first, days=3), *others))])
    case = bench.opened()

    def titles(who: Actor, code: str = "") -> list[tuple[str, str]]:
        _, clocks = explain_deadline(
            office=bench.office, call=bench.by(who), case_id="" if code else case.id, code=code
        )
        return [(clock.title, str(clock.deadline.due_on)) for clock in clocks]

    both = [("承诺期限", "2026-12-07"), ("法定期限", "2026-12-21")]
    assert titles(PUBLIC, case.code) == both
    assert titles(CLERK) == [*both, ("环节“审查”期限", "2026-11-26")]
    decided = bench.approved("a-2")
    _, clocks = explain_deadline(office=bench.office, call=bench.by(CLERK), case_id=decided.id, code="")
    assert (clocks[-1].kind, clocks[-1].deadline.due_at) == ("delivery", decided.delivery_due_at)
