"""Scheduled work: a document that must wake up declares ``due_at``; any replica sweeps, each alarm fires once.

A kind joins by an index named ``alarms`` over the single field ``due_at`` (milliseconds; null: asleep). The handler
gets the entity and must save it with another ``due_at`` (or none): the compare-and-set of that save is the claim, so
of two replicas one fires and the other finds it stale. Alarms of a kind fire in the order of their time, late rather
than never; several services' alarms are not ordered against each other.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit import telemetry
from kit.actor import Actor
from kit.call import Call
from kit.clock import Clock, to_ms
from kit.errors import Conflict, Stale
from kit.store.port import Index, Range
from kit.store.repository import Repository

log = logging.getLogger(__name__)

#: The index that a kind with alarms declares.
ALARMS = Index("alarms", ("due_at",))

#: How many alarms one sweep of a kind takes at the most before it looks at the others.
BATCH = 100


#: The longest pause before a failing alarm is tried again, in seconds of real time.
LONGEST_REST = 5.0
#: An alarm that was refused ("not now") so many times is told of; before that it's nothing unusual.
_PATIENCE = 64
#: Stands for the kind as a whole where an alarm's id is told; no id looks like it.
_ALL = "(all)"


@dataclass(frozen=True)
class Alarm:
    """What wakes up and what is done then. ``fire`` saves the entity with another ``due_at``."""

    name: str
    repository: Repository[Any]
    fire: Callable[[Any, Call], None]


@dataclass(slots=True)
class _Trouble:
    """How often an alarm was refused or failed, and until when it rests."""

    times: int = 0
    until: float = 0.0


class Sweeper:
    """Fires due alarms of one service; call ``sweep`` or run it in a thread. ``real`` is real time in seconds."""

    def __init__(
        self,
        alarms: list[Alarm],
        clock: Clock,
        actor: Actor,
        interval: float = 0.2,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._alarms = alarms
        self._clock = clock
        self._actor = actor
        self._interval = interval
        self._real = real
        self._stop = threading.Event()
        self._troubles: dict[tuple[str, str], _Trouble] = {}
        #: Behind those that couldn't be fired, by kind: where the next sweep goes on.
        self._cursors: dict[str, str] = {}

    def sweep(self) -> int:
        """Fires what is due now; returns how many fired. What fails is logged and doesn't hold up the others."""
        return sum(self._sweep_kind(alarm) for alarm in self._alarms)

    def _sweep_kind(self, alarm: Alarm) -> int:
        try:
            return self._sweep_page(alarm, self._clock.now())
        except Exception as error:
            self._cursors.pop(alarm.name, None)
            self._failed(alarm, _ALL, error)
            return 0

    def _sweep_page(self, alarm: Alarm, now: datetime) -> int:
        """Fires a page of what is due, in order, one that is due again within the page too."""
        bounds = Range(least=0, below=to_ms(now) + 1)
        page = alarm.repository.find("alarms", range=bounds, limit=BATCH, cursor=self._cursors.pop(alarm.name, ""))
        self._troubles.pop((alarm.name, _ALL), None)
        due = [(self._due(alarm, entity), entity.id, entity) for entity in page.items]
        last = due[-1][0] if page.cursor else to_ms(now)
        fired, left = 0, False
        while due and fired < BATCH and not self._stop.is_set():
            _, id, entity = heapq.heappop(due)
            if self._rests(alarm, id) or not self._fire(alarm, entity, now):
                left = True
                continue
            again = alarm.repository.find_by_id(id)
            if again is not None and again.version == entity.version:
                self._failed(alarm, id, RuntimeError("it fired and saved nothing"))
                left = True
                continue
            fired += 1
            if again is not None and 0 <= self._due(alarm, again) <= last:
                heapq.heappush(due, (self._due(alarm, again), id, again))
        if left:
            self._cursors[alarm.name] = page.cursor
        return fired

    @staticmethod
    def _due(alarm: Alarm, entity: Any) -> int:
        """When an entity wakes up, in milliseconds; -1: never."""
        due_at = alarm.repository.indexed(entity, "due_at")
        return due_at if isinstance(due_at, int) else -1

    def _fire(self, alarm: Alarm, entity: Any, now: datetime) -> bool:
        try:
            with telemetry.span(f"alarm {alarm.name}"):
                alarm.fire(entity, Call(self._actor, now))
        except Stale:
            return False  # another replica, or whoever changed it, was faster
        except Conflict as error:
            self._refused(alarm, entity.id, error)
            return False
        except Exception as error:
            self._failed(alarm, entity.id, error)
            return False
        self._troubles.pop((alarm.name, entity.id), None)
        late = (to_ms(now) - self._due(alarm, entity)) / 1000
        telemetry.alarm_delay.record(max(0.0, late), {"alarm": alarm.name})
        return True

    def overdue(self, alarm: Alarm) -> float:
        """How late the alarm is that is due longest and hasn't fired, in seconds; 0 without any."""
        now = to_ms(self._clock.now())
        for entity in alarm.repository.find("alarms", range=Range(least=0, below=now + 1), limit=1).items:
            return max(0.0, (now - self._due(alarm, entity)) / 1000)
        return 0.0

    def _rests(self, alarm: Alarm, id: str) -> bool:
        trouble = self._troubles.get((alarm.name, id))
        return trouble is not None and self._real() < trouble.until

    def _refused(self, alarm: Alarm, id: str, error: Conflict) -> None:
        trouble = self._troubles.setdefault((alarm.name, id), _Trouble())
        trouble.times += 1
        if trouble.times >= _PATIENCE and _is_power_of_two(trouble.times):
            log.warning("alarm %s of %s was refused %d times: %s", alarm.name, id, trouble.times, error)

    def _failed(self, alarm: Alarm, id: str, error: Exception) -> None:
        """Tells of it the 1st, 2nd, 4th, 8th … time, and lets it rest, ever longer."""
        trouble = self._troubles.setdefault((alarm.name, id), _Trouble())
        trouble.times += 1
        trouble.until = self._real() + min(self._interval * 2 ** min(trouble.times - 1, 30), LONGEST_REST)
        if _is_power_of_two(trouble.times):
            first = trouble.times == 1
            log.error("alarm %s of %s failed %d times: %s", alarm.name, id, trouble.times, error, exc_info=first)

    def run(self) -> None:
        """Sweeps until ``stop``."""
        while not self._stop.is_set():
            try:
                fired = self.sweep()
            except Exception:
                log.exception("sweeping failed")
                fired = 0
            if not fired:
                self._stop.wait(self._interval)

    def stop(self) -> None:
        """Ends ``run`` after the alarm that it is at."""
        self._stop.set()


def _is_power_of_two(number: int) -> bool:
    return number & (number - 1) == 0
