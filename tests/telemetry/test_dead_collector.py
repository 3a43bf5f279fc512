"""A collector that isn't there, or that never answers: one warning, no time, no memory; and one that is, by TLS.

Each case has a process of its own, as OpenTelemetry's providers are set once.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from kit.rpc.tls import Tls
from kit.settings import ServiceSettings, SettingsError, load
from kit.tests.test_tls import Authority
from tests.telemetry.receiver import receiving

#: Works for a collector until it has failed a few times or taken something, and tells what that cost.
WORK = """
import json, logging, statistics, sys, time
from pathlib import Path

settings = {n: Path(v) if n.endswith("_file") else v for n, v in json.loads(sys.argv[1]).items()}
from kit.telemetry import collector, exporting
exporting.SEND_EVERY, collector.SEND_SECONDS = 0.1, float(sys.argv[2])
noted = []
note = collector.Collector.note
collector.Collector.note = lambda self, taken: (noted.append(taken), note(self, taken))

told = []
class Keeping(logging.Handler):
    def emit(self, record):
        told.append([record.levelname, record.name, record.getMessage()])
logging.basicConfig(level="INFO", handlers=[Keeping()])

from kit import telemetry
from kit.settings import ServiceSettings
from kit.telemetry.metrics import resident_bytes
telemetry.set_up("queuing", ServiceSettings(telemetry="otlp", metrics_interval=1.0, **settings))

def work(times):
    took = []
    for number in range(times):
        began = time.perf_counter()
        with telemetry.span("TakeTicket", facts={"number": number}), telemetry.inner_span("store insert ticket"):
            telemetry.rpc_duration.record(0.01, {"rpc.method": "TakeTicket", "rpc.code": "ok"})
        took.append(time.perf_counter() - began)
    return statistics.median(took)

def work_until(failures):
    end, median = time.monotonic() + 60, 0.0
    while time.monotonic() < end and not (any(noted) or len(noted) >= failures):
        median = max(median, work(500))
        time.sleep(0.05)
    return median

work(6000)  # the queue is full now, or never will be
work_until(3)
full = resident_bytes()
median = max(work(20000), work_until(6))
grown = resident_bytes() - full
began = time.perf_counter()
telemetry.close()
print(json.dumps({"told": told, "noted": noted, "median": median, "grown": grown, "closing": time.perf_counter() - began}))
"""


def work(patience: float = 5.0, **settings: Any) -> Any:
    """What came of it; ``patience``: how long one sending may take, in seconds."""
    text = json.dumps({name: str(value) for name, value in settings.items()})
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WORK), text, str(patience)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


@contextmanager
def refusing() -> Iterator[int]:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it, and whoever connects is refused
        yield taken.getsockname()[1]


@contextmanager
def silent() -> Iterator[int]:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)  # the kernel takes connections, and nobody ever answers on them
        yield listener.getsockname()[1]


@pytest.mark.parametrize("dead", [refusing, silent])
def test_a_dead_collector_costs_one_warning_and_nothing_else(dead: Any) -> None:
    with dead() as port:
        done = work(0.4, otlp_endpoint=f"http://127.0.0.1:{port}")
    assert done["noted"].count(False) >= 5, "it failed more than once"
    warnings = [message for level, _, message in done["told"] if level != "INFO"]
    assert len(warnings) == 1, done["told"]
    assert "TONGBAN_OTLP_ENDPOINT" in warnings[0]
    assert f"127.0.0.1:{port}" in warnings[0]
    assert done["median"] < 0.001, "seconds for two spans and a measurement"
    assert done["grown"] < 20 * 1024 * 1024, "40,000 spans more would be 100 MB, were none dropped"
    assert done["closing"] < 1.0, "a process that ends doesn't wait for it"


def test_what_is_left_is_sent_when_a_process_ends() -> None:
    with receiving() as receiver:
        done = work(otlp_endpoint=receiver.address)
        assert not [line for line in done["told"] if line[0] != "INFO"]
        assert {span.name for span in receiver.spans} == {"TakeTicket", "store insert ticket"}
        assert "tongban.rpc.server.duration" in receiver.metrics["queuing"]
        assert all(b"service.instance.id" in each for each in receiver.raw), "replicas can be told apart"


@pytest.fixture
def own(tmp_path: Path) -> Tls:
    return Authority.called("the site's").issue(tmp_path / "own", "localhost")


def test_a_collector_behind_tls_gets_its_credentials(own: Tls, tmp_path: Path) -> None:
    headers = tmp_path / "headers"
    headers.write_text("# for the collector\nAuthorization: Bearer for-the-collector\n\nX-Scope-OrgID: tongban\n")
    chain, key, _ = own.read()
    with receiving(grpc.ssl_server_credentials([(key, chain)])) as receiver:
        done = work(otlp_endpoint=receiver.address, otlp_ca_file=own.ca_file, otlp_headers_file=headers)
        assert receiver.spans
        assert receiver.headers[0]["authorization"] == "Bearer for-the-collector"
        assert receiver.headers[0]["x-scope-orgid"] == "tongban"
    assert "for-the-collector" not in json.dumps(done["told"])


def test_a_collector_of_another_authority_gets_nothing(own: Tls, tmp_path: Path) -> None:
    other = Authority.called("somebody else's").issue(tmp_path / "other", "localhost")
    chain, key, _ = other.read()
    with receiving(grpc.ssl_server_credentials([(key, chain)])) as receiver:
        done = work(0.4, otlp_endpoint=receiver.address, otlp_ca_file=own.ca_file)
        assert not receiver.raw
    assert len([line for line in done["told"] if line[0] == "WARNING"]) == 1, done["told"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"TELEMETRY": "yes"}, "give off or otlp"),
        ({"LOG_FORMAT": "xml"}, "give text or json"),
        ({"OTLP_ENDPOINT": "collector:4317"}, "give http://host:port or https://host:port"),
        ({"OTLP_HEADERS_FILE": "/etc/headers"}, "must begin with https://"),
        ({"TRACE_SAMPLE_RATIO": "2"}, "give 0 to 1"),
        ({"METRICS_INTERVAL": "0"}, "give 1 to 3600 seconds"),
        ({"METRICS_LISTEN": "9464"}, "give host:port"),
        ({"METRICS_LISTEN": "0.0.0.0:99999"}, "give host:port"),
    ],
)
def test_a_wrong_setting_says_what_it_may_be(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(ServiceSettings, {f"TONGBAN_{name}": value for name, value in settings.items()})


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no such file"), ("", "is empty"), ("Authorization", "line 1 is no 'name: value'")]
)
def test_credentials_that_can_not_be_read_stop_the_start(tmp_path: Path, content: str | None, said: str) -> None:
    from kit.telemetry.collector import Collector

    headers = tmp_path / "headers"
    if content is not None:
        headers.write_text(content)
    settings = ServiceSettings(telemetry="otlp", otlp_endpoint="https://collector:4317", otlp_headers_file=headers)
    with pytest.raises(SettingsError, match=said):
        Collector(settings)
