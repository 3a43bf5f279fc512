"""OpenTelemetry, set up in one place: traces over HTTP, gRPC and events, and the catalogue of metric names.

Off by default in embedded mode: then a trace's id only passes through, so that logs can be put together. One switch
(``TONGBAN_TELEMETRY=otlp``) turns it on. A dead collector costs a warning, never a request.
"""

from __future__ import annotations

import contextvars
import logging
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType

from opentelemetry import context, metrics, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from kit.settings import ServiceSettings

log = logging.getLogger(__name__)

# ── The catalogue of metrics: name — unit — what it says ─────────────────────────────────────────────────────────
#: Seconds that an RPC took at the server, by rpc.method and rpc.code (rate, errors, duration).
RPC_DURATION = "tongban.rpc.server.duration"
#: Seconds that a request took at the gateway, by http.route, http.method and http.status.
HTTP_DURATION = "tongban.http.server.duration"
#: Events that are written and not yet published, by service.
OUTBOX_DEPTH = "tongban.outbox.depth"
#: Events that a consumer group has before it, by group.
CONSUMER_LAG = "tongban.consumer.lag"
#: Events that went to dead letters, by group and code.
DEAD_LETTERS = "tongban.consumer.dead_letters"
#: Seconds from an event's time to its effect, by group.
EVENT_LATENCY = "tongban.consumer.latency"
#: Seconds that an alarm fired after its time, by alarm.
ALARM_DELAY = "tongban.alarms.delay"

_tracer = trace.get_tracer("tongban")
_meter = metrics.get_meter("tongban")

#: Bounds of the durations' buckets; the SDK's own are made for milliseconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

rpc_duration = _meter.create_histogram(RPC_DURATION, unit="s", explicit_bucket_boundaries_advisory=_SECONDS)
http_duration = _meter.create_histogram(HTTP_DURATION, unit="s", explicit_bucket_boundaries_advisory=_SECONDS)
dead_letters = _meter.create_counter(DEAD_LETTERS)
event_latency = _meter.create_histogram(EVENT_LATENCY, unit="s", explicit_bucket_boundaries_advisory=_SECONDS)
alarm_delay = _meter.create_histogram(ALARM_DELAY, unit="s", explicit_bucket_boundaries_advisory=_SECONDS)


def set_up(service: str, settings: ServiceSettings, *, prometheus: bool = False) -> None:
    """Sends traces and metrics to the collector when the switch is on; imports the SDK only where it is needed.

    With ``prometheus`` the metrics can also be fetched (``prometheus_client.generate_latest``), whatever the switch.
    """
    sends = settings.telemetry != "off"
    if not sends and not prometheus:
        return
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.resources import Resource

    resource = Resource.create({"service.name": service, "service.namespace": settings.site})
    readers: list[MetricReader] = []
    if prometheus:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader

        readers.append(PrometheusMetricReader())
    if sends:
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.otlp_endpoint, insecure=True)))
        trace.set_tracer_provider(provider)
        exporter = OTLPMetricExporter(settings.otlp_endpoint, insecure=True)
        readers.append(PeriodicExportingMetricReader(exporter))
    metrics.set_meter_provider(MeterProvider(readers, resource=resource))


def observe(name: str, read: Callable[[], int], attributes: Mapping[str, str]) -> None:
    """A figure that is read whenever the metrics are collected; nothing is read while they aren't."""

    def observed(_: metrics.CallbackOptions) -> Iterator[metrics.Observation]:
        try:
            yield metrics.Observation(read(), attributes)
        except Exception as error:
            log.warning("%s could not be read: %s", name, error)

    _meter.create_observable_gauge(name, [observed])


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, parent: Mapping[str, str] | None = None
) -> AbstractContextManager[Span]:
    """A span around a piece of work; ``parent`` are headers that may hold a ``traceparent``."""
    return _recorded(name, kind, parent) if _records() else _Passing(parent)


@contextmanager
def _recorded(name: str, kind: SpanKind, parent: Mapping[str, str] | None) -> Iterator[Span]:
    token = context.attach(propagate.extract(parent)) if parent and "traceparent" in parent else None
    try:
        with _tracer.start_as_current_span(name, kind=kind) as current:
            yield current
    finally:
        if token is not None:
            context.detach(token)


def _records() -> bool:
    """Whether somebody set a tracer up."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


# Where nothing records, a trace only passes through, from the headers that come to the headers that go. The API's own
# no-op does that too, at a tenth of what a request costs the gateway.
_passing: contextvars.ContextVar[str] = contextvars.ContextVar("tongban_traceparent", default="")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class _Passing(AbstractContextManager[Span]):
    """Keeps the trace of the headers while a piece of work lasts; headers without one leave the present one."""

    __slots__ = ("_parent", "_token")

    def __init__(self, parent: Mapping[str, str] | None) -> None:
        self._parent = parent.get("traceparent", "") if parent else ""
        self._token: contextvars.Token[str] | None = None

    def __enter__(self) -> Span:
        if self._parent and _TRACEPARENT.fullmatch(self._parent):
            self._token = _passing.set(self._parent)
        return trace.INVALID_SPAN

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            _passing.reset(self._token)


def failed(current: Span, code: str) -> None:
    """Marks a span as failed with an error's stable code."""
    if current is not trace.INVALID_SPAN:
        current.set_status(Status(StatusCode.ERROR, code))


def inject(headers: MutableMapping[str, str]) -> None:
    """Adds the present trace to outgoing headers."""
    if _records():
        propagate.inject(headers)
    elif passing := _passing.get():
        headers["traceparent"] = passing


def traceparent() -> str:
    """The present trace as a header value; empty without one."""
    headers: dict[str, str] = {}
    inject(headers)
    return headers.get("traceparent", "")


def trace_id() -> str:
    """The present trace's id for logs and error answers; empty without one."""
    if not _records():
        return _passing.get()[3:35]
    found = trace.get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else ""
