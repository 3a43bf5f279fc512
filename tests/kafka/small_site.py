"""A site in small: documents saved with their events, an outbox, two members that take effect — the real parts, on Kafka.

Whatever is done to the broker, in the end every event that was saved has had its effect, once, and in order per key.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.actor import service_actor
from kit.bus.kafka.bus import KafkaBus
from kit.bus.port import Bus
from kit.clock import SystemClock
from kit.consumer import Delivery, GroupRunner, RetryPolicy, Subscription
from kit.outbox import Outbox
from kit.store.port import Kind
from kit.store.sqlite import SqliteStore
from tests.contract.bus_contract import event
from tests.kafka.broker import KafkaBusHarness

KEYS = 7
#: How long the backlog may take to drain once all is well, on a busy machine, in seconds.
RECOVERY = 90.0


class SmallSite:
    """One service that saves and publishes, and two replicas of one that consumes."""

    def __init__(self, folder: Path, harness: KafkaBusHarness, topic: str) -> None:
        self._topic = topic
        self._saved = SqliteStore(folder / "publishing.db", [Kind("thing")])
        self._effects = SqliteStore(folder / "consuming.db", [Kind("effect")])
        self._harness = harness
        self._buses: list[KafkaBus] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        #: Ids of what was saved, and of what took effect, in the order of it.
        self.saved: list[str] = []
        self.applied: list[tuple[str, str]] = []
        self.failures: list[BaseException] = []
        self._outbox = Outbox(self._saved, self._bus(), topic)
        subscription = Subscription("small.site", [topic], any_event=self._apply)
        self._runners = [
            GroupRunner(subscription, self._bus(), SystemClock(), service_actor("small"), RetryPolicy(longest=1.0))
            for _ in range(2)
        ]
        works = [self._save, self._outbox.run, *(runner.run for runner in self._runners)]
        self._threads = [threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works]

    def _bus(self) -> Bus:
        bus = self._harness.open()
        self._buses.append(bus)
        return bus

    def start(self) -> None:
        """Begins the day."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends it."""
        self._stop.set()
        for runner in self._runners:
            runner.stop()
        self._outbox.stop()
        for thread in self._threads:
            thread.join(15)
        for bus in self._buses:
            bus.close()
        self._saved.close()
        self._effects.close()

    # ── What happens in it ───────────────────────────────────────────────────────────────────────────────────

    def _guarded(self, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            self.failures.append(error)

    def _save(self) -> None:
        number = 0
        while not self._stop.is_set():
            happened = event(number, f"key-{number % KEYS}")
            self._saved.insert("thing", happened.id, {}, events=[happened])
            self.saved.append(happened.id)
            number += 1
            self._stop.wait(0.01)

    def _apply(self, delivery: Delivery) -> None:
        self._effects.insert("effect", f"{delivery.event.id}-{time.monotonic_ns()}", {}, mark=delivery.mark())
        with self._lock:
            self.applied.append((delivery.event.subject, delivery.event.id))

    # ── What is asked of it ──────────────────────────────────────────────────────────────────────────────────

    def wait_for_effects(self, more: int) -> None:
        """Until so many more events have had their effect."""
        self._until(len(self.applied) + more)

    def settle(self) -> None:
        """Nothing new is saved; all that was has its effect. Raises ``AssertionError`` when that never comes."""
        self._stop.set()
        self._threads[0].join()
        self._until(len(self.saved))
        assert not self.failures
        assert sorted(id_ for _, id_ in self.applied) == sorted(self.saved)
        for key in range(KEYS):
            of_key = [id_ for subject, id_ in self.applied if subject == f"key-{key}"]
            assert of_key == sorted(of_key), f"key-{key} lost its order"

    def _until(self, wanted: int) -> None:
        end = time.monotonic() + RECOVERY
        while len(self.applied) < wanted:
            assert not self.failures, self.failures
            assert time.monotonic() < end, f"{len(self.applied)} effects of {wanted} wanted, {len(self.saved)} saved"
            time.sleep(0.02)


@contextmanager
def working(folder: Path, harness: KafkaBusHarness, topic: str) -> Iterator[SmallSite]:
    """A site at work; it is settled at the end, and its books balance."""
    site = SmallSite(folder, harness, topic)
    site.start()
    try:
        site.wait_for_effects(20)
        yield site
        site.settle()
    finally:
        site.close()
