"""When a calendar changes, the due dates of the cases that are still open are counted anew (许可法 82; facts 11)."""

from __future__ import annotations

from datetime import datetime

from kit.workdays import Calendar
from reference.recounting import Recounting
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.clock import deadlines_differ, with_deadlines
from services.approval_routing.domain.events import DeadlineRecomputed
from services.approval_routing.handlers.office import Office


def recounting(office: Office) -> Recounting[Case]:
    """How cases follow their center's calendar."""
    return Recounting(
        service="approval_routing",
        reference=office.reference,
        repository=office.cases,
        center_of=lambda case: case.center_id,
        running=lambda center_id: office.cases.each("clocked", clocked_center=center_id),
        count=_by_calendar,
        due_at=_due_at,
        moved=lambda before, after, reason: DeadlineRecomputed(after, before.due_at, reason),
    )


def _by_calendar(case: Case, calendar: Calendar) -> Case:
    counted = with_deadlines(case, calendar)
    return counted if deadlines_differ(case, counted) else case


def _due_at(case: Case) -> datetime | None:
    """The end of the clock that runs: the promise until the decision, then the delivery."""
    return case.due_at if case.state.undecided else case.delivery_due_at
