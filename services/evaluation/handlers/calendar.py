"""When a calendar changes, the limits of open rectifications are counted anew (许可法 82; rules Q05)."""

from __future__ import annotations

from datetime import datetime

from kit.workdays import Calendar, Deadline, Limit, Unit, due
from reference.recounting import Recounting
from services.evaluation.domain import rectification as rectifications
from services.evaluation.domain.rectification import (
    Rectification,
    RectificationDeadlineRecomputed,
    RectificationState,
)
from services.evaluation.handlers.desk import Desk


def recounting(desk: Desk) -> Recounting[Rectification]:
    """How rectifications follow their center's calendar; the limit is for the answer."""
    return Recounting(
        service="evaluation",
        reference=desk.reference,
        repository=desk.rectifications,
        center_of=lambda rectification: rectification.center_id,
        running=lambda center_id: desk.rectifications.each(
            "by_center", center_id=center_id, state=RectificationState.OPEN.value
        ),
        count=by_calendar,
        due_at=lambda rectification: rectification.due_at,
        moved=lambda before, after, reason: RectificationDeadlineRecomputed(after, before.due_at, reason),
    )


def deadline_of(since: datetime, days: int, calendar: Calendar) -> Deadline:
    """By when the owner answers (rules Q05)."""
    return due(since, Limit(days, Unit.WORKING_DAY, "rules Q05"), calendar)


def by_calendar(rectification: Rectification, calendar: Calendar) -> Rectification:
    """The rectification with its limit by a calendar; unchanged while the review has it, or where it isn't known."""
    if rectification.state is not RectificationState.OPEN or not rectification.days:
        return rectification
    return rectifications.by_deadline(rectification, deadline_of(rectification.opened_at, rectification.days, calendar))
