"""Store and bus without a site around them: what an event costs its save, and how fast a group handles events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final
from uuid import uuid4

from bench.callers import MeasurementError
from bench.stack.sides import GROUP, SERVICE, TOPIC, Side
from kit.actor import service_actor
from kit.clock import SystemClock
from kit.consumer import Delivery, GroupRunner, Subscription
from kit.events import Event
from kit.outbox import Outbox
from kit.store.port import Store

_TYPE: Final = "tongban.bench.thing_done.v1"
_CLOCK: Final = SystemClock()
#: As much as an event of a case holds.
_DATA: Final = b"x" * 600
_PATIENCE: Final = 120.0
_BATCH: Final = 100


def _event(subject: str) -> Event:
    return Event(uuid4().hex, _TYPE, f"local/{SERVICE}", subject, "", _CLOCK.now(), _DATA)


def saves(side: Side, number: int) -> tuple[float, float]:
    """Saves a second by one caller: without an event, and with one each until the bus has them all."""
    with ExitStack() as stack:
        store, bus = side.open_store(), side.open_bus()
        stack.callback(store.close)
        stack.callback(bus.close)
        # The first write and the first publication connect.
        _save_all(store, 1, with_event=True)
        outbox = Outbox(store, bus, TOPIC)
        outbox.publish_pending()
        plain = _save_all(store, number, with_event=False)
        runner = threading.Thread(target=outbox.run, daemon=True)
        runner.start()
        began = time.perf_counter()
        _save_all(store, number, with_event=True)
        _wait(lambda: store.pending_depth() == 0, "the outbox to be empty")
        told = time.perf_counter() - began
        outbox.stop()
        runner.join()
    return number / plain, number / told


def _save_all(store: Store, number: int, *, with_event: bool) -> float:
    began = time.perf_counter()
    for rank in range(number):
        id = uuid4().hex
        store.insert("thing", id, {"lane": "a", "rank": rank}, events=[_event(id)] if with_event else ())
    return time.perf_counter() - began


def effects(side: Side, number: int) -> float:
    """Events a second that one member of a group handles, each with a durable effect and its mark."""
    with ExitStack() as stack:
        store, bus = side.open_store(), side.open_bus()
        stack.callback(store.close)
        stack.callback(bus.close)
        handled = 0
        wanted = {event.id: event for event in (_event(uuid4().hex) for _ in range(number))}
        over = threading.Event()
        begun: list[float] = []

        def handle(delivery: Delivery) -> None:
            nonlocal handled
            if delivery.event.id not in wanted:
                return  # an earlier round's
            if not begun:  # the joining is over
                begun.append(time.perf_counter())
            store.insert("effect", delivery.event.id, {"of": delivery.event.subject}, mark=delivery.mark())
            handled += 1
            if handled == number:
                over.set()

        told = list(wanted.values())
        for place in range(0, number, _BATCH):
            bus.publish(TOPIC, told[place : place + _BATCH])
        runner = GroupRunner(Subscription(GROUP, [TOPIC], {_TYPE: handle}), bus, _CLOCK, service_actor(SERVICE))
        thread = threading.Thread(target=runner.run, daemon=True)
        thread.start()
        if not over.wait(_PATIENCE):
            raise MeasurementError(f"{side.name}: {handled} of {number} events were handled in {_PATIENCE:.0f} s")
        seconds = time.perf_counter() - begun[0]
        runner.stop()
        thread.join()
    return number / seconds


def _wait(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > end:
            raise MeasurementError(f"waited {_PATIENCE:.0f} s for {what}")
        time.sleep(0.002)
