"""The instruments of the catalogue. While nobody collects, recording costs a call that does nothing."""

from __future__ import annotations

import logging
import resource
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from opentelemetry import metrics

from kit.telemetry import catalogue
from kit.telemetry.catalogue import Metric

log = logging.getLogger(__name__)

_meter = metrics.get_meter("tongban")


def _histogram(metric: Metric) -> metrics.Histogram:
    return _meter.create_histogram(
        metric.name, metric.unit, metric.says, explicit_bucket_boundaries_advisory=metric.buckets
    )


def _counter(metric: Metric) -> metrics.Counter:
    return _meter.create_counter(metric.name, metric.unit, metric.says)


http_duration = _histogram(catalogue.HTTP_DURATION)
rpc_duration = _histogram(catalogue.RPC_DURATION)
event_latency = _histogram(catalogue.EVENT_LATENCY)
dead_letters = _counter(catalogue.DEAD_LETTERS)
alarm_delay = _histogram(catalogue.ALARM_DELAY)
queue_wait = _histogram(catalogue.QUEUE_WAIT)
relay_refused = _counter(catalogue.RELAY_REFUSED)
store_duration = _histogram(catalogue.STORE_DURATION)
store_errors = _counter(catalogue.STORE_ERRORS)
bus_errors = _counter(catalogue.BUS_ERRORS)


def observe(metric: Metric, read: Callable[[], float | None], labels: Mapping[str, str]) -> None:
    """A figure that is read whenever the metrics are collected; ``None``: there is none now.

    Reading must neither wait nor fail; see ``Sampler`` for what has to be asked for.
    """

    def observed(_: metrics.CallbackOptions) -> Iterator[metrics.Observation]:
        value = read()
        if value is not None:
            yield metrics.Observation(float(value), labels)

    _meter.create_observable_gauge(metric.name, [observed], metric.unit, metric.says)


class Sampler:
    """Reads figures that others have to be asked for, in a thread of its own, and keeps the last answer.

    A store or a broker that is away then holds up no collection: its figure alone is left out, once it is too old.
    """

    def __init__(self, every: float = 10.0, keeps: float = 60.0, real: Callable[[], float] = time.monotonic) -> None:
        """``every``: seconds between two readings; ``keeps``: how old an answer may be."""
        self._every = every
        self._keeps = keeps
        self._real = real
        self._asked: list[Callable[[], None]] = []
        self._stop = threading.Event()

    def observe(self, metric: Metric, read: Callable[[], float], labels: Mapping[str, str]) -> None:
        """A figure that is read from time to time; before ``start``."""
        last: tuple[float, float] | None = None
        failing = False

        def ask() -> None:
            nonlocal last, failing
            try:
                last, failing = (self._real(), float(read())), False
            except Exception as error:
                if not failing:
                    log.warning("%s %s can't be read: %s", metric.name, ", ".join(labels.values()), error)
                failing = True

        def answer() -> float | None:
            return last[1] if last is not None and self._real() - last[0] <= self._keeps else None

        self._asked.append(ask)
        observe(metric, answer, labels)

    def start(self) -> None:
        """Begins to read."""
        threading.Thread(target=self._run, name="sampler", daemon=True).start()

    def stop(self) -> None:
        """Ends it, after the figure that it is at."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.sample()
            self._stop.wait(self._every)

    def sample(self) -> None:
        """Asks for each figure once; what fails is told of once, and stays as it was until it is too old."""
        for ask in self._asked:
            if not self._stop.is_set():
                ask()


def resident_bytes() -> int:
    """The memory of this process that is in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()
