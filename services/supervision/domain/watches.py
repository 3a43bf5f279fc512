"""A clock that is watched: what its owner says of it, and the warnings that follow (rules F07, G01, G02)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.workdays import local_date
from services.supervision.domain.cards import Colour, Person, SubjectKind, Trigger
from services.supervision.domain.plan import CardRules, Clock


class WatchState(StrEnum):
    """Whether the clock runs."""

    RUNNING = "running"
    #: The clock stands still, or what it was for is done and somebody else reviews it.
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What an event says of a subject and its clock."""

    kind: SubjectKind
    id: str
    number: str
    title: str
    center_id: str
    department_key: str
    journey: str
    state: WatchState
    started_at: datetime
    #: The last instant in time; None while nobody can say.
    due_at: datetime | None
    #: When what the clock is for was done, if it is.
    done_at: datetime | None
    #: The subject's own version, which only grows.
    version: int
    #: Its clocks beside the one above: the law's, those of its steps.
    more: tuple[Clock, ...] = ()
    #: When it last moved, where standing still is watched.
    moved_at: datetime | None = None
    #: Who has it now.
    person: Person | None = None
    #: The window that took it in; empty: none, or not known.
    window: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """A warning that stands, by the edition of the rules that made it."""

    colour: Colour
    at: datetime
    #: The due date that it warned of.
    due_at: datetime
    trigger: Trigger = Trigger.PROMISE
    #: Which of the subject's clocks of this kind.
    key: str = ""
    title: str = ""
    person: Person | None = None
    #: How many working days ahead it came; None: of a release that didn't say.
    lead: int | None = None
    rule: str = ""
    edition: int = 0
    points: int = 0

    def is_of(self, clock: Clock) -> bool:
        """Whether it warns of this clock."""
        return (self.trigger, self.key) == (clock.trigger, clock.key)


@dataclass(frozen=True, slots=True)
class Watch:
    """One watched clock; one document per subject."""

    id: str
    seen: Sighting
    #: When the present run of the clock began; later than the subject's start when it was reopened.
    started_at: datetime
    #: When to look at it next; None: only when its owner says something.
    wake_at: datetime | None
    #: Warnings that stand, mildest first; red stays for good.
    raised: tuple[Raised, ...] = ()
    #: When it was first found late; its red card follows a moment later.
    found_late_at: datetime | None = None
    ended_at: datetime | None = None
    ended_in_time: bool = False
    version: int = 0

    @property
    def colour(self) -> Colour | None:
        """The gravest warning that stands."""
        return max((raised.colour for raised in self.raised), default=None)

    @property
    def ticks(self) -> bool:
        """Whether any of its clocks runs: also while its subject stands still, where nothing stops that one."""
        state = self.seen.state
        return state is WatchState.RUNNING or (
            state is WatchState.PAUSED and any(clock.runs for clock in self.seen.more)
        )

    def has(self, colour: Colour, clock: Clock | None = None) -> bool:
        """Whether a warning stands, about any of its clocks or about this one."""
        return any(raised.colour is colour and (clock is None or raised.is_of(clock)) for raised in self.raised)

    def clocks(self, rules: CardRules) -> tuple[Clock, ...]:
        """All that may run out: its own limit first, unless that stands still."""
        seen = self.seen
        main = Clock(Trigger.PROMISE, self.started_at, seen.due_at, seen.done_at, person=seen.person)
        if seen.state is WatchState.PAUSED and main.runs:
            return seen.more
        if seen.moved_at is None:
            return (main, *seen.more)
        # Each time that it stands still is another.
        key = str(local_date(seen.moved_at).toordinal())
        still = Clock(Trigger.IDLE, seen.moved_at, key=key, person=seen.person, days=rules.of(Trigger.IDLE).idle_days)
        ends = still.last_instant(rules.calendar)
        if ends is not None and seen.due_at is not None and ends >= seen.due_at:
            return (main, *seen.more)  # its own limit says so first
        return (main, *seen.more, still)


def watch_id(kind: SubjectKind, subject_id: str) -> str:
    """The id that a subject's one watch must have."""
    return f"{kind}-{subject_id}"


def tells_nothing(watch: Watch, sighting: Sighting) -> bool:
    """Whether it is over and known: told again with every change of the whole that it is a part of."""
    over = watch.seen.state is WatchState.ENDED
    return over and replace(sighting, version=watch.seen.version) == watch.seen


def card_id(watch: Watch, raised: Raised) -> str:
    """The id that the one card of a clock in a colour must have."""
    of_clock = "-".join(part for part in (raised.trigger.value, raised.key) if part)
    main = raised.trigger is Trigger.PROMISE
    return f"{watch.id}-{'' if main else of_clock + '-'}{raised.colour.name.lower()}"
