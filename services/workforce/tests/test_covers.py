"""Who stands in for whom: leave with cover, and delegation (rules V01–V06, ZZ10, ZZ11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kit.call import Call
from kit.errors import TongbanError
from kit.store.sqlite import SqliteStore
from kit.testing import actor, call
from reference.testing import DEPARTMENT, set_policy
from services.workforce import handlers, queries
from services.workforce.domain.covers import Cover, CoverKind, DayPart
from services.workforce.domain.staff import Role, Staff, StaffState
from services.workforce.handlers import Filing, Workforce
from services.workforce.tests.wiring import CLERK, COUNTY, OPERATOR, PASSWORD, Hire, by, event_names

TODAY, TOMORROW, NEXT_MONTH = "2026-11-23", "2026-11-24", "2026-12-23"
SECOND = "renli-shebao"


@pytest.fixture
def approver(hire: Hire) -> Staff:
    return hire("hb-approver-01", Role.APPROVER, department_key=DEPARTMENT, name="样一")


@pytest.fixture
def other(hire: Hire) -> Staff:
    return hire("hb-approver-11", Role.APPROVER, department_key=DEPARTMENT, name="样二")


def own(staff: Staff) -> Call:
    return call(actor(*staff.roles, id=staff.id, center=staff.center_id, department=staff.department_key))


def later(who: Call, **by: float) -> Call:
    return Call(who.actor, who.now + timedelta(**by))


def file(
    workforce: Workforce, staff: Staff, substitute: Staff | None, as_call: Call | None = None, **changes: object
) -> Cover:
    filing = Filing(
        CoverKind.DELEGATION, staff.id, substitute.id if substitute else "", TODAY, TODAY, DayPart.WHOLE, "外出开会"
    )
    return handlers.file_cover(
        workforce=workforce,
        call=as_call or own(staff),
        filing=replace(filing, **changes),  # type: ignore[arg-type]
    )


def refusal(
    workforce: Workforce, staff: Staff, substitute: Staff | None, as_call: Call | None = None, **changes: object
) -> str:
    with pytest.raises(TongbanError) as caught:
        file(workforce, staff, substitute, as_call, **changes)
    return caught.value.code


def covered(workforce: Workforce, staff: Staff, as_call: Call | None = None) -> list[str]:
    found = queries.get_colleague(workforce=workforce, call=as_call or own(staff), staff_id=staff.id)
    return [cover.staff_id for cover in found.covers]


def away(workforce: Workforce, staff: Staff, as_call: Call | None = None) -> bool:
    return queries.get_colleague(workforce=workforce, call=as_call or own(staff), staff_id=staff.id).away


def test_who_delegates_is_covered_on_those_days_and_still_here(
    workforce: Workforce, approver: Staff, other: Staff, database: SqliteStore
) -> None:
    file(workforce, approver, other, first_day=TOMORROW, last_day="2026-11-25")
    assert event_names(database)[-1] == "cover_filed"
    assert covered(workforce, other) == []
    for days in (1, 2):
        assert covered(workforce, other, later(own(other), days=days)) == [approver.id]
        assert not away(workforce, approver, later(own(approver), days=days))
    assert covered(workforce, other, later(own(other), days=3)) == []


def test_who_is_on_leave_is_away_until_its_last_day_is_over(
    workforce: Workforce, approver: Staff, other: Staff
) -> None:
    file(workforce, approver, other, kind=CoverKind.LEAVE)
    assert away(workforce, approver)
    assert covered(workforce, other) == [approver.id]
    # 16:00 UTC is midnight in the center.
    assert away(workforce, approver, later(own(approver), hours=13.9))
    assert not away(workforce, approver, later(own(approver), hours=14))


def test_a_session_says_that_its_holder_is_on_leave_and_who_stands_in(
    workforce: Workforce, approver: Staff, other: Staff
) -> None:
    def seen(staff: Staff) -> tuple[bool, str]:
        opened = handlers.sign_in(workforce=workforce, call=own(staff), username=staff.username, password=PASSWORD)
        session = queries.principal(workforce=workforce, call=own(staff), opened=opened)
        return session.away, session.stand_in_name

    assert seen(approver) == (False, "")
    filed = file(workforce, approver, other, kind=CoverKind.LEAVE)
    assert (seen(approver), seen(other)) == ((True, "样二"), (False, ""))
    handlers.end_cover(workforce=workforce, call=own(approver), cover_id=filed.id, expected_version=0)
    assert seen(approver) == (False, "")
    file(workforce, approver, other)
    assert seen(approver) == (False, ""), "who delegates is here"


def test_half_a_day_ends_at_noon(workforce: Workforce, approver: Staff, other: Staff) -> None:
    file(workforce, approver, other, kind=CoverKind.LEAVE, day_part=DayPart.AFTERNOON)
    assert not away(workforce, approver)
    assert away(workforce, approver, later(own(approver), hours=2))
    assert refusal(workforce, other, approver, day_part=DayPart.MORNING, last_day=TOMORROW) == "cover_days_invalid"


def test_a_leave_shorter_than_the_center_asks_for_needs_nobody(
    workforce: Workforce, approver: Staff, database: SqliteStore
) -> None:
    half: dict[str, Any] = {"kind": CoverKind.LEAVE, "day_part": DayPart.MORNING}
    assert refusal(workforce, approver, None, **half) == "substitute_required"
    set_policy(database, COUNTY, {"substitute_from_days": 1.0}, reference=workforce.reference)
    assert file(workforce, approver, None, **half).substitute_id == ""
    assert refusal(workforce, approver, None, kind=CoverKind.LEAVE, first_day=TOMORROW, last_day=TOMORROW) == (
        "substitute_required"
    )


def test_nothing_lasts_longer_than_the_center_allows(workforce: Workforce, approver: Staff, other: Staff) -> None:
    assert refusal(workforce, approver, other, last_day=NEXT_MONTH) == "cover_too_long"
    assert file(workforce, approver, other, last_day="2026-12-22").last_day == "2026-12-22"


@pytest.mark.parametrize(
    ("roles", "changes"),
    [((Role.REVIEWER,), {}), ((Role.APPROVER,), {"department_key": SECOND}), ((Role.CLERK,), {"department_key": ""})],
    ids=["another role", "another department", "the window"],
)
def test_only_who_could_do_it_themselves_stands_in(
    workforce: Workforce, approver: Staff, hire: Hire, roles: tuple[Role, ...], changes: dict[str, str]
) -> None:
    somebody = hire("hb-other-01", *roles, **{"department_key": DEPARTMENT, **changes})
    assert refusal(workforce, approver, somebody) == "substitute_lacks_authority"


def test_nobody_stands_in_for_themselves_or_after_they_left(
    workforce: Workforce, approver: Staff, other: Staff
) -> None:
    assert refusal(workforce, approver, approver) == "substitute_invalid"
    details = replace(CLERK, name=other.name, roles=other.roles, department_key=DEPARTMENT)
    handlers.change_staff(
        workforce=workforce,
        call=OPERATOR,
        staff_id=other.id,
        details=details,
        state=StaffState.LEFT,
        expected_version=0,
    )
    assert refusal(workforce, approver, other) == "substitute_not_active"


def test_what_was_delegated_is_not_delegated_on(
    workforce: Workforce, approver: Staff, other: Staff, hire: Hire
) -> None:
    third = hire("hb-approver-12", Role.APPROVER, department_key=DEPARTMENT)
    first = file(workforce, approver, other)
    assert refusal(workforce, other, third) == "covers_somebody"
    assert refusal(workforce, third, approver) == "substitute_away"
    assert refusal(workforce, approver, third) == "cover_overlaps"
    # On other days, or once it is over, they may.
    file(workforce, other, third, first_day=TOMORROW, last_day=TOMORROW)
    handlers.end_cover(workforce=workforce, call=own(approver), cover_id=first.id, expected_version=0)
    assert covered(workforce, other) == []
    file(workforce, other, third)


def test_one_delegates_for_oneself_and_a_leave_may_be_filed_by_the_chief_or_a_manager(
    workforce: Workforce, approver: Staff, other: Staff
) -> None:
    chief = call(actor("chief", id="chief-1", department=DEPARTMENT))
    stranger = call(actor("chief", id="chief-2", department=SECOND))
    assert refusal(workforce, approver, other, chief) == "cover_not_yours"
    assert refusal(workforce, approver, other, stranger, kind=CoverKind.LEAVE) == "cover_not_yours"
    assert file(workforce, approver, other, chief, kind=CoverKind.LEAVE).filed_by_id == "chief-1"
    tomorrow: dict[str, Any] = {"kind": CoverKind.LEAVE, "first_day": TOMORROW, "last_day": TOMORROW}
    assert file(workforce, approver, other, by("manager"), **tomorrow).staff_id == approver.id


def test_a_clerk_goes_on_leave_but_has_nothing_to_delegate(workforce: Workforce, hire: Hire) -> None:
    first, second = hire(), hire("hb-clerk-02")
    assert refusal(workforce, first, second) == "nothing_to_delegate"
    assert file(workforce, first, second, kind=CoverKind.LEAVE).substitute_id == second.id


def test_the_past_is_left_alone(workforce: Workforce, approver: Staff, other: Staff) -> None:
    assert refusal(workforce, approver, other, first_day="2026-11-22") == "day_past"
    assert refusal(workforce, approver, other, first_day=TOMORROW) == "cover_days_invalid"
    assert refusal(workforce, approver, other, first_day="明天") == "day_invalid"


def test_the_substitute_confirms_that_they_are_here(
    workforce: Workforce, approver: Staff, other: Staff, database: SqliteStore
) -> None:
    cover = file(workforce, approver, other, kind=CoverKind.LEAVE)
    with pytest.raises(TongbanError, match="substitute_only"):
        handlers.confirm_cover(workforce=workforce, call=own(approver), cover_id=cover.id, expected_version=0)
    here = handlers.confirm_cover(
        workforce=workforce, call=own(other), cover_id=cover.id, expected_version=cover.version
    )
    assert here.arrived_at == own(other).now
    with pytest.raises(TongbanError, match="cover_confirmed"):
        handlers.confirm_cover(workforce=workforce, call=own(other), cover_id=cover.id, expected_version=0)
    assert event_names(database)[-1] == "cover_confirmed"


def test_who_stands_in_cannot_put_it_down_and_nothing_ends_twice(
    workforce: Workforce, approver: Staff, other: Staff
) -> None:
    cover = file(workforce, approver, other)
    with pytest.raises(TongbanError, match="cover_not_yours"):
        handlers.end_cover(workforce=workforce, call=own(other), cover_id=cover.id, expected_version=0)
    handlers.end_cover(workforce=workforce, call=own(approver), cover_id=cover.id, expected_version=0)
    with pytest.raises(TongbanError, match="cover_over"):
        handlers.end_cover(workforce=workforce, call=own(approver), cover_id=cover.id, expected_version=0)
    with pytest.raises(TongbanError, match="cover_over"):
        handlers.confirm_cover(workforce=workforce, call=own(other), cover_id=cover.id, expected_version=0)


def test_each_sees_their_own_covers_and_the_house_sees_all(workforce: Workforce, approver: Staff, other: Staff) -> None:
    cover = file(workforce, approver, other)

    def listed(who: Call, mine: bool) -> list[str]:
        found, _ = queries.list_covers(workforce=workforce, call=who, center_id=COUNTY, mine=mine, limit=0, cursor="")
        return [one.id for one in found]

    assert listed(own(approver), True) == listed(own(other), True) == [cover.id]
    assert listed(by("manager"), False) == [cover.id]
    assert listed(call(actor("chief", department=SECOND)), False) == []
    assert listed(own(other), False) == [cover.id]
    assert listed(by("clerk"), False) == []


def test_colleagues_are_known_by_name_and_department(
    workforce: Workforce, approver: Staff, other: Staff, hire: Hire
) -> None:
    hire()
    found, _ = queries.list_colleagues(
        workforce=workforce, call=own(other), center_id=COUNTY, department_key=DEPARTMENT, limit=0, cursor=""
    )
    assert [one.staff.name for one in found] == ["样一", "样二"]
