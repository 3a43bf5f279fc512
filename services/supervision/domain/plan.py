"""When a clock is reminded of, shown yellow and shown red: instants computed from its due date and the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kit.workdays import Calendar, Limit, Pause, Unit, due, local_date, local_instant
from services.supervision.domain.cards import Colour, Person, Trigger
from services.supervision.domain.rules import Rule, RuleEdition

#: Stands for a lead where a warning follows the end instead of coming before it.
OVER = -1


@dataclass(frozen=True, slots=True)
class CardRules:
    """A center's rules as they are in force, and the calendar that leads are counted by (facts 7)."""

    calendar: Calendar
    edition: RuleEdition
    #: How long a late subject is looked at before its red card: messages of its end may be on their way.
    confirm: timedelta
    #: What was done before that isn't judged any more; None: all is.
    since: datetime | None = None

    def of(self, trigger: Trigger) -> Rule:
        """The rule for something."""
        return self.edition.of(trigger)


@dataclass(frozen=True, slots=True)
class Clock:
    """One limit of a subject; a subject may have several."""

    trigger: Trigger
    started_at: datetime
    #: The last instant in time; None while nobody can say, or where days are counted.
    due_at: datetime | None = None
    #: When what the clock is for was done, if it is.
    done_at: datetime | None = None
    #: Tells a subject's clocks of one kind apart.
    key: str = ""
    #: What it is the limit of, for people; empty: of the subject.
    title: str = ""
    person: Person | None = None
    #: Working days from its start, where no due date is told; and when it stood.
    days: int = 0
    pauses: tuple[Pause, ...] = ()
    #: Runs on while its subject stands still.
    unstopped: bool = False

    @property
    def runs(self) -> bool:
        """Whether what it is for is still to be done."""
        return self.done_at is None

    def last_instant(self, calendar: Calendar) -> datetime | None:
        """The last instant in time."""
        if self.due_at is None and self.days:
            return due(self.started_at, Limit(self.days, Unit.WORKING_DAY), calendar, self.pauses).due_at
        return self.due_at


@dataclass(frozen=True, slots=True)
class Instant:
    """When a warning is due, and how many working days ahead (``OVER``: behind the end)."""

    at: datetime
    colour: Colour
    lead: int


@dataclass(frozen=True, slots=True)
class Plan:
    """When which warning is due; a limit that is shorter than a lead has no such warning."""

    instants: tuple[Instant, ...]

    def due(self, now: datetime) -> tuple[Instant, ...]:
        """The warnings whose time has come, mildest first."""
        return tuple(instant for instant in self.instants if instant.at <= now)

    def next_after(self, now: datetime) -> datetime | None:
        """When the next one is due; ``None`` when all are."""
        return next((instant.at for instant in self.instants if instant.at > now), None)


def plan(started_at: datetime, due_at: datetime, rule: Rule, calendar: Calendar) -> Plan:
    """The warnings of a clock that runs from ``started_at`` to the last instant ``due_at``.

    A warning begins with its day. One whose day began before the clock is left out: whoever takes in a same-day item
    needs no reminder of it. A yellow card never comes before the reminder, whatever leads a center sets.
    """
    if not rule.on:
        return Plan(())
    ahead: list[Instant] = []
    for lead, colour in ((rule.reminder_days, Colour.REMINDER), (rule.yellow_days, Colour.YELLOW)):
        if lead is not None:
            at = warned_at(due_at, lead, calendar)
            ahead.append(Instant(max([at, *(before.at for before in ahead)]), colour, lead))
    timely = [instant for instant in ahead if instant.at > started_at]
    if rule.colour in (instant.colour for instant in timely):
        return Plan(tuple(timely))
    return Plan((*timely, Instant(warned_at(due_at, OVER, calendar), rule.colour, OVER)))


def warned_at(due_at: datetime, lead: int, calendar: Calendar) -> datetime:
    """The midnight that begins the ``lead``-th working day before the due day; ``OVER``: the first instant that is late."""
    if lead == OVER:
        return due_at + timedelta(milliseconds=1)
    on: date = local_date(due_at)
    for _ in range(lead):
        on -= timedelta(days=1)
        while not calendar.day_status(on).working:
            on -= timedelta(days=1)
    return local_instant(on)
