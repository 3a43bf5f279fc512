"""A calendar that changes moves the limits of open rectifications (许可法 82; rules Q05)."""

from dataclasses import replace
from datetime import date

from kit.testing import actor
from kit.workdays import local_text
from reference.testing import DEPARTMENT, change_calendar, closed_on, sample_calendar
from services.evaluation import handlers
from services.evaluation.domain.evaluation import Level
from services.evaluation.domain.rectification import Rectification
from services.evaluation.handlers.calendar import recounting
from services.evaluation.tests.conftest import Bench
from tongban.evaluation.v1 import events_pb2

CHIEF = actor("chief", department=DEPARTMENT)
SUPERVISOR = actor("supervisor", id="supervisor-1")


def opened(bench: Bench) -> Rectification:
    bench.finish_visit()
    judged = bench.judge(Level.VERY_DISSATISFIED)
    bench.receive(bench.told()[-1])
    return bench.desk.rectifications.get(judged.rectification_id)


def now(bench: Bench, it: Rectification) -> Rectification:
    return bench.desk.rectifications.get(it.id)


def test_a_closed_day_moves_an_open_rectification_with_an_audit_line(bench: Bench) -> None:
    it = opened(bench)
    change_calendar(
        bench.store, bench.desk.reference, recounting(bench.desk).subscription(), closed_on(date(2026, 11, 24))
    )
    moved = now(bench, it)
    assert moved.due_at > it.due_at
    told = events_pb2.RectificationDeadlineRecomputed.FromString(bench.told()[-1].data)
    assert local_text(it.due_at) in told.reason
    assert local_text(moved.due_at) in told.reason


def test_a_date_that_becomes_certain_is_told_without_moving(bench: Bench) -> None:
    unpublished = replace(sample_calendar(), years=())
    subscription = recounting(bench.desk).subscription()
    change_calendar(bench.store, bench.desk.reference, subscription, unpublished)
    it = opened(bench)
    assert it.due_provisional
    change_calendar(bench.store, bench.desk.reference, subscription, sample_calendar())
    assert (now(bench, it).due_provisional, now(bench, it).due_at) == (False, it.due_at)
    assert "期限不变" in events_pb2.RectificationDeadlineRecomputed.FromString(bench.told()[-1].data).reason


def test_an_answered_one_is_counted_anew_when_it_is_sent_back(bench: Bench) -> None:
    it = opened(bench)
    said = {"findings": "窗口排队过长", "measures": "已增开窗口", "callback_note": "", "expected_version": 0}
    answered = handlers.answer_rectification(
        desk=bench.desk,
        call=bench.now.by(CHIEF),
        rectification_id=it.id,
        **said,  # type: ignore[arg-type]
    )
    change_calendar(
        bench.store, bench.desk.reference, recounting(bench.desk).subscription(), closed_on(date(2026, 11, 24))
    )
    assert now(bench, it) == answered
    back = handlers.review_rectification(
        desk=bench.desk,
        call=bench.now.by(SUPERVISOR),
        rectification_id=it.id,
        accepted=False,
        note="请补充回访",
        expected_version=0,
    )
    assert back.due_at > it.due_at
