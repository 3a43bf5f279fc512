"""The time until a file is handed over follows the center's calendar (rules J02; 许可法 82)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.workdays import Calendar, Limit, Unit, due
from reference.recounting import Recounting
from services.archive.domain.case_file import CaseFile, FileState, HandOverClock
from services.archive.domain.events import CaseFileDeadlineRecomputed
from services.archive.handlers.room import ArchiveRoom

_RUNNING: Final = (FileState.CLOSED, FileState.FILED)


def counted(since: datetime, days: int, calendar: Calendar) -> HandOverClock:
    """Working days from an instant."""
    deadline = due(since, Limit(days, Unit.WORKING_DAY, "rules J02"), calendar)
    if deadline.due_at is None:
        raise ValueError("a time without pauses has an end")
    return HandOverClock(since, days, deadline.due_at, deadline.provisional)


def by_calendar(file: CaseFile, calendar: Calendar) -> CaseFile:
    """The file with its time by a calendar; unchanged where none runs, or once it was told to be over."""
    clock = file.clock
    if file.state not in _RUNNING or clock is None or clock.told:
        return file
    return replace(file, clock=counted(clock.since, clock.days, calendar))


def recounting(room: ArchiveRoom) -> Recounting[CaseFile]:
    """How files follow their center's calendar."""

    def running(center_id: str) -> Iterable[CaseFile]:
        for state in _RUNNING:
            yield from room.files.each("by_state", center_id=center_id, state=state.value)

    def moved(before: CaseFile, after: CaseFile, reason: str) -> CaseFileDeadlineRecomputed:
        return CaseFileDeadlineRecomputed(after, _due_at(before) or after.opened_at, reason)

    return Recounting(
        service="archive",
        reference=room.reference,
        repository=room.files,
        center_of=lambda file: file.center_id,
        running=running,
        count=by_calendar,
        due_at=_due_at,
        moved=moved,
    )


def _due_at(file: CaseFile) -> datetime | None:
    return None if file.clock is None else file.clock.due_at
