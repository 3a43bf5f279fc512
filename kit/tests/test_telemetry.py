"""Traces and metrics: one trace from a call through the event that it caused, and gauges that are read on demand."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from kit import telemetry

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def test_where_nothing_records_a_trace_passes_through() -> None:
    headers: dict[str, str] = {}
    with telemetry.span("request", parent={"traceparent": TRACEPARENT}), telemetry.span("call"):
        telemetry.inject(headers)
        assert telemetry.trace_id() == "0af7651916cd43dd8448eb211c80319c"
    assert headers == {"traceparent": TRACEPARENT}
    assert telemetry.traceparent() == telemetry.trace_id() == ""


@pytest.mark.parametrize(
    "made_up", ["", "x", TRACEPARENT.upper(), f"00-{'0' * 32}-b7ad6b7169203331-00", TRACEPARENT + "-1"]
)
def test_a_trace_that_is_none_leaves_the_present_one(made_up: str) -> None:
    with telemetry.span("request", parent={"traceparent": TRACEPARENT}):
        with telemetry.span("call", parent={"traceparent": made_up}):
            assert telemetry.traceparent() == TRACEPARENT
        assert telemetry.traceparent() == TRACEPARENT


def test_a_trace_goes_on_from_the_request_through_the_event_to_its_consumer() -> None:
    """In a process of its own, as OpenTelemetry's providers are set once."""
    script = """
    import tempfile, threading
    from pathlib import Path
    from opentelemetry import metrics
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from kit import telemetry

    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry.record_with(provider)
    metrics.set_meter_provider(MeterProvider([reader]))

    from kit.actor import service_actor
    from kit.bus.sqlite import SqliteBus
    from kit.clock import FixedClock
    from kit.consumer import GroupRunner, Subscription
    from kit.events import Event
    from kit.testing import MONDAY

    folder = Path(tempfile.mkdtemp(prefix="tongban-"))
    bus = SqliteBus(folder / "bus.db", folder)
    with telemetry.span("request"):
        event = Event("e1", "tongban.test.thing_done.v1", "s", "k", "j", MONDAY, b"", traceparent=telemetry.traceparent())
    bus.publish("t", [event])
    done = threading.Event()
    runner = GroupRunner(
        Subscription("g", ["t"], any_event=lambda delivery: done.set()), bus, FixedClock(MONDAY), service_actor("x")
    )
    thread = threading.Thread(target=runner.run)
    thread.start()
    assert done.wait(10)
    runner.stop()
    thread.join(10)
    telemetry.observe(telemetry.catalogue.CONSUMER_LAG, lambda: 7, {"group": "g"})
    spans = {span.name: span for span in exporter.get_finished_spans()}
    consumed, request = spans["consume tongban.test.thing_done.v1"], spans["request"]
    assert consumed.context.trace_id == request.context.trace_id
    assert consumed.parent.span_id == request.context.span_id
    names = {
        metric.name
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert {telemetry.catalogue.EVENT_LATENCY.name, telemetry.catalogue.CONSUMER_LAG.name} <= names, names
    bus.close()
    print("fine")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "fine", done.stderr
