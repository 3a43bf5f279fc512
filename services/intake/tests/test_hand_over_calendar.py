"""When papers are to be handed over follows the center's calendar like every other date (rules B08; 许可法 82)."""

from datetime import date, timedelta

from kit.testing import MONDAY
from reference.recounting import subscription_of
from reference.testing import change_calendar, closed_on
from services.intake.handlers.bundles import recounting_bundles
from services.intake.handlers.clocks import recounting
from services.intake.tests.intake_hall import Hall
from services.intake.tests.test_paper_lists import accepted, bundle_of, drafted, given, received


def calendar_is(hall: Hall, *closed: date) -> None:
    subscription = subscription_of(recounting(hall.desk), recounting_bundles(hall.desk))
    change_calendar(hall.store, hall.desk.reference, subscription, closed_on(*closed))


def test_the_day_of_handing_over_follows_the_calendar_and_says_why(hall: Hall) -> None:
    application = accepted(hall)
    by = bundle_of(hall, application).hand_over_by
    calendar_is(hall, MONDAY.date())
    moved = bundle_of(hall, application)
    assert by is not None
    assert moved.hand_over_by == by + timedelta(days=1)
    (change,) = moved.date_changes
    assert (change.old_due_at, change.new_due_at) == (by, moved.hand_over_by)
    assert "材料交接期限由" in change.reason
    assert hall.told().count("papers_hand_over_recomputed") == 1
    calendar_is(hall, MONDAY.date(), date(2026, 12, 25))
    assert bundle_of(hall, application) == moved, "nothing of it has changed"


def test_what_was_told_late_is_taken_back_while_there_is_time_again(hall: Hall) -> None:
    application = accepted(hall)
    hall.pass_time(hours=24)
    assert bundle_of(hall, application).told_at is not None
    calendar_is(hall, MONDAY.date(), MONDAY.date() + timedelta(days=1))
    assert bundle_of(hall, application).told_at is None
    hall.pass_time(hours=48)
    assert bundle_of(hall, application).told_at is not None
    assert hall.told().count("papers_not_handed_over") == 2


def test_papers_that_are_with_their_department_have_no_day_to_move(hall: Hall) -> None:
    application = accepted(hall)
    made = given(hall, drafted(hall))
    received(hall, made)
    calendar_is(hall, MONDAY.date())
    assert bundle_of(hall, application).hand_over_by is None
    assert "papers_hand_over_recomputed" not in hall.told()
