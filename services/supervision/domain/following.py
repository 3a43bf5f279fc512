"""Following watched clocks: news of them, looks at them, and the warnings that are raised and recover (rules F07, G01)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from kit.workdays import local_text
from services.supervision.domain.cards import RAISED, Card, CardEvent, CardRecovered, CardState, Colour, Trigger
from services.supervision.domain.plan import OVER, CardRules, Clock, Instant, plan, warned_at
from services.supervision.domain.watches import Raised, Sighting, Watch, WatchState, card_id, watch_id

Followed = tuple[Watch, tuple[CardEvent, ...]]


def begin(sighting: Sighting, rules: CardRules, now: datetime, *, old: bool = False) -> Followed:
    """The watch of a subject that is seen for the first time; ``old``: by news after which there is more to be read."""
    watch = Watch(watch_id(sighting.kind, sighting.id), sighting, sighting.started_at, wake_at=None)
    return _follow(watch, rules, now, old=old)


def observe(watch: Watch, sighting: Sighting, rules: CardRules, now: datetime, *, old: bool = False) -> Followed | None:
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
    return _follow(watch, rules, now, old=old)


def wake(watch: Watch, rules: CardRules, now: datetime) -> Followed:
    """The watch after it was looked at: warnings whose time has come are raised, each once and mildest first.

    What is late is looked at twice, ``rules.confirm`` apart, before its red card, as that can't be taken back.
    """
    if not watch.ticks:
        return replace(watch, wake_at=None, found_late_at=None), ()
    pending, next_at = _ahead(watch, rules, now)
    found_late_at = None
    if any(instant.colour is Colour.RED for _, _, instant in pending):
        found_late_at = watch.found_late_at or now
        if now < found_late_at + rules.confirm:
            pending = [each for each in pending if each[2].colour is not Colour.RED]
            next_at = _sooner(next_at, found_late_at + rules.confirm)
        else:
            found_late_at = None
    watch, events = _raise(watch, pending, rules, now)
    return replace(watch, wake_at=next_at, found_late_at=found_late_at), events


def under(watch: Watch, rules: CardRules, now: datetime) -> Watch:
    """The watch under new rules: what stands stays as the rules made it that it stands by; the next look is theirs."""
    if not watch.ticks:
        return watch
    pending, next_at = _ahead(watch, rules, now)
    return replace(watch, wake_at=now if pending else next_at)


#: A clock with the end that it has, and a warning of it.
_Due = tuple[Clock, datetime, Instant]


def _ahead(watch: Watch, rules: CardRules, now: datetime) -> tuple[list[_Due], datetime | None]:
    """Warnings that are due and don't stand yet, mildest first; and when the next one is due."""
    pending: list[_Due] = []
    next_at: datetime | None = None
    for clock in watch.clocks(rules):
        due_at = clock.last_instant(rules.calendar) if clock.runs else None
        if due_at is None:
            continue
        planned = plan(clock.started_at, due_at, rules.of(clock.trigger), rules.calendar)
        pending += [(clock, due_at, each) for each in planned.due(now) if not watch.has(each.colour, clock)]
        next_at = _sooner(next_at, planned.next_after(now))
    return sorted(pending, key=lambda each: each[2].colour), next_at


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _follow(watch: Watch, rules: CardRules, now: datetime, *, old: bool) -> Followed:
    """What a subject's news means for its warnings and for the next look."""
    seen = watch.seen
    watch, events = _raise(watch, _ended_late(watch, rules), rules, now)
    if watch.ticks:
        running = {(clock.trigger, clock.key): clock for clock in watch.clocks(rules) if clock.runs}
        gone = [
            raised
            for raised in watch.raised
            if not _stands(raised, running.get((raised.trigger, raised.key)), rules, now)
        ]
        moved = "期限顺延，已不再临近到期"
        over = "已办理" if seen.state is WatchState.RUNNING else "计时停止"
        watch, recovered = _recover(watch, gone, lambda raised: moved if _runs(raised, running) else over, now)
        pending, next_at = _ahead(watch, rules, now)
        late = watch.found_late_at if any(each.colour is Colour.RED for _, _, each in pending) else None
        look_at = now + rules.confirm if old else now
        watch = replace(watch, wake_at=look_at if pending else next_at, found_late_at=late)
        return watch, (*events, *recovered)
    if seen.state is WatchState.ENDED:
        ended_at = seen.done_at or now
        in_time = seen.due_at is None or ended_at <= seen.due_at
        watch = replace(watch, ended_at=watch.ended_at or ended_at, ended_in_time=in_time)
    reason = "已办结" if seen.state is WatchState.ENDED else "计时停止"
    watch, recovered = _recover(watch, watch.raised, lambda _: reason, now)
    return replace(watch, wake_at=None, found_late_at=None), (*events, *recovered)


