"""Following clocks: what their owners say of them, and looking at them when it is time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.store.port import Mark
from services.supervision.domain import following
from services.supervision.domain.watches import Sighting, Watch, tells_nothing, watch_id
from services.supervision.handlers.measures import unanswered
from services.supervision.handlers.orders import escalation
from services.supervision.handlers.rules import application
from services.supervision.handlers.tower import Tower

#: With more events than this before it, a group hasn't heard of what happened lately.
NEARLY_UP_TO_DATE = 64
#: How long an answer about the backlog holds, in seconds of real time.
_BACKLOG_SECONDS = 0.5


class Backlog:
    """Whether what happened has been heard of: before that, nothing may be called late.

    After an outage, or when journeys are written anew from the topics' start, a case that ended long ago still looks
    open until its end is read; a red card then would be wrong and could not be taken back.
    """

    def __init__(self, lag: Callable[[], int], now: Callable[[], float] = time.monotonic) -> None:
        self._lag = lag
        self._now = now
        self._known: tuple[bool, float] | None = None

    def heard_all(self) -> bool:
        """Whether the group is up to date, or nearly; asked again after a while."""
        if self._known is None or self._now() >= self._known[1]:
            self._known = (self._lag() <= NEARLY_UP_TO_DATE, self._now() + _BACKLOG_SECONDS)
        return self._known[0]


def alarms(tower: Tower, backlog: Backlog) -> list[Alarm]:
    """What wakes up: watches whose next warning is due, orders and measures that nobody answered, new rules."""

    def fire(watch: Any, call: Call) -> None:
        if not backlog.heard_all():
            raise Conflict("events_before_it", "尚有未处理的事件，稍后再检查期限。")
        wake_watch(tower=tower, call=call, watch=watch)

    return [Alarm("supervision.watches", tower.watches, fire), escalation(tower), unanswered(tower), application(tower)]


def follow_subject(
    *, tower: Tower, call: Call, sighting: Sighting, mark: Mark, since: datetime | None = None, old: bool = False
) -> None:
    """Follows a subject's clock as an event tells it (rules F07, G01, G02).

    What was done before ``since`` isn't held against anybody; what an ``old`` event tells of is looked at once what
    followed it has been read.

    Raises ``AlreadyApplied``, ``Stale`` (the alarm was faster: to be tried again), ``Unavailable``
    (``reference_not_ready``), and ``Invalid`` on a subject of no center, whose rules nobody will ever tell.
    """
    if not sighting.center_id:
        raise Invalid("event_without_center", "事件缺少中心编码，无法监察其期限。", subject=sighting.id)
    rules = replace(tower.card_rules(sighting.center_id, call.now), since=since)
    watch = tower.watches.find_by_id(watch_id(sighting.kind, sighting.id))
    if watch is None:
        begun, events = following.begin(sighting, rules, call.now, old=old)
        tower.watches.create(begun, events, call, mark=mark)
        return
    if tells_nothing(watch, sighting):
        return
    followed = following.observe(watch, sighting, rules, call.now, old=old)
    if followed is not None:
        tower.watches.save(followed[0], followed[1], call, mark=mark)


def wake_watch(*, tower: Tower, call: Call, watch: Watch) -> None:
    """Looks at a clock whose time has come: raises what is due and sets the next look (rules F07, G01).

    Raises ``Stale`` when its owner or another replica was faster, ``Unavailable`` (``reference_not_ready``).
    """
    looked_at, events = following.wake(watch, tower.card_rules(watch.seen.center_id, call.now), call.now)
    tower.watches.save(looked_at, events, call)
