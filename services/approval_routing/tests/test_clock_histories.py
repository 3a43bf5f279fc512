"""A case's ends over random histories of stops, an extension and changed calendars agree with a walk day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import Conflict, Invalid
from kit.testing import MONDAY, examples
from kit.workdays import Calendar, CountingRules, DayKind, Limit, Pause, SpecialDay, Unit, local_date
from kit.workdays.tests import oracle
from services.approval_routing.domain import clock, extending
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.extending import Asked
from services.approval_routing.domain.extension import ApprovalLevel
from services.approval_routing.tests.case_samples import ALL_ROLES, calendar, claimed

#: What happens, and how many hours after what happened before.
happenings = st.lists(
    st.tuples(st.sampled_from(["pause", "resume", "extend", "closure", "reopening"]), st.integers(0, 150)), max_size=10
)


def happen(case: Case, what: str, days: Calendar, now: datetime) -> tuple[Case, Calendar]:
    """The case and the calendar after one of them; what can't be changes nothing."""
    if what in ("closure", "reopening"):
        on = local_date(now + timedelta(days=3))
        kept = tuple(day for day in days.days if day.on != on)
        closed = (SpecialDay(on, DayKind.CLOSURE, "台风"),) if what == "closure" else ()
        days = replace(days, version=days.version + 1, days=(*kept, *closed))
        return clock.with_deadlines(case, days), days
    try:
        if what == "pause":
            case = clock.pause(case, ALL_ROLES, days, kind="expert_review", expected_days=5, reason="评审", now=now)
        elif what == "resume":
            case = clock.resume(case, ALL_ROLES, days, now=now)
        else:
            case = extending.extend(
                case,
                ALL_ROLES,
                days,
                Asked(5, "情况复杂", "李局长"),
                most=Limit(10, Unit.WORKING_DAY),
                level=ApprovalLevel.AGENCY_HEAD,
                reviewed=False,
                now=now,
            )
    except (Conflict, Invalid):
        pass
    return case, days


@settings(max_examples=examples(150))
@given(happenings)
def test_the_ends_are_those_that_a_walk_finds_after_any_history(history: list[tuple[str, int]]) -> None:
    case, days, now = claimed(), calendar(), MONDAY
    for what, hours in history:
        now += timedelta(hours=hours)
        case, days = happen(case, what, days, now)

    pauses = [Pause(each.started_at, each.ended_at, each.kind) for each in case.pauses]
    legal = sum(each.amount for each in case.extensions)
    promised = sum(each.amount for each in case.extensions if each.moves_promise)
    for limit, extended, found in (
        (case.promised, promised, case.due_at),
        (case.statutory, legal, case.statutory_due_at),
    ):
        assert limit is not None
        expected = oracle.last_day(days, case.accepted_at, limit, pauses, limit.amount + extended, CountingRules())
        assert (None if found is None else local_date(found)) == expected.on
