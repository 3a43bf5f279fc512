"""When a calendar changes, the promises of complaints that wait for an answer are counted anew (许可法 82; rules R03)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.workdays import Calendar, Limit, Unit, due
from reference.recounting import Recounting
from services.complaint.domain import Complaint, ComplaintDeadlineRecomputed, ComplaintState, Promise
from services.complaint.handlers.room import ComplaintRoom

#: The promise is for the answer; one that was given keeps the date that it had to meet.
_RUNNING: Final = (ComplaintState.FILED, ComplaintState.ASSIGNED, ComplaintState.INVESTIGATING)


def recounting(room: ComplaintRoom) -> Recounting[Complaint]:
    """How complaints follow their center's calendar."""

    def running(center_id: str) -> Iterable[Complaint]:
        for state in _RUNNING:
            yield from room.complaints.each("by_center", center_id=center_id, state=state.value)

    return Recounting(
        service="complaint",
        reference=room.reference,
        repository=room.complaints,
        center_of=lambda complaint: complaint.center_id,
        running=running,
        count=by_calendar,
        due_at=lambda complaint: complaint.promise.due_at,
        moved=lambda before, after, reason: ComplaintDeadlineRecomputed(after, before.promise.due_at, reason),
    )


def promised(since: datetime, days: int, calendar: Calendar) -> Promise:
    """An answer within working days of a calendar."""
    deadline = due(since, Limit(days, Unit.WORKING_DAY, "rules R03"), calendar)
    if deadline.due_at is None:
        raise ValueError("a promise without pauses has a due date")
    return Promise(deadline.due_at, deadline.provisional, days, since)


def by_calendar(complaint: Complaint, calendar: Calendar) -> Complaint:
    """The complaint with its promise by a calendar; unchanged once answered, or where its days aren't known."""
    promise = complaint.promise
    if complaint.state not in _RUNNING or promise.since is None:
        return complaint
    return replace(complaint, promise=promised(promise.since, promise.days, calendar))
