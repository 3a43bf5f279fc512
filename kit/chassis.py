"""The frame of a service process: store, bus, outbox, consumers, alarms, server; start, readiness, graceful stop.

A service's main.py builds its own parts on the chassis and calls ``run``. Nothing here happens at import.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any, TypeVar

import grpc

from kit import telemetry
from kit.actor import Actor, TokenVerifier, service_actor
from kit.adapters import open_blobs, open_bus, open_store
from kit.alarms import Alarm, Sweeper
from kit.blobs.port import Blobs
from kit.bus.observed import observed_bus
from kit.bus.port import Bus
from kit.bus.starting import require_topics
from kit.clock import Clock, DemoClock, SystemClock
from kit.consumer import GroupRunner, RetryPolicy, Subscription
from kit.dead_letters import dlq_topic
from kit.events import EventEncoder, Mapped, topic_of
from kit.ids import Ids
from kit.marks import MarkedGroup, MarkPruner
from kit.outbox import Outbox
from kit.process import run_main, set_up_logging
from kit.rpc.client import connect
from kit.rpc.server import RpcServer, Servicer
from kit.rpc.tls import Tls
from kit.settings import ServiceSettings
from kit.store.observed import observed_store
from kit.store.port import Body, Kind, Store
from kit.store.remembered import RememberingRepository
from kit.store.repository import Entity, Repository, Upgrade
from kit.troubles import Troubles, troubles_file

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Entity)

#: How long a process may take to hear a signal that came in an unlucky moment, in seconds.
_LISTEN_SECONDS = 1.0

__all__ = ["Chassis", "Servicer", "clock_of", "run_main", "set_up_logging"]


def clock_of(settings: ServiceSettings) -> Clock:
    """The business clock: real time, or the demo clock where it is switched on."""
    return DemoClock(settings.demo_clock) if settings.demo_clock is not None else SystemClock()


class Chassis:
    """Everything that a service process has in common with the others."""

    def __init__(self, service: str, settings: ServiceSettings, kinds: Sequence[Kind]) -> None:
        set_up_logging(service, settings)
        telemetry.set_up(service, settings)
        settings.data.mkdir(parents=True, exist_ok=True)
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        self.service = service
        self.settings = settings
        self.clock: Clock = clock_of(settings)
        self.ids = Ids()
        self.actor: Actor = service_actor(service)
        self._opened = open_store(settings, service, kinds)
        self.store: Store = observed_store(self._opened, service)
        self.bus: Bus = observed_bus(open_bus(settings))
        #: Something in it: stop. Unlike an event's lock, it may be put into wherever a signal comes in between.
        self._stop: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._accident = False

    # ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────

    def encoder(self, table: Mapping[Any, Mapped]) -> EventEncoder:
        """Encodes this service's domain events."""
        return EventEncoder(self.settings.site, self.service, table, telemetry.traceparent)

    def repository(
        self,
        kind: Kind,
        entity: type[E],
        encoder: EventEncoder,
        *,
        keys: Callable[[E], Body] | None = None,
        upgrades: dict[int, Upgrade] | None = None,
        missing: Callable[[str], Exception] | None = None,
        remembers: bool = False,
    ) -> Repository[E]:
        """One kind of entity in this service's store; see ``Repository``, and ``RememberingRepository``."""
        made = RememberingRepository[E] if remembers else Repository[E]
        return made(self.store, kind, entity, encoder, self.ids, keys=keys, upgrades=upgrades, missing=missing)

    def blobs(self) -> Blobs:
        """This service's files."""
        return open_blobs(self.settings, self.service, self._opened)

    def channel(self, service: str, full_name: str) -> grpc.Channel:
        """A channel to another service of the site."""
        return connect(self.settings.address_of(service), full_name, Tls.of(self.settings))

    # ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def run(
        self,
        *,
        servicers: Sequence[Servicer],
        subscriptions: Sequence[Subscription] = (),
        alarms: Sequence[Alarm] = (),
        marked: Sequence[str] = (),
        on_start: Callable[[], None] | None = None,
        on_stop: Callable[[], None] | None = None,
    ) -> None:
        """Serves until SIGTERM, SIGINT or the parent's death; then finishes what is at hand and leaves.

        ``marked``: groups of marks beside those of the subscriptions (``kit.marks``).
        ``on_stop`` is called while store and bus are still there.

        Clients over a network hear first that calls are welcome no more, and until they have gone elsewhere everything
        is answered: a call that has reached a server when it shuts down, but no thread of it yet, would be lost.

        Raises ``SystemExit`` when one of its threads has died.
        """
        signal.signal(signal.SIGTERM, self._signalled)
        signal.signal(signal.SIGINT, self._signalled)
        self._watch_parent()
        require_topics(self.bus, self._topics(subscriptions), self.service)
        server = RpcServer(
            servicers,
            TokenVerifier(self.settings.public_key),
            self.clock,
            listen=self._listen_address(),
            workers=self.settings.workers,
            tls=Tls.of(self.settings),
            health_listen=self.settings.health_listen,
            describes_itself=self.settings.describes_itself,
        )
        outbox = Outbox(self.store, self.bus, topic_of(self.service))
        troubles = Troubles(troubles_file(self.settings.run_dir, self.service), server.whole)
        retry = RetryPolicy(give_up_after=self.settings.event_patience_seconds)
        groups = [GroupRunner(each, self.bus, self.clock, self.actor, retry, troubles.say) for each in subscriptions]
        sweeper = Sweeper(list(alarms), self.clock, self.actor)
        threads = [self._thread("outbox", outbox.run)]
        threads += [self._thread(group.subscription.group, group.run) for group in groups]
        if alarms:
            threads.append(self._thread("alarms", sweeper.run))
        marks = self._marks(subscriptions, marked)
        if marks is not None:
            threads.append(self._thread("marks", marks.run))
        sampler = self._observe(outbox, groups, sweeper, alarms)
        server.start()
        if on_start is not None:
            on_start()
        for thread in threads:
            thread.start()
        server.ready()
        log.info("%s is ready", self.service)
        self._wait_to_be_told()
        log.info("%s stops", self.service)
        server.ready(False)
        with contextlib.suppress(queue.Empty):  # whoever is told twice doesn't wait
            self._stop.get(timeout=self.settings.drain_seconds)
        server.stop(self.settings.grace_seconds)
        if on_stop is not None:
            on_stop()
        sampler.stop()
        sweeper.stop()
        if marks is not None:
            marks.stop()
        for group in groups:
            group.stop()
        outbox.stop()
        for thread in threads:
            thread.join(self.settings.grace_seconds)
        self.bus.close()
        self.store.close()
        telemetry.close()
        if self._accident:
            raise SystemExit(1)

    def _marks(self, subscriptions: Sequence[Subscription], marked: Sequence[str]) -> MarkPruner | None:
        groups = [MarkedGroup(each.group, each.topics) for each in subscriptions] + [
            MarkedGroup(each) for each in marked
        ]
        if not groups or not self.settings.marks_days:
            return None
        return MarkPruner(self.store, self.bus, groups, timedelta(days=self.settings.marks_days))

    def _topics(self, subscriptions: Sequence[Subscription]) -> Iterator[str]:
        """Every topic that this process publishes to or reads."""
        yield topic_of(self.service)
        for each in subscriptions:
            yield from (*each.topics, dlq_topic(each.group))

    def _observe(
        self, outbox: Outbox, groups: Sequence[GroupRunner], sweeper: Sweeper, alarms: Sequence[Alarm]
    ) -> telemetry.Sampler:
        sampler = telemetry.Sampler()
        if not telemetry.is_on():
            return sampler
        of = telemetry.catalogue
        sampler.observe(of.OUTBOX_DEPTH, self.store.pending_depth, {})
        telemetry.observe(of.OUTBOX_AGE, partial(outbox.age, self.clock), {})
        for runner in groups:
            group, topics = runner.subscription.group, runner.subscription.topics
            sampler.observe(of.CONSUMER_LAG, partial(self.bus.lag, group, topics), {"group": group})
            telemetry.observe(of.CONSUMER_HALTED, runner.is_halted, {"group": group})
        for alarm in alarms:
            sampler.observe(of.ALARM_OVERDUE, partial(sweeper.overdue, alarm), {"alarm": alarm.name})
        sampler.start()
        return sampler

    def stop(self) -> None:
        """Ends ``run``."""
        self._stop.put(None)

    def _wait_to_be_told(self) -> None:
        """Returns once something is in the queue. A signal that comes just before the wait interrupts nothing: what it
        has to say is said when the interpreter runs next, so it is let run now and then."""
        while True:
            with contextlib.suppress(queue.Empty):
                self._stop.get(timeout=_LISTEN_SECONDS)
                return

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._stop.put(None)

    def _watch_parent(self) -> None:
        descriptor = self.settings.parent_fd
        if descriptor is None:
            return

        def watch() -> None:
            while os.read(descriptor, 1):
                pass
            self._stop.put(None)

        self._thread("parent", watch).start()

    def _listen_address(self) -> str:
        address = self.settings.listen or self.settings.address_of(self.service)
        if address.startswith("unix:"):
            # Left over from a killed process; two of one site can't run, the data folder's lock sees to that.
            path = address.removeprefix("unix:")
            if os.path.exists(path):
                os.unlink(path)
        return address

    def _thread(self, name: str, work: Callable[[], Any]) -> threading.Thread:
        """A thread that takes the process with it when it dies: the supervisor starts that anew, and says so."""

        def run() -> None:
            try:
                work()
            except BaseException:
                log.critical("%s ended by an accident; the whole process stops", name, exc_info=True)
                self._accident = True
                self._stop.put(None)

        return threading.Thread(target=run, name=name, daemon=True)
