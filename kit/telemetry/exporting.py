"""Sets OpenTelemetry's SDK up. Imported only where something is sent or fetched: it costs 4 to 10 MB a process."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Sequence
from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

from kit.settings import ServiceSettings, SettingsError
from kit.telemetry import catalogue, tracing
from kit.telemetry.collector import BATCH, QUEUE, SEND_EVERY, SEND_SECONDS, Collector
from kit.telemetry.metrics import observe, resident_bytes

#: How long a process that ends waits until the last spans are sent, in seconds.
_FLUSH_SECONDS: Final = 2.0


class Exporting:
    """What was set up; to be closed when the process ends."""

    def __init__(self, service: str, settings: ServiceSettings, *, fetched: bool, edge: bool) -> None:
        """``fetched``: metrics are kept for Prometheus. Raises ``SettingsError``."""
        self._collector = Collector(settings) if settings.telemetry == "otlp" else None
        self._traces: TracerProvider | None = None
        resource = Resource.create(
            {
                "service.name": service,
                "service.namespace": settings.site,
                # Replicas tell the same metrics: without it one's figures would take the place of another's.
                "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
            }
        )
        readers: list[MetricReader] = []
        if fetched or settings.metrics_listen:
            from opentelemetry.exporter.prometheus import PrometheusMetricReader

            readers.append(
                PrometheusMetricReader(
                    scope_info_enabled=False, resource_attribute_filter=lambda name: name == "service.name"
                )
            )
        if self._collector is not None:
            self._traces = TracerProvider(_sampler(settings, edge), resource, shutdown_on_exit=False)
            self._traces.add_span_processor(
                BatchSpanProcessor(self._collector.spans(), QUEUE, SEND_EVERY * 1000, BATCH)
            )
            tracing.record_with(self._traces)
            if not settings.metrics_listen:
                every, patience = settings.metrics_interval * 1000, SEND_SECONDS * 1000
                readers.append(PeriodicExportingMetricReader(self._collector.metrics(), every, patience))
        self._metrics = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
        metrics.set_meter_provider(self._metrics)
        observe(catalogue.PROCESS_MEMORY, resident_bytes, {})
        if settings.metrics_listen:
            _listen(settings)

    def close(self) -> None:
        """Sends what is left, unless nobody takes it; never longer than the flush may take."""
        if self._collector is not None and self._collector.answers:
            sending = threading.Thread(target=self._shut_down, name="telemetry", daemon=True)
            sending.start()
            sending.join(_FLUSH_SECONDS)

    def _shut_down(self) -> None:
        if self._traces is not None:
            self._traces.shutdown()
        self._metrics.shutdown()


def _listen(settings: ServiceSettings) -> None:
    """Serves the metrics on a port of their own. Raises ``SettingsError`` when it can't be had."""
    from prometheus_client import start_http_server

    host, port = settings.metrics_address
    try:
        start_http_server(port, host)
    except OSError as error:
        where = settings.metrics_listen
        raise SettingsError(f"can't listen on {where} (TONGBAN_METRICS_LISTEN): {error.strerror}") from error


def _sampler(settings: ServiceSettings, edge: bool) -> Sampler:
    """Services follow whoever calls them. At the edge the ratio decides, lest any client has all its traces recorded."""
    root = TraceIdRatioBased(settings.trace_sample_ratio)
    if not edge or settings.trace_trust_callers:
        return ParentBased(root)
    dice = _Dice(settings.trace_sample_ratio)
    return ParentBased(root, remote_parent_sampled=dice, remote_parent_not_sampled=dice)


class _Dice(Sampler):
    """Decides by chance alone: a trace's id that a client chose must not decide."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Records or drops."""
        recorded = random.random() < self._ratio  # noqa: S311 - no secret
        state = trace.get_current_span(parent_context).get_span_context().trace_state
        return SamplingResult(Decision.RECORD_AND_SAMPLE if recorded else Decision.DROP, attributes, state)

    def get_description(self) -> str:
        """Its name for the SDK."""
        return f"Dice({self._ratio})"
