"""Scheduled work: a document that must wake up declares ``due_at``; any replica sweeps, each alarm fires once.

A kind joins by an index named ``alarms`` over the single field ``due_at`` (milliseconds; null: asleep). The handler
gets the entity and must save it with another ``due_at`` (or none): the compare-and-set of that save is the claim, so
of two replicas one fires and the other finds it stale. Alarms of a kind fire in the order of their time, late rather
than never; several services' alarms are not ordered against each other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit import telemetry
from kit.actor import Actor
from kit.call import Call
from kit.clock import Clock, to_ms
from kit.errors import Conflict, TongbanError
from kit.store.port import Index, Range
from kit.store.repository import Repository

log = logging.getLogger(__name__)

#: The index that a kind with alarms declares.
ALARMS = Index("alarms", ("due_at",))

#: How many alarms one sweep of a kind takes at the most before it looks at the others.
BATCH = 100


@dataclass(frozen=True)
class Alarm:
    """What wakes up and what is done then. ``fire`` saves the entity with another ``due_at``."""

    name: str
    repository: Repository[Any]
    fire: Callable[[Any, Call], None]


class Sweeper:
    """Fires due alarms of one service; call ``sweep`` or run it in a thread."""

    def __init__(self, alarms: list[Alarm], clock: Clock, actor: Actor, interval: float = 0.2) -> None:
        self._alarms = alarms
        self._clock = clock
        self._actor = actor
        self._interval = interval
        self._stop = threading.Event()
        self._broken: dict[tuple[str, str], int] = {}

    def sweep(self) -> int:
        """Fires what is due now; returns how many fired. A failing alarm is logged and doesn't hold the others."""
        return sum(self._sweep_kind(alarm) for alarm in self._alarms)

    def _sweep_kind(self, alarm: Alarm) -> int:
        fired = 0
        now = self._clock.now()
        due = alarm.repository.find("alarms", range=Range(least=0, below=to_ms(now) + 1), limit=BATCH)
        for entity in due.items:
            if self._stop.is_set():
                break
            fired += self._fire(alarm, entity, now)
        return fired

    def _fire(self, alarm: Alarm, entity: Any, now: datetime) -> int:
        try:
            alarm.fire(entity, Call(self._actor, now))
        except Conflict:
            return 0
        except TongbanError as error:
            self._report(alarm, entity.id, error)
            return 0
        except Exception as error:
            self._report(alarm, entity.id, error)
            return 0
        due_at = getattr(entity, "due_at", None)  # some kinds keep it as a key beside the entity
        if isinstance(due_at, datetime):
            telemetry.alarm_delay.record((now - due_at).total_seconds(), {"alarm": alarm.name})
        return 1

    def _report(self, alarm: Alarm, id: str, error: Exception) -> None:
        times = self._broken[alarm.name, id] = self._broken.get((alarm.name, id), 0) + 1
        if times & (times - 1) == 0:  # the 1st, 2nd, 4th, 8th … time
            log.error("alarm %s of %s failed %d times: %s", alarm.name, id, times, error, exc_info=times == 1)

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
