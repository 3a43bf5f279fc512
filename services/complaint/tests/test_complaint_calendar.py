"""A calendar that changes moves the promises of complaints that wait for an answer (许可法 82; rules R03)."""

from datetime import UTC, date

import pytest

from kit.clock import to_ms
from kit.errors import Unavailable
from kit.workdays import local_text
from reference.testing import change_calendar, closed_on, tell_calendar
from services.complaint.handlers.calendar import recounting
from services.complaint.tests.conftest import Bench
from tongban.complaint.v1 import events_pb2


def due(bench: Bench, id: str) -> str:
    return local_text(bench.room.complaints.get(id).promise.due_at)


def change(bench: Bench, *closed: date, **more: str) -> None:
    change_calendar(
        bench.store, bench.room.reference, recounting(bench.room).subscription(), closed_on(*closed), **more
    )


def test_a_closed_day_moves_the_promise_with_an_audit_line(bench: Bench) -> None:
    filed = bench.file()
    before = due(bench, filed.id)
    change(bench, date(2026, 11, 24))
    after = due(bench, filed.id)
    assert after > before
    told = events_pb2.ComplaintDeadlineRecomputed.FromString(bench.told()[-1].data)
    assert to_ms(told.old_due_at.ToDatetime(tzinfo=UTC)) == to_ms(filed.promise.due_at)
    assert before in told.reason
    assert after in told.reason
    assert (bench.told()[-1].rules, told.complaint.text) == ("许可法 82", "")


def test_the_days_are_those_of_the_promise_whatever_the_center_promises_now(bench: Bench) -> None:
    filed = bench.file()
    bench.set_policy(complaint_days=30)
    change(bench, date(2026, 12, 25))  # behind the promise
    assert bench.room.complaints.get(filed.id) == filed


def test_the_same_event_again_and_another_centers_calendar_move_nothing(bench: Bench) -> None:
    filed = bench.file()
    change(bench, date(2026, 11, 24), event="c-1")
    moved = bench.room.complaints.get(filed.id)
    tell_calendar(bench.room.reference, recounting(bench.room).subscription(), event="c-1")
    tell_calendar(bench.room.reference, recounting(bench.room).subscription(), event="c-2")
    assert bench.room.complaints.get(filed.id) == moved
    assert bench.told_types().count("complaint_deadline_recomputed") == 1


def test_an_answer_that_was_given_keeps_the_date_that_it_had_to_meet(bench: Bench) -> None:
    answered = bench.answer(bench.investigate(bench.assign(bench.file())))
    change(bench, date(2026, 11, 24))
    assert bench.room.complaints.get(answered.id) == answered
    unsatisfied = bench.call_back(answered, satisfied=False)
    assert due(bench, bench.investigate(unsatisfied).id) > local_text(answered.promise.due_at), "its clock runs again"


def test_a_calendar_event_ahead_of_the_services_own_copy_waits(bench: Bench) -> None:
    bench.file()
    with pytest.raises(Unavailable, match="reference_not_ready"):
        tell_calendar(bench.room.reference, recounting(bench.room).subscription(), version=99)


def test_a_complaint_filed_while_the_calendar_changes_gets_the_new_date(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = bench.store.insert

    def insert_late(*args: object, **more: object) -> object:
        monkeypatch.setattr(bench.store, "insert", insert)
        change(bench, date(2026, 11, 24))  # its scan doesn't find the complaint yet
        return insert(*args, **more)  # type: ignore[arg-type]

    by_the_old = bench.file().promise
    monkeypatch.setattr(bench.store, "insert", insert_late)
    assert bench.file().promise.due_at > by_the_old.due_at
