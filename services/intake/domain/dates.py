"""Ends that are counted in working days, and what changed calendars did to them (许可法 82)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class End:
    """The last instant of so many working days; provisional while a year on the way isn't published."""

    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class DateChange:
    """That a changed calendar moved an end, or made it certain: who changed it (empty: not known any more), and why."""

    at: datetime
    changed_by: str
    old_due_at: datetime | None
    new_due_at: datetime | None
    reason: str
