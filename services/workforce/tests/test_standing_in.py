"""Temporary badges of who stands in, and what the center says of it for the yearly appraisal (rules V05, V07, V08)."""

from __future__ import annotations

from typing import Any

import pytest

from kit.call import Call
from kit.errors import TongbanError
from kit.store.sqlite import SqliteStore
from kit.testing import actor, call
from reference.testing import DEPARTMENT, set_policy
from services.workforce import handlers, queries
from services.workforce.domain.covers import Cover, CoverKind, DayPart, stood_in
from services.workforce.domain.staff import Role, Staff
from services.workforce.domain.standing_in import MAX_FEEDBACK
from services.workforce.handlers import Workforce
from services.workforce.tests.test_covers import file, later, own
from services.workforce.tests.wiring import CITY, COUNTY, Hire, event_names

HOSTILE = "<b>认真</b>\u3000😀"


@pytest.fixture
def one(hire: Hire) -> Staff:
    return hire("hb-clerk-21", Role.CLERK, department_key=DEPARTMENT, name="样一")


@pytest.fixture
def other(hire: Hire) -> Staff:
    return hire("hb-clerk-22", Role.CLERK, department_key=DEPARTMENT, name="样二")


@pytest.fixture
def leave(workforce: Workforce, one: Staff, other: Staff) -> Cover:
    return file(workforce, one, other, kind=CoverKind.LEAVE, last_day="2026-11-25")


def manager(id: str = "manager-1", center: str = COUNTY) -> Call:
    return call(actor("manager", id=id, center=center))


def badge(workforce: Workforce, cover: Cover, number: str = "临-01", by: Call | None = None) -> Cover:
    return handlers.issue_badge(
        workforce=workforce, call=by or manager(), cover_id=cover.id, number=number, expected_version=0
    )


def back(workforce: Workforce, cover: Cover, by: Call | None = None) -> Cover:
    return handlers.return_badge(workforce=workforce, call=by or manager(), cover_id=cover.id, expected_version=0)


def say(workforce: Workforce, cover: Cover, by: Call | None = None, text: str = HOSTILE) -> Cover:
    return handlers.give_feedback(
        workforce=workforce, call=by or manager(), cover_id=cover.id, text=text, expected_version=0
    )


def refused(act: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(TongbanError) as caught:
        act(*arguments, **named)
    return caught.value.code


def test_a_badge_is_handed_out_once_and_given_back(workforce: Workforce, leave: Cover, database: SqliteStore) -> None:
    issued = badge(workforce, leave)
    assert issued.badge is not None
    assert (issued.badge.number, issued.badge.returned_at) == ("临-01", None)
    assert refused(badge, workforce, leave, "临-02") == "badge_issued"
    returned = back(workforce, leave, later(manager(), days=40)).badge
    assert returned is not None
    assert returned.returned_at is not None, "also after it is over"
    assert refused(back, workforce, leave) == "badge_not_out"
    assert event_names(database)[-2:] == ["badge_issued", "badge_returned"]


def test_a_number_is_out_once_in_a_center(workforce: Workforce, leave: Cover, hire: Hire) -> None:
    third, fourth = (hire(f"hb-clerk-{n}", Role.CLERK, department_key=DEPARTMENT) for n in (23, 24))
    second = file(workforce, third, fourth, kind=CoverKind.LEAVE)
    badge(workforce, leave)
    assert refused(badge, workforce, second) == "badge_number_out"
    back(workforce, leave)
    assert badge(workforce, second).badge is not None


def test_no_badge_and_no_feedback_where_nobody_stands_in(workforce: Workforce, hire: Hire) -> None:
    approver = hire("hb-approver-31", Role.APPROVER, department_key=DEPARTMENT)
    second = hire("hb-approver-32", Role.APPROVER, department_key=DEPARTMENT)
    delegated = file(workforce, approver, second)
    assert refused(badge, workforce, delegated) == "nobody_stands_in"
    assert refused(say, workforce, delegated) == "nobody_stands_in"


def test_a_cover_that_is_over_gets_no_badge(workforce: Workforce, leave: Cover) -> None:
    assert refused(badge, workforce, leave, by=later(manager(), days=10)) == "cover_over"


def test_where_the_center_asks_for_it_nobody_confirms_without(
    workforce: Workforce, leave: Cover, other: Staff, database: SqliteStore
) -> None:
    set_policy(database, COUNTY, {"substitute_needs_badge": True}, reference=workforce.reference)
    confirm: dict[str, Any] = {"workforce": workforce, "cover_id": leave.id, "expected_version": 0}
    assert refused(handlers.confirm_cover, call=own(other), **confirm) == "badge_missing"
    badge(workforce, leave)
    assert handlers.confirm_cover(call=own(other), **confirm).arrived_at is not None


def test_the_center_says_how_somebody_stood_in_and_nobody_of_themselves(
    workforce: Workforce, leave: Cover, other: Staff, database: SqliteStore
) -> None:
    own_center = call(actor("manager", id=other.id, center=COUNTY))
    assert refused(say, workforce, leave, own_center) == "own_feedback"
    assert refused(say, workforce, leave, manager(center=CITY)) == "center_not_allowed"
    said = say(workforce, leave).feedback
    assert [(each.text, each.by_id) for each in said] == [(HOSTILE, "manager-1")]
    (told,) = [event for event in database.pending(1000) if event.event.type.endswith("stand_in_feedback_given.v1")]
    assert HOSTILE.encode() not in told.event.data
    for _ in range(MAX_FEEDBACK - 1):
        say(workforce, leave)
    assert refused(say, workforce, leave) == "too_much_feedback"


def test_nothing_is_said_before_it_begins(workforce: Workforce, one: Staff, other: Staff) -> None:
    coming = file(workforce, one, other, kind=CoverKind.LEAVE, first_day="2026-12-01", last_day="2026-12-02")
    assert refused(say, workforce, coming) == "cover_not_begun"


def test_a_year_is_added_up_for_the_department(workforce: Workforce, leave: Cover, one: Staff, other: Staff) -> None:
    badge(workforce, leave)
    say(workforce, leave)
    file(
        workforce,
        one,
        other,
        kind=CoverKind.LEAVE,
        first_day="2026-12-01",
        day_part=DayPart.MORNING,
        last_day="2026-12-01",
    )

    def rows(by: Call, year: int = 0) -> list[tuple[str, int, float]]:
        found = queries.list_stand_ins(workforce=workforce, call=by, center_id=COUNTY, year=year)[1]
        return [(row.name, len(row.covers), sum(map(stood_in, row.covers))) for row in found]

    assert rows(manager()) == [("样二", 1, 3.0)], "what hasn't begun doesn't count"
    assert rows(later(manager(), days=20)) == [("样二", 2, 3.5)]
    chief = call(actor("chief", id="chief-1", center=COUNTY, department=DEPARTMENT))
    assert rows(chief) == [("样二", 1, 3.0)]
    assert rows(call(actor("chief", id="chief-2", center=COUNTY, department="minzheng"))) == []
    assert rows(manager(), 2025) == []
    assert (
        refused(queries.list_stand_ins, workforce=workforce, call=manager(), center_id=COUNTY, year=12)
        == "year_invalid"
    )
