"""When a clock is reminded of, shown yellow and shown red: instants computed from its due date and the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kit.workdays import Calendar, local_date, local_instant
from services.supervision.domain.cards import Colour


@dataclass(frozen=True, slots=True)
class CardRules:
    """A center's rules: leads in working days before the due day, 0 being that day itself (facts 7)."""

    calendar: Calendar
    reminder_lead_days: int
    yellow_lead_days: int
    #: How long a late subject is looked at before its red card: messages of its end may be on their way.
    confirm: timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """When which warning is due; a limit that is shorter than a lead has no such warning."""

    instants: tuple[tuple[datetime, Colour], ...]

    def due(self, now: datetime) -> tuple[Colour, ...]:
        """The warnings whose time has come, mildest first."""
        return tuple(colour for at, colour in self.instants if at <= now)

    def next_after(self, now: datetime) -> datetime | None:
        """When the next one is due; ``None`` when all are."""
        return next((at for at, _ in self.instants if at > now), None)


def plan(started_at: datetime, due_at: datetime, rules: CardRules) -> Plan:
    """The warnings of a clock that runs from ``started_at`` to the last instant ``due_at``.

    A warning begins with its day. One whose day began before the clock is left out: whoever takes in a same-day item
    needs no reminder of it. A yellow card never comes before the reminder, whatever leads a center sets.
    """
    due_on = local_date(due_at)
    reminder = _start_of_day(due_on, rules.reminder_lead_days, rules.calendar)
    yellow = max(reminder, _start_of_day(due_on, rules.yellow_lead_days, rules.calendar))
    instants = [
        (at, colour) for at, colour in ((reminder, Colour.REMINDER), (yellow, Colour.YELLOW)) if at > started_at
    ]
    return Plan((*instants, (due_at + timedelta(milliseconds=1), Colour.RED)))


def _start_of_day(due_on: date, lead: int, calendar: Calendar) -> datetime:
    """The midnight that begins the ``lead``-th working day before a day."""
    on = due_on
    for _ in range(lead):
        on -= timedelta(days=1)
        while not calendar.day_status(on).working:
            on -= timedelta(days=1)
    return local_instant(on)
