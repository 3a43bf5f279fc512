"""The clocks of rectifications and complaints: their answers count, not their closings."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from kit.workdays import Limit, Unit, due
from reference.testing import sample_calendar
from services.supervision.domain.watches import WatchState
from tongban.complaint.v1 import events_pb2 as complaint_events
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.evaluation.v1 import events_pb2 as evaluation_events
from tongban.evaluation.v1 import messages_pb2 as evaluation

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CALENDAR = sample_calendar()


def due_after(days: int) -> datetime:
    at = due(MONDAY, Limit(days, Unit.WORKING_DAY), CALENDAR).due_at
    assert at is not None
    return at


def rectification(
    state: evaluation.RectificationState.ValueType, answered_at: datetime | None = None
) -> evaluation.Rectification:
    return evaluation.Rectification(
        id="r-1",
        center_id="610902",
        state=state,
        owner_department="shichang-jianguan",
        opened_at=to_timestamp(MONDAY),
        due_at=to_timestamp(due_after(5)),
        answered_at=to_timestamp(answered_at),
        item_name="食品经营许可",
        journey="j-1",
    )


def test_a_rectifications_clock_stands_while_the_review_has_it(bench: "Bench") -> None:
    bench.deliver(
        "evaluation",
        evaluation_events.RectificationOpened(rectification=rectification(evaluation.RECTIFICATION_STATE_OPEN)),
    )
    answered = rectification(evaluation.RECTIFICATION_STATE_ANSWERED, MONDAY + timedelta(days=1))
    bench.deliver("evaluation", evaluation_events.RectificationAnswered(rectification=answered))
    assert bench.tower.watches.get("rectification-r-1").seen.state is WatchState.PAUSED
    bench.clock.advance(due_after(5) + timedelta(days=1) - MONDAY)
    bench.sweep()
    assert bench.told == []
    back = rectification(evaluation.RECTIFICATION_STATE_OPEN, MONDAY + timedelta(days=1))
    bench.deliver("evaluation", evaluation_events.RectificationSentBack(rectification=back))
    bench.sweep()
    bench.clock.advance(timedelta(seconds=59))
    bench.sweep()
    assert "red_card_raised" not in bench.told_types()
    bench.clock.advance(timedelta(seconds=2))
    bench.sweep()
    assert bench.told_types()[-1] == "red_card_raised"


def complained(
    state: complaint.ComplaintState.ValueType, days: int = 5, answered_at: datetime | None = None
) -> complaint.Complaint:
    return complaint.Complaint(
        id="p-1",
        number="TS610902-2026-00001",
        center_id="610902",
        topic=complaint.TOPIC_FEE,
        state=state,
        assignee_department="shichang-jianguan",
        filed_at=to_timestamp(MONDAY),
        due_at=to_timestamp(due_after(days)),
        answered_at=to_timestamp(answered_at),
        journey="j-1",
    )


def test_a_complaint_is_in_time_when_its_answer_was(bench: "Bench") -> None:
    bench.deliver("complaint", complaint_events.ComplaintFiled(complaint=complained(complaint.COMPLAINT_STATE_FILED)))
    answered_at = MONDAY + timedelta(days=1)
    closed = complained(complaint.COMPLAINT_STATE_CLOSED, answered_at=answered_at)
    bench.clock.advance(timedelta(days=30))
    bench.deliver("complaint", complaint_events.ComplaintClosed(complaint=closed))
    seen = bench.tower.watches.get("complaint-p-1")
    assert (seen.seen.title, seen.ended_at, seen.ended_in_time) == ("投诉：收费", answered_at, True)
    again = complained(complaint.COMPLAINT_STATE_FILED, days=30)
    bench.deliver("complaint", complaint_events.ComplaintReopened(complaint=again))
    assert bench.tower.watches.get("complaint-p-1").seen.state is WatchState.RUNNING


def test_a_late_answer_is_red_even_when_no_alarm_saw_it(bench: "Bench") -> None:
    bench.deliver("complaint", complaint_events.ComplaintFiled(complaint=complained(complaint.COMPLAINT_STATE_FILED)))
    bench.clock.advance(timedelta(days=30))
    late = complained(complaint.COMPLAINT_STATE_ANSWERED, answered_at=bench.clock.now())
    bench.deliver("complaint", complaint_events.ComplaintAnswered(complaint=late))
    bench.listen()
    assert bench.told_types() == ["red_card_raised"]
