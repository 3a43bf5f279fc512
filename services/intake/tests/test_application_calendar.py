"""A calendar that changes moves the clocks of applications that wait (许可法 32, 82)."""

from dataclasses import replace
from datetime import UTC, date, datetime

from kit.clock import to_ms
from reference.testing import change_calendar, closed_on, sample_calendar
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.material import Declared, MaterialState
from services.intake.handlers.clocks import recounting
from services.intake.handlers.supplement import request_supplement
from services.intake.tests.intake_hall import Hall
from tongban.intake.v1 import events_pb2


def change(hall: Hall, *closed: date) -> None:
    change_calendar(hall.store, hall.desk.reference, recounting(hall.desk).subscription(), closed_on(*closed))


def noticed(hall: Hall) -> Application:
    return request_supplement(
        desk=hall.desk,
        call=hall.by(),
        application_id=hall.received().id,
        wants=(Declared("application-form", MaterialState.INCOMPLETE, "缺签名"),),
        expected_version=0,
    )


def at(value: datetime | None) -> datetime:
    assert value is not None
    return value


def test_a_closed_day_moves_the_centers_clock_its_alarm_and_says_so(hall: Hall) -> None:
    application = hall.received()
    change(hall, date(2026, 11, 24))
    moved = hall.now(application)
    assert at(moved.notice_due_at) > at(application.notice_due_at)
    assert hall.desk.applications.indexed(moved, "due_at") == to_ms(at(moved.notice_due_at))
    told = events_pb2.ApplicationDeadlineRecomputed.FromString(hall.events[-1].data)
    assert told.old_due_at.ToDatetime(tzinfo=UTC) == application.notice_due_at
    assert hall.events[-1].rules == "许可法 82"
    hall.pass_time(days=8)
    assert hall.now(application).state is ApplicationState.RECEIVED, "the old date would have made it accepted"
    hall.pass_time(days=1)
    assert hall.now(application).deemed


def test_the_applicants_clock_gets_longer_and_never_shorter_than_the_notice_says(hall: Hall) -> None:
    change(hall, date(2026, 11, 25))
    application = noticed(hall)
    change(hall)  # the day is a working day again
    assert hall.now(application).supplement_due_at == application.supplement_due_at
    change(hall, date(2026, 11, 25), date(2026, 11, 26))
    assert at(hall.now(application).supplement_due_at) > at(application.supplement_due_at)


def test_a_date_in_an_unpublished_year_is_marked_until_it_is_certain(hall: Hall) -> None:
    subscription = recounting(hall.desk).subscription()
    change_calendar(hall.store, hall.desk.reference, subscription, replace(sample_calendar(), years=()))
    application = hall.received()
    assert application.due_provisional
    change_calendar(hall.store, hall.desk.reference, subscription, sample_calendar())
    assert not hall.now(application).due_provisional
    assert hall.told()[-1] == "application_deadline_recomputed"


def test_what_is_judged_stays_as_it_was(hall: Hall) -> None:
    application = hall.received()
    hall.pass_time(days=30)
    judged = hall.now(application)
    assert judged.deemed
    change(hall, date(2026, 11, 24))
    assert hall.now(application) == judged
