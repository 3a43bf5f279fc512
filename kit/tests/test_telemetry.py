"""Traces and metrics: one trace from a call through the event that it caused, and gauges that are read on demand."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from kit import telemetry
from kit.bus.port import Bus
from kit.clock import FixedClock
from kit.errors import Unavailable
from kit.events import Event
from kit.outbox import Outbox
from kit.store.port import Kind
from kit.store.sqlite import SqliteStore
from kit.telemetry import metrics
from kit.testing import MONDAY

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


def apart(script: str, *arguments: str) -> str:
    """What a process of its own prints."""
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_where_nobody_looks_no_process_loads_the_sdk_and_nothing_is_wrapped() -> None:
    script = """
    import sys
    from kit import chassis, telemetry
    from kit.bus.observed import observed_bus
    from kit.settings import ServiceSettings
    from kit.store.observed import observed_store

    telemetry.set_up("queuing", ServiceSettings())
    telemetry.rpc_duration.record(0.1, {"rpc.method": "TakeTicket", "rpc.code": "ok"})
    store, bus = object(), object()
    assert observed_store(store, "queuing") is store and observed_bus(bus) is bus
    print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "prometheus"))])
    """
    assert apart(script) == "[]"


def test_the_metrics_of_a_process_can_be_fetched_from_a_port_of_their_own() -> None:
    script = """
    import socket, urllib.request
    from kit import telemetry
    from kit.settings import ServiceSettings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    telemetry.set_up("queuing", ServiceSettings(metrics_listen=f"127.0.0.1:{port}"))
    telemetry.rpc_duration.record(0.1, {"rpc.method": "TakeTicket", "rpc.code": "ok"})
    print(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode())
    """
    told = apart(script)
    assert (
        'tongban_rpc_server_duration_seconds_count{rpc_code="ok",rpc_method="TakeTicket",service_name="queuing"} 1.0'
        in told
    )
    assert "tongban_process_memory_bytes{" in told


def test_a_port_for_metrics_that_is_taken_stops_the_start() -> None:
    script = """
    import socket
    from kit import telemetry
    from kit.settings import ServiceSettings, SettingsError

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        try:
            telemetry.set_up("queuing", ServiceSettings(metrics_listen=f"127.0.0.1:{taken.getsockname()[1]}"))
        except SettingsError as error:
            print(error)
    """
    assert "TONGBAN_METRICS_LISTEN" in apart(script)


SAMPLED = """
import sys
from opentelemetry.sdk.trace import TracerProvider
from kit import telemetry
from kit.settings import ServiceSettings
from kit.telemetry.exporting import _sampler

ratio, edge, trusts = float(sys.argv[1]), sys.argv[2] == "edge", sys.argv[3] == "trusts"
settings = ServiceSettings(trace_sample_ratio=ratio, trace_trust_callers=trusts)
telemetry.record_with(TracerProvider(_sampler(settings, edge)))

def recorded(parent):
    found = 0
    for number in range(400):
        # As whoever wants everything recorded would choose it: the ratio of ids looks at these digits.
        headers = {"traceparent": f"00-{'0' * 15}1{number + 1:016x}-b7ad6b7169203331-{parent}"} if parent else None
        with telemetry.span("request", parent=headers) as span:
            found += span.is_recording()
            assert not parent or telemetry.trace_id().startswith("0" * 15), "the trace goes on"
    return found

print(recorded(""), recorded("01"), recorded("00"))
"""


@pytest.mark.parametrize(
    ("ratio", "place", "trust", "own", "asked", "refused"),
    [
        (1.0, "edge", "-", 400, 400, 400),
        (0.0, "edge", "-", 0, 0, 0),
        (0.0, "edge", "trusts", 0, 400, 0),
        (1.0, "edge", "trusts", 400, 400, 0),
        (0.0, "inside", "-", 0, 400, 0),
        (1.0, "inside", "-", 400, 400, 0),
    ],
)
def test_who_decides_what_is_recorded(ratio: float, place: str, trust: str, own: int, asked: int, refused: int) -> None:
    assert apart(SAMPLED, str(ratio), place, trust) == f"{own} {asked} {refused}"


def test_at_the_edge_no_choice_of_an_id_has_more_recorded_than_the_ratio() -> None:
    own, asked, refused = map(int, apart(SAMPLED, "0.5", "edge", "-").split())
    assert all(100 < each < 300 for each in (own, asked, refused))


def test_a_figure_that_has_to_be_asked_for_holds_nothing_up_and_is_left_out_when_it_is_old(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, away = 0.0, False
    answers: list[Callable[[], float | None]] = []
    monkeypatch.setattr(metrics, "observe", lambda metric, read, labels: answers.append(read))

    def lag() -> int:
        if away:
            raise Unavailable("bus_unavailable", "消息暂时无法传递，请稍后重试。")
        return 7

    sampler = metrics.Sampler(keeps=60.0, real=lambda: now)
    sampler.observe(telemetry.catalogue.CONSUMER_LAG, lag, {"group": "g"})
    (answer,) = answers
    assert answer() is None
    sampler.sample()
    assert answer() == 7
    away, now = True, 50.0
    sampler.sample()
    assert answer() == 7, "the last answer is still a good one"
    now = 61.0
    sampler.sample()
    assert answer() is None
    assert len([each for each in caplog.records if "tongban.consumer.lag g" in each.getMessage()]) == 1
    away = False
    sampler.sample()
    assert answer() == 7


class _Bus:
    """Takes events when it can."""

    broken = True

    def publish(self, *_: object) -> None:
        if self.broken:
            raise Unavailable("bus_unavailable", "消息暂时无法传递，请稍后重试。")


def test_the_outbox_tells_how_long_its_oldest_event_waits(tmp_path: Path) -> None:
    clock, bus, store = FixedClock(MONDAY), _Bus(), SqliteStore(tmp_path / "test.db", [Kind("thing")])
    outbox = Outbox(store, cast(Bus, bus), "tongban.test.v1")
    assert outbox.age(clock) == 0
    store.insert("thing", "a", {}, events=[Event("e1", "t", "s", "a", "j", MONDAY, b"")])
    clock.advance(timedelta(seconds=90))
    with pytest.raises(Unavailable):
        outbox.publish_pending()
    assert outbox.age(clock) == 90
    bus.broken = False
    outbox.publish_pending()
    assert outbox.age(clock) == 0
    store.close()


def test_metrics_that_nobody_has_asked_for_are_kept_from_the_first_time_on() -> None:
    script = """
    import sys
    from kit import telemetry
    from kit.settings import ServiceSettings

    settings, labels = ServiceSettings(), {"rpc.method": "TakeTicket", "rpc.code": "ok"}
    telemetry.set_up("gateway", settings, prometheus=True, edge=True)
    telemetry.rpc_duration.record(0.1, labels)
    assert "opentelemetry.sdk.metrics" not in sys.modules
    for _ in range(2):
        telemetry.keep_for_prometheus("gateway", settings)
        telemetry.rpc_duration.record(0.1, labels)
    from prometheus_client import generate_latest
    print(generate_latest().decode())
    """
    assert (
        'tongban_rpc_server_duration_seconds_count{rpc_code="ok",rpc_method="TakeTicket",service_name="gateway"} 2.0'
        in (apart(script))
    )
