"""Accepted on a written promise: what is owed, brought, reminded of, not kept (容缺受理; rules D01, D02)."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import actor
from kit.workdays import local_date
from reference import Material
from reference.papers.testing import words
from reference.testing import CENTER_ID, change_calendar, closed_on, sample_item
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.paper import PaperKind
from services.intake.handlers.clocks import recounting
from services.intake.handlers.judge import accept_application
from services.intake.handlers.materials import upload_material
from services.intake.handlers.promises import hand_in_owed, repair_promise
from services.intake.handlers.show import get_paper
from services.intake.queries.applications import list_promises
from services.intake.tests.intake_hall import CITIZEN, CLERK, Hall, MakeHall
from tongban.intake.v1 import events_pb2

ITEM = sample_item(
    materials=(
        Material("application-form", "申请书"),
        Material("plan", "平面图", main=False, deferrable=True),
        Material("photo", "照片", main=False, deferrable=True),
        Material("note", "说明", main=False),
    ),
)
SUPERVISOR = actor("supervisor", id="staff-9")
PLAN = Declared("plan", MaterialState.HANDED_IN, copies=1)


@pytest.fixture
def hall(make_hall: MakeHall) -> Hall:
    return make_hall(items=[ITEM])


def accepted(hall: Hall, *deferred: str, **changes: Any) -> Application:
    application = hall.received()
    return accept_application(
        **{
            "desk": hall.desk,
            "call": hall.by(),
            "application_id": application.id,
            "expected_version": 0,
            "deferred": deferred or ("plan",),
            "signed_by": "张三丰",
            **changes,
        }
    )


def brought(hall: Hall, application: Application, *declared: Declared, who: Any = CLERK) -> Application:
    return hand_in_owed(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        code="",
        declared=declared or (PLAN,),
        expected_version=0,
    )


def owing(hall: Hall, *, lapsed: bool = False) -> list[str]:
    found = list_promises(desk=hall.desk, call=hall.by(), center_id=CENTER_ID, lapsed=lapsed, limit=10, cursor="")
    return [application.id for application in found.items]


def test_its_dates_follow_the_calendar_and_are_never_shorter_than_its_paper(hall: Hall) -> None:
    def change(*closed: date) -> None:
        change_calendar(hall.store, hall.desk.reference, recounting(hall.desk).subscription(), closed_on(*closed))

    application = accepted(hall)
    before = application.promise
    assert before is not None
    change(date(2026, 11, 24), date(2026, 12, 1))
    moved = hall.now(application).promise
    assert moved is not None
    assert (local_date(before.remind_at), local_date(moved.remind_at)) == (date(2026, 11, 26), date(2026, 11, 27))
    assert (local_date(before.due_at), local_date(moved.due_at)) == (date(2026, 12, 7), date(2026, 12, 9))
    told = events_pb2.ApplicationDeadlineRecomputed.FromString(hall.events[-1].data)
    assert told.old_due_at.ToDatetime(tzinfo=UTC) == before.due_at
    assert "2026-12-09" in told.reason
    change()
    again = hall.now(application).promise
    assert again is not None
    assert (again.due_at, local_date(again.remind_at)) == (moved.due_at, date(2026, 11, 26))
    brought(hall, hall.now(application))
    kept = hall.now(application)
    change(date(2026, 11, 25))
    assert hall.now(application) == kept


def test_it_is_accepted_on_a_signed_paper_and_stands_in_the_ledger(hall: Hall) -> None:
    application = accepted(hall)
    assert application.state is ApplicationState.ACCEPTED
    assert application.promise is not None
    assert [one.key for one in application.promise.owed] == ["plan"]
    assert owing(hall) == [application.id]
    paper = next(paper for paper in application.papers if paper.kind is PaperKind.PROMISE)
    _, pdf = get_paper(desk=hall.desk, call=hall.by(), application_id=application.id, paper_id=paper.id, code="")
    text = words(pdf)
    for part in ("容缺受理承诺书", "平面图", "张三丰", "不再适用容缺受理", paper.number):
        assert part in text


def test_it_is_due_within_the_promised_limit_however_long_the_center_would_wait(make_hall: MakeHall) -> None:
    short = replace(ITEM, promised_limit=replace(ITEM.promised_limit, amount=2))
    hall = make_hall({"promise_days": 30, "promise_reminder_days": 20}, items=[short])
    made = accepted(hall).promise
    assert made is not None
    assert made.due_at - hall.clock.now() < timedelta(days=3)
    assert made.remind_at == made.due_at


@pytest.mark.parametrize(
    ("deferred", "changes", "code"),
    [
        (("plan",), {"signed_by": " "}, "promise_unsigned"),
        (("note",), {}, "material_not_deferrable"),
        (("application-form",), {}, "material_not_deferrable"),
        (("nothing",), {}, "material_not_deferrable"),
        (("plan", "plan"), {}, "material_repeated"),
    ],
)
def test_what_may_not_be_promised_is_refused_and_nothing_is_accepted(
    hall: Hall, deferred: tuple[str, ...], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        accepted(hall, *deferred, **changes)
    assert refused.value.code == code
    assert hall.told() == ["application_received"]


def test_with_the_last_of_it_the_promise_is_kept(hall: Hall) -> None:
    application = accepted(hall, "plan", "photo")
    half = brought(hall, application)
    assert half.promise is not None
    assert half.promise.open
    with pytest.raises(Invalid, match="material_not_owed"):
        brought(hall, application)
    whole = brought(hall, application, Declared("photo", MaterialState.HANDED_IN, copies=1))
    assert whole.promise is not None
    assert whole.promise.fulfilled_at == hall.clock.now()
    assert owing(hall) == []
    hall.pass_time(days=60)
    assert "promise_lapsed" not in hall.told()


def test_online_it_must_be_uploaded_first(hall: Hall) -> None:
    application = accepted(hall)
    with pytest.raises(Invalid, match="owed_material_not_there"):
        brought(hall, application, who=CITIZEN)
    upload_material(
        desk=hall.desk,
        call=hall.by(CITIZEN),
        application_id=application.id,
        code="",
        material_key="plan",
        filename="图.pdf",
        media_type="application/pdf",
        chunks=[b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"],
    )
    assert brought(hall, application, who=CITIZEN).material("plan").state is MaterialState.HANDED_IN  # type: ignore[union-attr]


def test_a_material_that_is_not_there_or_faulty_does_not_keep_it(hall: Hall) -> None:
    with pytest.raises(Invalid, match="owed_material_not_there"):
        brought(hall, accepted(hall), Declared("plan", MaterialState.WRONG_FORM, "不清楚"))


def test_the_applicant_is_reminded_once_and_then_it_lapses(hall: Hall) -> None:
    application = accepted(hall)
    hall.pass_time(days=4)
    assert hall.told()[-1] == "promise_reminded"
    hall.pass_time(days=30)
    assert hall.told()[-1] == "promise_lapsed"
    assert hall.told().count("promise_reminded") == 1
    assert (owing(hall), owing(hall, lapsed=True)) == ([], [application.id])
    with pytest.raises(Conflict, match="nothing_owed"):
        brought(hall, application)


def test_who_did_not_keep_one_cannot_promise_again_until_that_is_repaired(hall: Hall) -> None:
    application = accepted(hall)
    hall.pass_time(days=4)
    hall.pass_time(days=30)
    with pytest.raises(Conflict, match="promise_barred"):
        accepted(hall)
    with pytest.raises(Forbidden):
        repair(hall, application, CLERK)
    repaired = repair(hall, application, SUPERVISOR)
    assert repaired.promise is not None
    assert repaired.promise.repair_reason == "已补齐"
    assert accepted(hall).promise is not None
    with pytest.raises(Conflict, match="promise_not_lapsed"):
        repair(hall, application, SUPERVISOR)


def repair(hall: Hall, application: Application, who: Any) -> Application:
    return repair_promise(
        desk=hall.desk, call=hall.by(who), application_id=application.id, reason="已补齐", expected_version=0
    )


def test_a_material_that_the_item_drops_while_it_is_owed_may_still_be_brought(make_hall: MakeHall) -> None:
    newer = replace(ITEM, item_version=2, materials=ITEM.materials[:1])
    hall = make_hall(items=[ITEM])
    application = accepted(hall)
    from reference.stored import StoredCopy

    StoredCopy(hall.store).put_published(newer)
    kept = brought(hall, application)
    assert kept.promise is not None
    assert kept.promise.fulfilled_at is not None
