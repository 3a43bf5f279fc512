"""Who sits where: one person a window, one window a person, by day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kit.call import Call
from kit.errors import TongbanError
from kit.store.sqlite import SqliteStore
from services.workforce import handlers, queries
from services.workforce.domain.staff import StaffState
from services.workforce.domain.windows import WindowAssignment
from services.workforce.handlers import Workforce
from services.workforce.tests.wiring import CITY, CLERK, COUNTY, OPERATOR, Hire, by, event_names

MANAGER = by("manager")
FIRST, SECOND = f"{COUNTY}-01", f"{COUNTY}-02"
TODAY = "2026-11-23"


def seat(
    workforce: Workforce, staff_id: str, window_id: str = FIRST, day: str = "", as_call: Call = MANAGER
) -> WindowAssignment:
    return handlers.assign_window(workforce=workforce, call=as_call, window_id=window_id, staff_id=staff_id, day=day)


def refusal(workforce: Workforce, staff_id: str, window_id: str = FIRST, day: str = "", as_call: Call = MANAGER) -> str:
    with pytest.raises(TongbanError) as caught:
        seat(workforce, staff_id, window_id, day, as_call)
    return caught.value.code


def seats(workforce: Workforce, day: str = "") -> dict[str, str]:
    listed = queries.list_assignments(workforce=workforce, call=by("clerk"), center_id=COUNTY, day=day)
    return {assignment.window_id: assignment.staff_id or "" for assignment in listed}


def test_whoever_is_assigned_sits_there_today(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    staff = hire()
    assert seat(workforce, staff.id).day == TODAY
    assert seats(workforce) == {FIRST: staff.id}
    assert queries.window_today(workforce=workforce, call=MANAGER, staff_id=staff.id) == FIRST
    _, windows = queries.list_staff(workforce=workforce, call=MANAGER, center_id=COUNTY, limit=0, cursor="")
    assert windows == {staff.id: FIRST}
    assert event_names(database)[-1] == "window_assigned"


def test_tomorrow_is_another_day(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    seat(workforce, staff.id)
    tomorrow = Call(MANAGER.actor, MANAGER.now + timedelta(days=1))
    assert queries.window_today(workforce=workforce, call=tomorrow, staff_id=staff.id) == ""
    seat(workforce, staff.id, SECOND, "2026-11-24")
    assert seats(workforce, "2026-11-24") == {SECOND: staff.id}


def test_the_day_changes_at_midnight_in_the_center_and_not_in_greenwich(workforce: Workforce, hire: Hire) -> None:
    late = Call(MANAGER.actor, MANAGER.now.replace(hour=16))  # 2026-11-24 00:00 there
    assert seat(workforce, hire().id, as_call=late).day == "2026-11-24"


def test_nobody_sits_at_two_windows_on_one_day(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    seat(workforce, staff.id)
    assert refusal(workforce, staff.id, SECOND) == "staff_sits_elsewhere"
    assert seats(workforce) == {FIRST: staff.id}


def test_of_two_windows_at_once_one_gets_the_person(workforce: Workforce, hire: Hire) -> None:
    staff = hire()

    def attempt(window_id: str) -> str:
        try:
            return seat(workforce, staff.id, window_id).window_id
        except TongbanError as error:
            return error.code

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(attempt, [FIRST, SECOND, f"{COUNTY}-03"]))
    assert outcomes.count("staff_sits_elsewhere") == 2
    assert len(seats(workforce)) == 1


def test_a_window_is_taken_over_and_given_up(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    first, second = hire(), hire("hb-clerk-02")
    seat(workforce, first.id)
    seat(workforce, second.id)
    assert seats(workforce) == {FIRST: second.id}
    seat(workforce, first.id, SECOND)
    seat(workforce, "")
    assert seats(workforce) == {SECOND: first.id}
    assert event_names(database).count("window_assigned") == 4


def test_the_same_assignment_again_is_no_news(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    staff = hire()
    assert seat(workforce, staff.id) == seat(workforce, staff.id)
    assert event_names(database).count("window_assigned") == 1


def test_only_a_centers_own_working_staff_sit_at_its_windows(workforce: Workforce, hire: Hire) -> None:
    stranger, gone = hire("ak-clerk-01", center=CITY), hire()
    handlers.change_staff(
        workforce=workforce,
        call=OPERATOR,
        staff_id=gone.id,
        details=CLERK,
        state=StaffState.SUSPENDED,
        expected_version=0,
    )
    assert refusal(workforce, stranger.id) == "staff_of_other_center"
    assert refusal(workforce, gone.id) == "staff_not_active"
    assert refusal(workforce, "ghost") == "staff_not_found"


@pytest.mark.parametrize("day", ["2026-11-22", "1999-01-01"])
def test_the_past_is_left_alone(workforce: Workforce, hire: Hire, day: str) -> None:
    assert refusal(workforce, hire().id, FIRST, day) == "day_past"


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "2026-13-01", "'; DROP"])
def test_a_day_that_is_none_is_refused(workforce: Workforce, hire: Hire, day: str) -> None:
    assert refusal(workforce, hire().id, FIRST, day) == "day_invalid"
    with pytest.raises(TongbanError, match="day_invalid"):
        seats(workforce, day)


@pytest.mark.parametrize("window_id", ["", "x", f"{COUNTY}-99", "999999-01"])
def test_an_unknown_window_is_not_found(workforce: Workforce, hire: Hire, window_id: str) -> None:
    assert refusal(workforce, hire().id, window_id) == "window_unknown"


def test_another_centers_manager_seats_nobody_here(workforce: Workforce, hire: Hire) -> None:
    assert refusal(workforce, hire().id, as_call=by("manager", center=CITY)) == "center_not_allowed"
