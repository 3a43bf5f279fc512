"""Cases whose calendar changes: counted anew, told why, also while they are worked on (许可法 82)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kit.errors import Unavailable
from kit.store.port import AlreadyApplied, Page, Query, Write
from kit.store.sqlite import SqliteStore
from kit.workdays import Calendar, DayKind, Limit, PublishedYear, SpecialDay, Unit, local_text
from reference import Step
from reference.testing import CENTER_ID, sample_calendar, sample_item, set_calendar
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.history import Checked, check
from services.approval_routing.tests.approval_office import Bench, MakeBench
from tongban.approval_routing.v1 import events_pb2


def due(case: Case) -> str:
    assert case.due_at is not None
    return local_text(case.due_at)


def closed_on(*days: date) -> Calendar:
    closures = tuple(SpecialDay(day, DayKind.CLOSURE, "台风") for day in days)
    return replace(sample_calendar(), days=closures)


def test_a_closed_day_moves_the_open_cases_of_the_center_with_an_audit_line(bench: Bench) -> None:
    case = bench.opened()
    bench.change_calendar(closed_on(date(2026, 12, 1)))
    moved = bench.now(case)
    assert due(moved) == "2026-12-08 23:59"
    told = events_pb2.DeadlineRecomputed.FromString(bench.events[-1].data)
    assert told.old_due_at.ToDatetime(tzinfo=UTC) == case.due_at
    assert "2026-12-07 23:59" in told.reason
    assert "2026-12-08 23:59" in told.reason
    assert bench.events[-1].rules == "许可法 82"


def test_only_cases_whose_date_moves_are_touched(bench: Bench) -> None:
    early = bench.opened("early", accepted_at=datetime(2026, 11, 2, 2, tzinfo=UTC))
    late = bench.opened("late")
    bench.change_calendar(closed_on(date(2026, 12, 4)))  # the early one's clocks both end in November
    assert bench.now(early) == early
    assert due(bench.now(late)) == "2026-12-08 23:59"
    bench.change_calendar(closed_on(date(2026, 12, 4), date(2028, 1, 4)))
    assert bench.told().count("deadline_recomputed") == 1


def test_the_same_calendar_event_again_changes_nothing(bench: Bench) -> None:
    case = bench.opened()
    calendar = closed_on(date(2026, 12, 1))
    bench.change_calendar(calendar, event="c-1")
    version = bench.now(case).version
    bench.tell_calendar(bench.office.reference.calendar(CENTER_ID), event="c-1")
    bench.tell_calendar(bench.office.reference.calendar(CENTER_ID), event="c-2")
    assert bench.now(case).version == version


def test_an_old_calendar_event_that_comes_late_does_not_turn_the_date_back(bench: Bench) -> None:
    case = bench.opened()
    old = bench.office.reference.calendar(CENTER_ID)
    bench.change_calendar(closed_on(date(2026, 12, 1)))
    bench.tell_calendar(old)
    assert due(bench.now(case)) == "2026-12-08 23:59"


def test_a_calendar_event_ahead_of_the_services_own_copy_waits(bench: Bench) -> None:
    case = bench.opened()
    with pytest.raises(Unavailable, match="reference_not_ready"):
        bench.tell_calendar(replace(closed_on(date(2026, 12, 1)), version=2))
    assert bench.now(case) == case


def test_another_centers_calendar_moves_nothing_here(bench: Bench) -> None:
    case = bench.opened()
    set_calendar(bench.store, "610900", closed_on(date(2026, 12, 1)), reference=bench.office.reference)
    bench.tell_calendar(bench.office.reference.calendar("610900"), "610900")
    assert bench.now(case) == case


def test_a_published_year_makes_a_provisional_date_certain(bench: Bench) -> None:
    case = bench.opened(accepted_at=datetime(2026, 12, 20, 2, tzinfo=UTC))
    assert case.due_provisional
    calendar = sample_calendar()
    year = PublishedYear(2027, "样例通知", ((date(2027, 1, 1), "元旦"),), ())
    bench.change_calendar(replace(calendar, years=(*calendar.years, year)))
    certain = bench.now(case)
    assert (certain.due_provisional, certain.due_at) == (False, case.due_at)
    assert "不变" in events_pb2.DeadlineRecomputed.FromString(bench.events[-1].data).reason


def test_a_decided_case_keeps_its_promise_and_its_second_clock_moves(bench: Bench) -> None:
    decided = bench.approved()
    assert decided.delivery_due_at is not None
    assert local_text(decided.delivery_due_at) == "2026-12-07 23:59"
    bench.change_calendar(closed_on(date(2026, 12, 1)))
    moved = bench.now(decided)
    assert moved.due_at == decided.due_at
    assert moved.delivery_due_at is not None
    assert local_text(moved.delivery_due_at) == "2026-12-08 23:59"


def test_a_case_says_who_moved_its_date_when_and_why(bench: Bench) -> None:
    case = bench.opened()
    bench.pass_time(hours=1)
    set_calendar(bench.store, CENTER_ID, closed_on(date(2026, 12, 1)), reference=bench.office.reference)
    calendar = bench.office.reference.calendar(CENTER_ID)
    bench.tell_calendar(calendar, changed_by="王主任", difference="2026-12-01 中心闭馆：台风")
    [change] = bench.now(case).date_changes
    assert (change.changed_by, change.at) == ("王主任", bench.clock.now())
    assert (change.old_due_at, change.new_due_at) == (case.due_at, bench.now(case).due_at)
    assert change.reason == (
        f"工作日历更新为第 {calendar.version} 版（2026-12-01 中心闭馆：台风），"
        "期限由 2026-12-07 23:59 调整为 2026-12-08 23:59，法定期限由 2026-12-21 23:59 调整为 2026-12-22 23:59"
    )
    told = events_pb2.DeadlineRecomputed.FromString(bench.events[-1].data)
    assert (told.reason, told.case.date_changes[0].changed_by) == (change.reason, "王主任")


def test_a_recount_that_was_cut_off_goes_on_where_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [bench.opened(f"a-{number}") for number in range(5)]
    write_all = SqliteStore.write_all

    class Killed(BaseException):
        pass

    def write_two(store: SqliteStore, writes: Sequence[Write]) -> Any:
        write_all(store, writes[:2])
        raise Killed

    monkeypatch.setattr(SqliteStore, "write_all", write_two)
    with pytest.raises(Killed):
        bench.change_calendar(closed_on(date(2026, 12, 1)), event="c-1")
    assert [len(bench.now(case).date_changes) for case in cases] == [1, 1, 0, 0, 0]
    monkeypatch.setattr(SqliteStore, "write_all", write_all)
    bench.tell_calendar(bench.office.reference.calendar(CENTER_ID), event="c-1")
    assert {due(bench.now(case)) for case in cases} == {"2026-12-08 23:59"}
    assert [len(bench.now(case).date_changes) for case in cases] == [1] * 5
    assert bench.told().count("deadline_recomputed") == 5
    assert all(check(bench.now(case)) == Checked(True) for case in cases)
    assert [bench.now(case).history[-1].what for case in cases] == ["DeadlineRecomputed"] * 5


def test_one_case_that_cannot_be_saved_holds_up_none_of_its_round(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [bench.opened(f"a-{number}") for number in range(5)]
    write_all = SqliteStore.write_all

    def all_but_one(store: SqliteStore, writes: Sequence[Write]) -> Any:
        answers = list(write_all(store, [writes[0], *writes[2:]]))
        return [answers[0], Unavailable("store_unavailable", "…"), *answers[1:]]

    monkeypatch.setattr(SqliteStore, "write_all", all_but_one)
    with pytest.raises(Unavailable):
        bench.change_calendar(closed_on(date(2026, 12, 1)), event="c-1")
    assert [len(bench.now(case).date_changes) for case in cases] == [1, 0, 1, 1, 1]
    monkeypatch.setattr(SqliteStore, "write_all", write_all)
    bench.tell_calendar(bench.office.reference.calendar(CENTER_ID), event="c-1")
    assert [len(bench.now(case).date_changes) for case in cases] == [1] * 5
    assert bench.told().count("deadline_recomputed") == 5


def test_a_closed_case_is_left_alone(bench: Bench) -> None:
    delivered = bench.hand_out(bench.issue(bench.approved()))
    bench.change_calendar(closed_on(date(2026, 12, 1)))
    assert bench.now(delivered) == delivered


def test_work_done_while_the_dates_are_counted_anew_is_not_lost(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    case = bench.opened()
    find = SqliteStore.find

    def find_then_somebody_claims(store: SqliteStore, query: Query) -> Page:
        page = find(store, query)
        if query.index == "clocked" and bench.now(case).version == 1:
            bench.claim(case)
        return page

    monkeypatch.setattr(SqliteStore, "find", find_then_somebody_claims)
    bench.change_calendar(closed_on(date(2026, 12, 1)))
    moved = bench.now(case)
    assert (moved.steps[0].assignee_id, due(moved)) == ("reviewer-1", "2026-12-08 23:59")


def test_a_case_that_opens_while_the_calendar_changes_gets_the_new_dates(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = SqliteStore.insert

    def insert_late(store: SqliteStore, *args: Any, **more: Any) -> Any:
        monkeypatch.setattr(SqliteStore, "insert", insert)
        bench.change_calendar(closed_on(date(2026, 12, 1)))  # its scan doesn't find the case yet
        return insert(store, *args, **more)

    monkeypatch.setattr(SqliteStore, "insert", insert_late)
    assert due(bench.opened()) == "2026-12-08 23:59"


def test_a_case_whose_opening_was_cut_off_gets_the_new_dates_when_its_event_comes_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = SqliteStore.insert

    class Killed(BaseException):
        pass

    def insert_and_die(store: SqliteStore, *args: Any, **more: Any) -> Any:
        monkeypatch.setattr(SqliteStore, "insert", insert)
        bench.change_calendar(closed_on(date(2026, 12, 1)))
        insert(store, *args, **more)
        raise Killed

    monkeypatch.setattr(SqliteStore, "insert", insert_and_die)
    with pytest.raises(Killed):
        bench.opened(event="e-1")
    with pytest.raises(AlreadyApplied):
        bench.opened(event="e-1")
    assert due(bench.office.cases.get("a-1")) == "2026-12-08 23:59"


def test_a_decision_made_while_the_calendar_changes_is_delivered_by_the_new_dates(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(items=[sample_item(statutory_limit=None)])
    case = bench.at_last_step()
    bench.pass_time(days=11)
    change_before_save(bench, monkeypatch, date(2026, 12, 15))  # behind the promise, so the scan moves nothing
    decided = bench.decide(case)
    assert decided.delivery_due_at is not None
    assert local_text(decided.delivery_due_at) == "2026-12-21 23:59"
    assert bench.now(case) == decided


def test_a_clock_that_runs_on_while_the_calendar_changes_gets_the_new_dates(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = bench.claim(bench.opened())
    bench.pause(case)
    change_before_save(bench, monkeypatch, date(2026, 12, 1))  # while it stands there is no date to move
    assert due(bench.resume(case)) == "2026-12-08 23:59"


def change_before_save(bench: Bench, monkeypatch: pytest.MonkeyPatch, closed: date) -> None:
    """The calendar changes when the next save has counted by the old one and not been written."""
    save = SqliteStore.save

    def save_late(store: SqliteStore, *args: Any, **more: Any) -> Any:
        monkeypatch.setattr(SqliteStore, "save", save)
        bench.change_calendar(closed_on(closed))
        return save(store, *args, **more)

    monkeypatch.setattr(SqliteStore, "save", save_late)


def test_a_step_whose_end_alone_moves_is_right_on_work_lists_and_its_case_says_so(make_bench: MakeBench) -> None:
    in_days = Limit(30, Unit.CALENDAR_DAY)
    steps = (Step("examine", "审查", "reviewer", days=2), Step("decide", "决定", "approver"))
    bench = make_bench(items=[sample_item(promised_limit=in_days, statutory_limit=None, steps=steps)])
    case = bench.opened()
    bench.catch_up()
    bench.change_calendar(closed_on(date(2026, 11, 24)), event="c-1")
    moved = bench.now(case)
    assert moved.due_at == case.due_at
    [change] = moved.date_changes
    assert change.reason.endswith("环节“审查”期限由 2026-11-25 23:59 调整为 2026-11-26 23:59")
    assert bench.told()[-1] == "deadline_recomputed"
    bench.catch_up()
    row = bench.office.tasks.get(f"{case.id}.examine")
    assert row.due_at is not None
    assert local_text(row.due_at) == "2026-11-26 23:59"
    bench.tell_calendar(bench.office.reference.calendar(CENTER_ID), event="c-2")
    assert bench.now(case) == moved
