"""Telemetry: traces, metrics and logs, set up in one place (decision "Watching costs nothing until it is asked for").

Off by default: then a trace's and a request's ids only pass through, so that logs can be put together, and
OpenTelemetry's SDK isn't loaded. ``TONGBAN_TELEMETRY=otlp`` sends to a collector, ``TONGBAN_METRICS_LISTEN`` lets
Prometheus fetch. A dead collector costs a warning, never a request.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kit.telemetry import catalogue
from kit.telemetry.catalogue import CATALOGUE, Metric
from kit.telemetry.metrics import (
    Sampler,
    alarm_delay,
    bus_errors,
    dead_letters,
    event_latency,
    http_duration,
    observe,
    queue_wait,
    relay_refused,
    rpc_duration,
    store_duration,
    store_errors,
)
from kit.telemetry.tracing import (
    REQUEST_ID,
    Facts,
    begin_span,
    failed,
    inject,
    inner_span,
    record_with,
    request_id,
    span,
    span_id,
    tell,
    trace_id,
    traceparent,
    traceparent_of,
)

if TYPE_CHECKING:
    from kit.settings import ServiceSettings
    from kit.telemetry.exporting import Exporting

__all__ = [
    "CATALOGUE",
    "REQUEST_ID",
    "Facts",
    "Metric",
    "Sampler",
    "alarm_delay",
    "begin_span",
    "bus_errors",
    "catalogue",
    "close",
    "dead_letters",
    "event_latency",
    "failed",
    "http_duration",
    "inject",
    "inner_span",
    "is_on",
    "keep_for_prometheus",
    "observe",
    "queue_wait",
    "record_with",
    "relay_refused",
    "request_id",
    "rpc_duration",
    "set_up",
    "span",
    "span_id",
    "store_duration",
    "store_errors",
    "tell",
    "trace_id",
    "traceparent",
    "traceparent_of",
]

_exporting: Exporting | None = None
_beginning = threading.Lock()


def set_up(service: str, settings: ServiceSettings, *, prometheus: bool = False, edge: bool = False) -> None:
    """Begins to send or to keep what the settings ask for; imports the SDK only then. Raises ``SettingsError``.

    With ``prometheus`` metrics that are sent are kept for ``prometheus_client.generate_latest`` as well. At the
    ``edge`` callers are strangers: their word on what is to be recorded counts only by setting.
    """
    if settings.telemetry != "off" or settings.metrics_listen:
        _begin(service, settings, fetched=prometheus and not settings.metrics_listen, edge=edge)


def keep_for_prometheus(service: str, settings: ServiceSettings) -> None:
    """Keeps metrics for ``prometheus_client.generate_latest`` from the first time on that somebody asks for them.

    They are counters: whoever looks for the first time has nothing to compare them with, so nothing is lost.
    """
    with _beginning:
        if _exporting is None:
            _begin(service, settings, fetched=True, edge=False)


def _begin(service: str, settings: ServiceSettings, *, fetched: bool, edge: bool) -> None:
    from kit.telemetry.exporting import Exporting

    global _exporting  # noqa: PLW0603 - OpenTelemetry's providers are one a process
    _exporting = Exporting(service, settings, fetched=fetched, edge=edge)


def is_on() -> bool:
    """Whether anybody may look at metrics or traces of this process."""
    return _exporting is not None


def close() -> None:
    """Sends what is left, within seconds; at the end of a process."""
    if _exporting is not None:
        _exporting.close()
