"""A million watched clocks, of which some are due: how late their alarms are."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.callers import MeasurementError
from bench.clocks.preload import preload
from bench.figures import Figure, at_most, percentile
from kit.actor import service_actor
from kit.alarms import Alarm, Sweeper
from kit.call import Call
from kit.clock import SystemClock
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.codec import Codec
from kit.store.port import Body
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from reference.testing import CENTER_ID, DEPARTMENT, sample_calendar
from services.supervision.domain.cards import SubjectKind
from services.supervision.domain.following import wake
from services.supervision.domain.plan import CardRules
from services.supervision.domain.rules import standard
from services.supervision.domain.watches import Sighting, Watch, WatchState, watch_id
from services.supervision.events import TABLE
from services.supervision.handlers import WATCHES, watch_keys

_GOAL: Final = at_most(2)
#: Seconds from the start of the sweeper until the first is due, and after the last within which all have to fire.
_LEAD, _PATIENCE = 2.0, 60.0


def sweep(folder: Path, number: int, due: int) -> list[Figure]:
    """``number`` watches sleep, ``due`` of which wake up at once."""
    path, clock = folder / "supervision.db", SystemClock()
    preload(path, WATCHES, _watches(number - due, clock.now() + timedelta(days=10), "later"))
    at = clock.now() + timedelta(seconds=_LEAD + due / 1000)
    store = SqliteStore(path, [WATCHES])
    try:
        for id, body in _watches(due, at, "due"):
            store.insert(WATCHES.name, id, body)
        encoder = EventEncoder("local", "supervision", TABLE)
        watches = Repository(store, WATCHES, Watch, encoder, Ids(random.Random(2).randbytes), keys=watch_keys)
        late = _fired(watches, clock, due, at)
    finally:
        store.close()
    details = {f"p{percent}_s": round(percentile(late, percent), 2) for percent in (50, 99)}
    title = f"{due:,} alarms of {number:,} clocks: the last after its time"
    return [Figure("clocks.sweep", title, max(late), "s", _GOAL, details=details)]


def _fired(watches: Repository[Watch], clock: SystemClock, due: int, at: datetime) -> list[float]:
    """By how many seconds each alarm was late, once its save was durable."""
    late: list[float] = []
    rules = CardRules(sample_calendar(), standard(CENTER_ID, 1, 0, at), confirm=timedelta(seconds=60))

    def fire(watch: Any, call: Call) -> None:
        looked_at, events = wake(watch, rules, call.now)
        watches.save(looked_at, events, call)
        late.append((clock.now() - at).total_seconds())

    sweeper = Sweeper([Alarm("bench", watches, fire)], clock, service_actor("supervision"))
    running = threading.Thread(target=sweeper.run)
    running.start()
    try:
        end = time.monotonic() + _LEAD + due / 1000 + _PATIENCE
        while len(late) < due and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        sweeper.stop()
        running.join()
    if len(late) < due:
        raise MeasurementError(f"{len(late)} of {due} alarms fired")
    return late


def _watches(number: int, wake_at: datetime, prefix: str) -> Iterator[tuple[str, Body]]:
    seen = Sighting(
        SubjectKind.CASE,
        "",
        "",
        "食品经营许可",
        CENTER_ID,
        DEPARTMENT,
        "j",
        WatchState.RUNNING,
        started_at=wake_at - timedelta(days=20),
        due_at=wake_at + timedelta(days=1),
        done_at=None,
        version=1,
    )
    codec = Codec(Watch)
    for index in range(number):
        id = f"{prefix}-{index:08}"
        own = replace(seen, id=id, number=id)
        watch = Watch(watch_id(SubjectKind.CASE, id), own, own.started_at, wake_at)
        yield watch.id, codec.body(watch) | watch_keys(watch)
