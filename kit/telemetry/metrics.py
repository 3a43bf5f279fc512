"""The instruments of the catalogue. While nobody collects, recording costs a call that does nothing."""

from __future__ import annotations

import logging
import resource
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
store_duration = _histogram(catalogue.STORE_DURATION)
store_errors = _counter(catalogue.STORE_ERRORS)
bus_errors = _counter(catalogue.BUS_ERRORS)


def observe(metric: Metric, read: Callable[[], float], labels: Mapping[str, str]) -> None:
    """A figure that is read whenever the metrics are collected; nothing is read while they aren't.

    One that can't be read is left out, and told of once until it can be read again.
    """
    failing = False

    def observed(_: metrics.CallbackOptions) -> Iterator[metrics.Observation]:
        nonlocal failing
        try:
            value = float(read())
        except Exception as error:
            if not failing:
                log.warning("%s %s can't be read: %s", metric.name, dict(labels), error)
            failing = True
            return
        failing = False
        yield metrics.Observation(value, labels)

    _meter.create_observable_gauge(metric.name, [observed], metric.unit, metric.says)


def resident_bytes() -> int:
    """The memory of this process that is in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()
