"""When a calendar changes, the due dates of the cases that are still open are counted anew (许可法 82; facts 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.workdays import Calendar
from reference.recounting import Moves, Recount, Recounting
from services.approval_routing.domain import hearing
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.clock import deadlines_differ, with_deadlines
from services.approval_routing.domain.events import DeadlineRecomputed
from services.approval_routing.domain.extension import DateChange
from services.approval_routing.domain.tasks import tasks_of
from services.approval_routing.handlers.office import Office

#: Changes that a case keeps, the latest; all of them stand in its journey.
MOST_CHANGES: Final = 20


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
        moved=lambda before, after, reason: DeadlineRecomputed(after, _due_at(before), reason),
        noted=_noted,
        further=_further,
        beside=lambda case, calendar: _step_ends(office, case, calendar),
    )


def _noted(before: Case, after: Case, why: Recount) -> Case:
    """The case that says itself who moved its date, when and why."""
    change = DateChange(why.at, why.changed_by, _due_at(before), _due_at(after), why.reason)
    return replace(after, date_changes=(*after.date_changes, change)[-MOST_CHANGES:])


def _by_calendar(case: Case, calendar: Calendar) -> Case:
    counted = hearing.by_calendar(with_deadlines(case, calendar), calendar)
    return counted if deadlines_differ(case, counted) else case


def _further(case: Case) -> Mapping[str, datetime | None]:
    return {"法定期限": case.statutory_due_at, **hearing.ends(case)} if case.state.undecided else {}


def _step_ends(office: Office, case: Case, calendar: Calendar) -> Moves:
    """Ends of its running steps that aren't as work lists have them, by names that people know.

    Where the rows are older than the case, an event of it is on its way that counts them by the same calendar.
    """
    if not case.state.undecided or not any(step.days and step.state.running for step in case.steps):
        return {}
    rows = ((task, office.tasks.find_by_id(task.id)) for task in tasks_of(case, calendar))
    return {
        f"环节“{task.step_name}”期限": (row.due_at, task.due_at)
        for task, row in rows
        if row is not None and row.case_version == case.version and row.due_at != task.due_at
    }


def _due_at(case: Case) -> datetime | None:
    """The end of the clock that runs: the promise until the decision, then the delivery."""
    return case.due_at if case.state.undecided else case.delivery_due_at
