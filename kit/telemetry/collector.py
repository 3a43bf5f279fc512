"""What is sent to the collector, and what happens while it takes nothing: one warning, and nothing else.

Spans wait in a queue with an end; what finds no room is dropped. Sending has threads of its own, so no request ever
waits for a collector.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import grpc
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from kit.settings import SettingsError, read_secret
from kit.telemetry_settings import TelemetrySettings

log = logging.getLogger(__name__)

R = TypeVar("R")

#: Spans that wait to be sent at the most, about 1 KB each; and how many are sent at once.
QUEUE: Final = 4096
BATCH: Final = 512
#: How often spans are sent, and how long one sending may take with its repetitions, in seconds.
SEND_EVERY: Final = 2.0
SEND_SECONDS: Final = 5.0
#: A collector that comes and goes is told of no more often than so, in seconds.
_TOLD_EVERY: Final = 3600.0
#: Who would tell of every single failure.
_CHATTY: Final = ("opentelemetry.exporter.otlp.proto.grpc.exporter", "opentelemetry.sdk._shared_internal")


class Collector:
    """One collector as all of a process's exporters see it: where it is, how to speak to it, whether it answers."""

    def __init__(self, settings: TelemetrySettings) -> None:
        """Raises ``SettingsError`` when a file of the settings can't be used."""
        self.endpoint = settings.otlp_endpoint
        self.headers = _headers(settings)
        self.credentials = _credentials(settings)
        #: Whether the last thing that was sent was taken; a new one has the benefit of the doubt.
        self.answers = True
        self._reason = ""
        self._told_at = -_TOLD_EVERY
        self._lock = threading.Lock()
        for name in _CHATTY:
            logging.getLogger(name).addFilter(self._hush)

    def _hush(self, record: logging.LogRecord) -> bool:
        """Keeps the reason of a failure, and its line for those alone who look at everything."""
        if record.name == _CHATTY[0] and record.levelno >= logging.WARNING:
            self._reason = record.getMessage()
        return log.isEnabledFor(logging.DEBUG)

    def failed(self, error: Exception, result: R) -> R:
        """Keeps the reason of an accident; the result is passed on."""
        self._reason = f"{type(error).__name__}: {error}"
        return result

    def note(self, taken: bool) -> None:
        """What became of a sending."""
        with self._lock:
            before, self.answers = self.answers, taken
            if taken and not before:
                log.info("the collector at %s answers again", self.endpoint)
            now = time.monotonic()
            if not taken and before and now - self._told_at >= _TOLD_EVERY:
                self._told_at = now
                log.warning(
                    "the collector at %s (TONGBAN_OTLP_ENDPOINT) takes nothing; traces and metrics are dropped until it "
                    "does, everything else goes on: %s",
                    self.endpoint,
                    self._reason or "no reason given",
                )

    def _how(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "insecure": self.credentials is None,
            "credentials": self.credentials,
            "headers": self.headers or None,
            "timeout": SEND_SECONDS,
        }

    def spans(self) -> OTLPSpanExporter:
        """Sends spans."""
        return _Spans(self, **self._how())

    def metrics(self) -> OTLPMetricExporter:
        """Sends metrics."""
        return _Metrics(self, **self._how())


class _Spans(OTLPSpanExporter):
    def __init__(self, collector: Collector, **how: Any) -> None:
        super().__init__(**how)
        self._collector = collector

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = super().export(spans)
        except Exception as error:  # what the SDK would tell of with a stack each time
            result = self._collector.failed(error, SpanExportResult.FAILURE)
        self._collector.note(result is SpanExportResult.SUCCESS)
        return result


class _Metrics(OTLPMetricExporter):
    def __init__(self, collector: Collector, **how: Any) -> None:
        super().__init__(**how)
        self._collector = collector

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any) -> MetricExportResult:
        try:
            result = super().export(metrics_data, timeout_millis, **kwargs)
        except Exception as error:
            result = self._collector.failed(error, MetricExportResult.FAILURE)
        self._collector.note(result is MetricExportResult.SUCCESS)
        return result


def _credentials(settings: TelemetrySettings) -> grpc.ChannelCredentials | None:
    if not settings.otlp_endpoint.startswith("https://"):
        return None
    path = settings.otlp_ca_file
    return grpc.ssl_channel_credentials(read_secret(path, "TONGBAN_OTLP_CA_FILE") if path is not None else None)


def _headers(settings: TelemetrySettings) -> tuple[tuple[str, str], ...]:
    """The file's lines as gRPC takes them: names in small letters. No error quotes them."""
    path = settings.otlp_headers_file
    if path is None:
        return ()
    found = []
    for number, line in enumerate(read_secret(path, "TONGBAN_OTLP_HEADERS_FILE").decode().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not (colon and name.strip() and value.strip()):
            raise SettingsError(
                f"wrong settings:\n  TONGBAN_OTLP_HEADERS_FILE={path}: line {number} is no 'name: value'"
            )
        found.append((name.strip().lower(), value.strip()))
    return tuple(found)
