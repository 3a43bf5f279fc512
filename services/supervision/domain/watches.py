"""A clock that is watched: what its owner says of it, and the warnings that follow (rules F07, G01, G02)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.workdays import local_text
from services.supervision.domain.cards import RAISED, Card, CardEvent, CardRecovered, CardState, Colour, SubjectKind
from services.supervision.domain.plan import CardRules, plan


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


@dataclass(frozen=True, slots=True)
class Raised:
    """A warning that stands."""

    colour: Colour
    at: datetime
    #: The due date that it warned of.
    due_at: datetime


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

    def has(self, colour: Colour) -> bool:
        """Whether a warning stands."""
        return any(raised.colour is colour for raised in self.raised)


Followed = tuple[Watch, tuple[CardEvent, ...]]


def watch_id(kind: SubjectKind, subject_id: str) -> str:
    """The id that a subject's one watch must have."""
    return f"{kind}-{subject_id}"


def tells_nothing(watch: Watch, sighting: Sighting) -> bool:
    """Whether it is over and known: told again with every change of the whole that it is a part of."""
    over = watch.seen.state is WatchState.ENDED
    return over and replace(sighting, version=watch.seen.version) == watch.seen


def begin(sighting: Sighting, rules: CardRules, now: datetime) -> Followed:
    """The watch of a subject that is seen for the first time."""
    watch = Watch(watch_id(sighting.kind, sighting.id), sighting, sighting.started_at, wake_at=None)
    return _follow(watch, rules, now)


def observe(watch: Watch, sighting: Sighting, rules: CardRules, now: datetime) -> Followed | None:
    """The watch after its subject was seen anew; ``None`` when the news is older than what is known.

    A reminder or yellow card whose cause is gone recovers: the clock stands, its due date moved on, or it ended. A
    red card stays (facts 7), and one is raised where the end itself came late.
    """
    if sighting.version < watch.seen.version:
        return None
    begun_anew = watch.seen.state is WatchState.ENDED and sighting.state is not WatchState.ENDED
    due_at = sighting.due_at or (watch.seen.due_at if sighting.state is WatchState.ENDED else None)
    watch = replace(
        watch,
        seen=replace(sighting, due_at=due_at),
        started_at=now if begun_anew else watch.started_at,
        ended_at=None if begun_anew else watch.ended_at,
        ended_in_time=False if begun_anew else watch.ended_in_time,
    )
    return _follow(watch, rules, now)


def wake(watch: Watch, rules: CardRules, now: datetime) -> Followed:
    """The watch after it was looked at: warnings whose time has come are raised, each once and mildest first.

    What is late is looked at twice, ``rules.confirm`` apart, before its red card, as that can't be taken back.
    """
    due_at = watch.seen.due_at
    if watch.seen.state is not WatchState.RUNNING or due_at is None:
        return replace(watch, wake_at=None, found_late_at=None), ()
    planned = plan(watch.started_at, due_at, rules)
    due = [colour for colour in planned.due(now) if not watch.has(colour)]
    wake_at = planned.next_after(now)
    if Colour.RED in due:
        found_late_at = watch.found_late_at or now
        wake_at = found_late_at + rules.confirm
        if now < wake_at:
            due.remove(Colour.RED)
        else:
            wake_at = None
        watch = replace(watch, found_late_at=found_late_at)
    watch, events = _raise(watch, due, due_at, now)
    return replace(watch, wake_at=wake_at), events


def _follow(watch: Watch, rules: CardRules, now: datetime) -> Followed:
    """What a subject's news means for its warnings and for the next look."""
    seen = watch.seen
    events: tuple[CardEvent, ...] = ()
    if seen.due_at is not None and seen.done_at is not None and seen.done_at > seen.due_at:
        watch, events = _raise(watch, [Colour.RED], seen.due_at, now)
    if seen.state is WatchState.RUNNING and seen.due_at is not None:
        planned = plan(watch.started_at, seen.due_at, rules)
        due = planned.due(now)
        gone = [raised.colour for raised in watch.raised if raised.colour not in due]
        watch, recovered = _recover(watch, gone, "期限顺延，已不再临近到期", now)
        pending = any(not watch.has(colour) for colour in due)
        late = watch.found_late_at if Colour.RED in due else None
        watch = replace(watch, wake_at=now if pending else planned.next_after(now), found_late_at=late)
        return watch, (*events, *recovered)
    if seen.state is WatchState.ENDED:
        ended_at = seen.done_at or now
        in_time = seen.due_at is None or ended_at <= seen.due_at
        watch = replace(watch, ended_at=watch.ended_at or ended_at, ended_in_time=in_time)
    reason = "已办结" if seen.state is WatchState.ENDED else "计时停止"
    watch, recovered = _recover(watch, [raised.colour for raised in watch.raised], reason, now)
    return replace(watch, wake_at=None, found_late_at=None), (*events, *recovered)


_REASONS = {
    Colour.REMINDER: "{due} 到期，请及时办理",
    Colour.YELLOW: "临近到期：{due} 到期，请立即办理",
    Colour.RED: "已超期：应于 {due} 前办结",
}


def _raise(watch: Watch, colours: Iterable[Colour], due_at: datetime, now: datetime) -> Followed:
    events: list[CardEvent] = []
    for colour in colours:
        if watch.has(colour):
            continue
        raised = Raised(colour, now, due_at)
        watch = replace(watch, raised=(*watch.raised, raised))
        events.append(RAISED[colour](_card(watch, raised, _REASONS[colour].format(due=local_text(due_at)))))
    return watch, tuple(events)


def _recover(watch: Watch, colours: Iterable[Colour], reason: str, now: datetime) -> Followed:
    wanted = set(colours) - {Colour.RED}
    gone = [raised for raised in watch.raised if raised.colour in wanted]
    kept = tuple(raised for raised in watch.raised if raised.colour not in wanted)
    events = tuple(
        CardRecovered(replace(_card(watch, raised, reason), state=CardState.RECOVERED, recovered_at=now))
        for raised in gone
    )
    return replace(watch, raised=kept), events


def _card(watch: Watch, raised: Raised, reason: str) -> Card:
    seen = watch.seen
    return Card(
        id=f"{watch.id}-{raised.colour.name.lower()}",
        center_id=seen.center_id,
        colour=raised.colour,
        state=CardState.ACTIVE,
        subject_kind=seen.kind,
        subject_id=seen.id,
        subject_number=seen.number,
        title=seen.title,
        department_key=seen.department_key,
        due_at=raised.due_at,
        raised_at=raised.at,
        recovered_at=None,
        reason=reason,
        journey=seen.journey,
    )
