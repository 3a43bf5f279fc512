"""A commitment's dates follow the calendar: to verify, to put right, to appeal (许可法 82; rules D04)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kit.actor import Actor
from kit.clock import to_ms
from kit.testing import actor
from kit.workdays import local_date
from reference import Commitment, Material
from reference.papers.testing import words
from reference.testing import CENTER_ID, DEPARTMENT, change_calendar, closed_on, sample_calendar, sample_item
from services.intake.domain.application import Application
from services.intake.domain.paper import PaperKind
from services.intake.domain.undertaking import CommitmentChoice, FindingResult, Undertaking, UndertakingState
from services.intake.handlers.clocks import recounting
from services.intake.handlers.commitments import appeal_breach, sign_commitment, verify_commitment
from services.intake.handlers.judge import accept_application
from services.intake.handlers.show import get_paper
from services.intake.queries.applications import list_commitments
from services.intake.tests.intake_hall import CITIZEN, Hall, MakeHall
from tongban.intake.v1 import events_pb2

LETTER = Commitment(
    laws="《公共场所卫生管理条例》第八条",
    conditions="室内空气质量合格",
    consequences="撤销许可决定",
    supervision="两个月内现场核查",
    breach="一般失信、严重失信",
    remedies="可以说明、申诉",
    correction_days=5,
    verification_days=10,
    waived=("plan",),
)
ITEM = sample_item(
    materials=(Material("application-form", "申请书"), Material("plan", "平面图", main=False, deferrable=True)),
    commitment=LETTER,
)
REVIEWER = actor("reviewer", id="staff-5", department=DEPARTMENT)
CLOSED = date(2026, 11, 25)


@pytest.fixture
def hall(make_hall: MakeHall) -> Hall:
    return make_hall({"commitment_appeal_days": 5}, items=[ITEM])


def accepted(hall: Hall) -> Application:
    application = hall.received(commitment=CommitmentChoice.CHOSEN)
    asked: dict[str, Any] = {"desk": hall.desk, "application_id": application.id, "expected_version": 0}
    sign_commitment(**asked, call=hall.by(), code="", signed_by="张三丰")
    return accept_application(**asked, call=hall.by())


def found(hall: Hall, application: Application, result: FindingResult, who: Actor = REVIEWER) -> Application:
    return verify_commitment(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        result=result,
        said="通风管道未清洗",
        expected_version=0,
    )


def correcting(hall: Hall) -> Application:
    return found(hall, accepted(hall), FindingResult.NOT_FULFILLED)


def broken(hall: Hall) -> Application:
    return found(hall, accepted(hall), FindingResult.FALSE)


def made(application: Application) -> Undertaking:
    assert application.undertaking is not None
    return application.undertaking


def ends(application: Application) -> date:
    """The end that its present state has."""
    it = made(application)
    at = it.breach.appeal_until if it.breach is not None else it.due_by
    assert at is not None
    return local_date(at)


def change(hall: Hall, *closed: date) -> None:
    change_calendar(hall.store, hall.desk.reference, recounting(hall.desk).subscription(), closed_on(*closed))


@pytest.mark.parametrize(
    ("begun", "name", "before", "after"),
    [
        (accepted, "核查期限", date(2026, 12, 7), date(2026, 12, 8)),
        (correcting, "整改期限", date(2026, 11, 30), date(2026, 12, 1)),
        (broken, "申诉期限", date(2026, 11, 30), date(2026, 12, 1)),
    ],
    ids=["to verify", "to put right", "to appeal"],
)
def test_a_closed_day_moves_its_end_and_says_who_when_and_why(
    hall: Hall, begun: Callable[[Hall], Application], name: str, before: date, after: date
) -> None:
    application = begun(hall)
    assert ends(application) == before
    change(hall, CLOSED)
    moved = hall.now(application)
    assert ends(moved) == after
    [noted] = moved.date_changes
    assert noted.old_due_at is not None
    assert noted.new_due_at is not None
    assert (local_date(noted.old_due_at), local_date(noted.new_due_at)) == (before, after)
    assert noted.at == hall.clock.now()
    assert f"{name}由 {before}" in noted.reason
    assert f"调整为 {after}" in noted.reason
    assert "，期限由" not in noted.reason
    told = events_pb2.ApplicationDeadlineRecomputed.FromString(hall.events[-1].data)
    assert told.old_due_at.ToDatetime(tzinfo=UTC) == noted.old_due_at
    assert told.reason == told.application.date_changes[0].reason == noted.reason


def test_the_departments_time_shrinks_again_and_the_persons_stays_as_their_paper_says(hall: Hall) -> None:
    change(hall, CLOSED)
    verifying, putting_right, recorded = accepted(hall), correcting(hall), broken(hall)
    change(hall)  # the day is a working day again
    assert ends(hall.now(verifying)) == date(2026, 12, 7)
    assert ends(hall.now(putting_right)) == date(2026, 12, 1)
    assert ends(hall.now(recorded)) == date(2026, 12, 1)


def test_its_alarm_and_its_place_in_the_ledger_move_with_it(hall: Hall) -> None:
    application = accepted(hall)
    change(hall, CLOSED)
    moved = hall.now(application)
    due_by = made(moved).due_by
    assert due_by is not None
    for key in ("due_at", "undertaking_at"):
        assert hall.desk.applications.indexed(moved, key) == to_ms(due_by)
    hall.pass_time(days=14, hours=20)
    assert made(hall.now(application)).overdue_at is None, "the old end is over"
    hall.pass_time(days=1)
    assert made(hall.now(application)).overdue_at is not None
    found = list_commitments(
        desk=hall.desk,
        call=hall.by(),
        center_id=CENTER_ID,
        state=UndertakingState.VERIFYING,
        limit=10,
        cursor="",
    )
    assert [each.id for each in found.items] == [application.id]


def test_what_was_told_to_be_over_what_is_settled_and_what_was_appealed_stay(hall: Hall) -> None:
    late = accepted(hall)
    hall.pass_time(days=20)
    kept = found(hall, accepted(hall), FindingResult.FULFILLED)
    recorded = broken(hall)
    appealed = appeal_breach(
        desk=hall.desk,
        call=hall.by(CITIZEN),
        application_id=recorded.id,
        code="",
        text="已清洗",
        expected_version=0,
    )
    before = [hall.now(late), hall.now(kept), appealed]
    change(hall, CLOSED, date(2026, 12, 15))
    assert [hall.now(each) for each in before] == before


def test_what_began_before_its_days_were_kept_stays(hall: Hall) -> None:
    application = accepted(hall)
    old = replace(application, undertaking=replace(made(application), verifying_since=None))
    old = hall.desk.applications.save(old, [], hall.by())
    change(hall, CLOSED)
    assert hall.now(old) == old


def test_what_is_owed_and_to_be_verified_moves_in_one_change(hall: Hall) -> None:
    application = hall.received(commitment=CommitmentChoice.CHOSEN)
    made_of = replace(application, materials=tuple(replace(each, waived=False) for each in application.materials))
    hall.desk.applications.save(made_of, [], hall.by())
    asked: dict[str, Any] = {"desk": hall.desk, "application_id": application.id, "expected_version": 0}
    sign_commitment(**asked, call=hall.by(), code="", signed_by="张三丰")
    accept_application(**asked, call=hall.by(), deferred=("plan",), signed_by="张三丰")
    change(hall, CLOSED)
    [noted] = hall.now(application).date_changes
    assert "容缺补交期限由" in noted.reason
    assert "核查期限由" in noted.reason


def certain(value: datetime | None) -> datetime:
    assert value is not None
    return value


def test_ends_in_an_unpublished_year_are_provisional_in_documents_messages_and_papers(hall: Hall) -> None:
    subscription = recounting(hall.desk).subscription()
    change_calendar(hall.store, hall.desk.reference, subscription, replace(sample_calendar(), years=()))
    putting_right, recorded = correcting(hall), broken(hall)
    assert made(putting_right).due_provisional
    assert made(recorded).breach is not None
    assert certain(made(putting_right).correct_by) == hall.now(putting_right).wakes_at
    told = events_pb2.CommitmentVerified.FromString(hall.events[-2].data).application
    assert told.undertaking.breach.appeal_provisional
    paper = next(each for each in putting_right.papers if each.kind is PaperKind.CORRECTION)
    _, pdf = get_paper(desk=hall.desk, call=hall.by(), application_id=putting_right.id, paper_id=paper.id, code="")
    assert "暂定" in words(pdf)
    change_calendar(hall.store, hall.desk.reference, subscription, sample_calendar())
    assert not made(hall.now(putting_right)).due_provisional
    breach = made(hall.now(recorded)).breach
    assert breach is not None
    assert not breach.appeal_provisional
