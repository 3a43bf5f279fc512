"""What a process is told about being watched. A base of ``ServiceSettings``; apart, as it needs nothing of telemetry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TelemetrySettings:
    """Logs, traces and metrics: their form, and where they go."""

    #: The least that is logged: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
    log_level: str = "INFO"
    #: ``text``, or ``json``: one object a line with trace and request ids, for those who collect logs.
    log_format: str = "text"
    #: ``off``, or ``otlp`` to send traces and metrics to a collector.
    telemetry: str = "off"
    #: Where that collector is (gRPC): ``http://host:port``, or ``https://host:port`` for TLS.
    otlp_endpoint: str = "http://127.0.0.1:4317"
    #: Authority (PEM file) that the collector's certificate comes from; empty: those that the machine believes.
    otlp_ca_file: Path | None = None
    #: Headers for the collector (its credentials), a ``name: value`` a line; for ``https://`` only.
    otlp_headers_file: Path | None = None
    #: How many of the traces that begin here are recorded: 1 all, 0 none. The gateway decides for the whole site.
    trace_sample_ratio: float = 1.0
    #: Whether the gateway follows a caller's own decision to record a trace: behind a proxy that makes it anew only.
    trace_trust_callers: bool = False
    #: Where Prometheus may fetch this process's metrics, as ``host:port``; empty: nowhere (the gateway: ``/metrics``).
    metrics_listen: str = ""
    #: How often metrics are sent to the collector, in seconds; they are not sent where Prometheus fetches them.
    metrics_interval: float = 60.0

    def __post_init__(self) -> None:
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError(f"TONGBAN_LOG_LEVEL={self.log_level!r}: give DEBUG, INFO, WARNING or ERROR")
        if self.log_format not in ("text", "json"):
            raise ValueError(f"TONGBAN_LOG_FORMAT={self.log_format!r}: give text or json")
        if self.telemetry not in ("off", "otlp"):
            raise ValueError(f"TONGBAN_TELEMETRY={self.telemetry!r}: give off or otlp")
        if not self.otlp_endpoint.startswith(("http://", "https://")):
            raise ValueError(
                f"TONGBAN_OTLP_ENDPOINT={self.otlp_endpoint!r}: give http://host:port or https://host:port"
            )
        if not self.otlp_endpoint.startswith("https://"):
            for name in ("otlp_ca_file", "otlp_headers_file"):
                if getattr(self, name) is not None:
                    raise ValueError(f"TONGBAN_{name.upper()}: TONGBAN_OTLP_ENDPOINT must begin with https:// with it")
        if not 0 <= self.trace_sample_ratio <= 1:
            raise ValueError(f"TONGBAN_TRACE_SAMPLE_RATIO={self.trace_sample_ratio}: give 0 to 1")
        if not 1 <= self.metrics_interval <= 3600:
            raise ValueError(f"TONGBAN_METRICS_INTERVAL={self.metrics_interval}: give 1 to 3600 seconds")
        if self.metrics_listen:
            try:
                self.metrics_address  # noqa: B018 - for its errors
            except ValueError:
                raise ValueError(f"TONGBAN_METRICS_LISTEN={self.metrics_listen!r}: give host:port") from None

    @property
    def metrics_address(self) -> tuple[str, int]:
        """Host and port of ``metrics_listen``. Raises ``ValueError``."""
        host, colon, port = self.metrics_listen.rpartition(":")
        if not (host and colon and port.isdecimal() and int(port) < 65536):
            raise ValueError("no address")
        return host.removeprefix("[").removesuffix("]"), int(port)