def _ended_late(watch: Watch, rules: CardRules) -> list[_Due]:
    """Red cards for what was done late although no alarm saw it."""
    late: list[_Due] = []
    for clock in watch.clocks(rules):
        due_at, rule = clock.last_instant(rules.calendar), rules.of(clock.trigger)
        done_late = due_at is not None and clock.done_at is not None and clock.done_at > due_at
        if clock.done_at is not None and rules.since is not None and clock.done_at < rules.since:
            continue
        if due_at and done_late and rule.on and rule.colour is Colour.RED and not watch.has(Colour.RED, clock):
            late.append((clock, due_at, Instant(clock.done_at or due_at, Colour.RED, OVER)))
    return late


def _runs(raised: Raised, running: dict[tuple[Trigger, str], Clock]) -> bool:
    return (raised.trigger, raised.key) in running


def _stands(raised: Raised, clock: Clock | None, rules: CardRules, now: datetime) -> bool:
    """Whether the cause of a warning is still there, by the rule that made it."""
    due_at = None if clock is None else clock.last_instant(rules.calendar)
    if clock is None or due_at is None:
        return False
    if raised.lead is None:
        planned = plan(clock.started_at, due_at, rules.of(clock.trigger), rules.calendar)
        return raised.colour in (each.colour for each in planned.due(now))
    return warned_at(due_at, raised.lead, rules.calendar) <= now


_REASONS = {
    Colour.REMINDER: "{due} 到期，请及时办理",
    Colour.YELLOW: "临近到期：{due} 到期，请立即办理",
    Colour.RED: "已超期：应于 {due} 前办结",
}
_OVER = {
    Trigger.PROMISE: "已超期：应于 {due} 前办结",
    Trigger.STEP: "环节超时：应于 {due} 前办结",
    Trigger.LAW: "超过法定时限：应于 {due} 前办结",
    Trigger.IDLE: "久拖不办：至 {due} 未见办理",
}


def _raise(watch: Watch, due: list[_Due], rules: CardRules, now: datetime) -> Followed:
    events: list[CardEvent] = []
    for clock, due_at, instant in due:
        rule = rules.of(clock.trigger)
        raised = Raised(
            instant.colour,
            now,
            due_at,
            trigger=clock.trigger,
            key=clock.key,
            title=clock.title,
            person=clock.person,
            lead=instant.lead,
            rule=rule.number,
            edition=rules.edition.number,
            points=rule.points(instant.colour),
        )
        watch = replace(watch, raised=(*watch.raised, raised))
        text = _OVER[clock.trigger] if instant.lead == OVER else _REASONS[instant.colour]
        where = f"环节“{clock.title}”" if clock.title else ""
        events.append(RAISED[raised.colour](_card(watch, raised, where + text.format(due=local_text(due_at)))))
    return watch, tuple(events)


def _recover(watch: Watch, gone: Iterable[Raised], why: Callable[[Raised], str], now: datetime) -> Followed:
    wanted = [raised for raised in gone if raised.colour is not Colour.RED]
    kept = tuple(raised for raised in watch.raised if raised not in wanted)
    events = tuple(
        CardRecovered(replace(_card(watch, raised, why(raised)), state=CardState.RECOVERED, recovered_at=now))
        for raised in wanted
    )
    return replace(watch, raised=kept), events


def _card(watch: Watch, raised: Raised, reason: str) -> Card:
    seen = watch.seen
    return Card(
        id=card_id(watch, raised),
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
        trigger=raised.trigger,
        rule=raised.rule,
        edition=raised.edition,
        points=raised.points,
        person=raised.person,
        evidence=f"{seen.number or seen.title}，第 {seen.version} 版记录",
        source=watch.id,
    )
