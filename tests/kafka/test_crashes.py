"""The broker dies, stops and is cut off in the middle of work: nothing saved is lost, nothing takes effect twice, and
events of a key keep their order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.errors import Unavailable
from tests.contract.bus_contract import drain, event, ids
from tests.kafka.broker import IMPATIENT, KafkaBusHarness, topics_of
from tests.kafka.small_site import working
from tests.servers.kafka import KafkaServer
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.timeout(240)

#: Longer than a request, a publication and a member's session may take here. TONGBAN_KAFKA_TEST_PAUSE=30 takes the
#: full half minute.
PAUSE_SECONDS = float(os.environ.get("TONGBAN_KAFKA_TEST_PAUSE") or 5)


@pytest.fixture(scope="module")
def server() -> Iterator[KafkaServer]:
    """A broker that may be ill-treated."""
    with tempfile.TemporaryDirectory(prefix="tongban-kafka-") as folder:
        server = KafkaServer(Path(folder), {"CUT": "PLAINTEXT"})
        with Proxy(server.port("CUT")) as line:
            server.advertised["CUT"] = line.port
            server.line = line  # type: ignore[attr-defined]
            try:
                server.start()
                yield server
            finally:
                server.stop()


@pytest.fixture
def line(server: KafkaServer) -> Proxy:
    """Clients that come by it can be cut off."""
    proxy: Proxy = server.line  # type: ignore[attr-defined]
    return proxy


def harness_at(address: str, topic: str, **settings: float) -> KafkaBusHarness:
    harness = KafkaBusHarness(address, [*topics_of(topic), *topics_of("small.site")[1:]], **(settings or IMPATIENT))
    harness.make_topics()
    return harness


@pytest.fixture
def harness(server: KafkaServer, topic: str) -> Iterator[KafkaBusHarness]:
    harness = harness_at(server.address(), topic)
    yield harness
    harness.close()


@pytest.fixture
def harness_by_line(line: Proxy, topic: str) -> Iterator[KafkaBusHarness]:
    harness = harness_at(f"127.0.0.1:{line.port}", topic)
    yield harness
    harness.close()


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def test_a_broker_that_is_killed_and_comes_back_costs_nothing(
    server: KafkaServer, harness: KafkaBusHarness, topic: str, tmp_path: Path
) -> None:
    with working(tmp_path, harness, topic) as site:
        server.kill9()
        wait(1.0)
        server.start()
        site.wait_for_effects(100)


def test_a_broker_that_stops_for_a_while_costs_nothing(
    server: KafkaServer, harness: KafkaBusHarness, topic: str, tmp_path: Path
) -> None:
    with working(tmp_path, harness, topic) as site:
        server.pause()
        wait(PAUSE_SECONDS)
        server.resume()
        site.wait_for_effects(100)


def test_lines_that_are_cut_in_the_middle_of_calls_cost_nothing(
    line: Proxy, harness_by_line: KafkaBusHarness, topic: str, tmp_path: Path
) -> None:
    with working(tmp_path, harness_by_line, topic) as site:
        for _ in range(8):
            line.cut()
            wait(0.3)
        site.wait_for_effects(100)


def test_what_the_broker_took_and_nobody_heard_of_is_not_in_its_log_twice(
    line: Proxy, topic: str, tmp_path: Path
) -> None:
    """As long as the publisher has patience: one that gave up begins anew, and its events' marks are what helps then."""
    patient = harness_at(f"127.0.0.1:{line.port}", topic, kafka_publish_seconds=60.0)
    with working(tmp_path, patient, topic) as site:
        for _ in range(3):
            line.swallow_answers()
            wait(0.4)
            line.hear()
            line.cut()
            wait(0.3)
        site.wait_for_effects(100)
    logged = ids(patient.open().read(topic, limit=100_000))
    patient.close()
    assert sorted(logged) == sorted(site.saved)


def test_a_call_while_the_line_is_down_is_refused_in_its_time_and_later_goes_through(
    line: Proxy, harness_by_line: KafkaBusHarness, topic: str
) -> None:
    bus = harness_by_line.open()
    bus.publish(topic, [event(1)])
    tail = bus.tail([topic])
    line.shut()
    for call in (
        lambda: bus.publish(topic, [event(2)]),
        lambda: bus.lag("group", [topic]),
        lambda: bus.consumer("group", [topic]),
    ):
        with pytest.raises(Unavailable, match="bus_unavailable"):
            call()
    line.open()
    bus.publish(topic, [event(3)])
    heard: list[str] = []
    while "e000003" not in heard:
        heard += ids(tail.poll(0.5))
    assert heard in (["e000003"], ["e000002", "e000003"])  # the refused one may have arrived
    tail.close()


def test_a_member_that_was_stopped_is_replaced_and_cannot_commit_any_more(
    server: KafkaServer, harness: KafkaBusHarness, topic: str
) -> None:
    bus = harness.open()
    bus.publish(topic, [event(n) for n in range(3)])
    command = [sys.executable, "-m", "tests.kafka.holder", server.address(), topic, "group"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline().strip() == "e000000"
        holder.send_signal(signal.SIGSTOP)
        successor = bus.consumer("group", [topic])
        assert ids(drain(successor, 3, commit=False)) == ["e000000", "e000001", "e000002"]
        holder.send_signal(signal.SIGCONT)
        holder.stdin.write("commit\n")
        holder.stdin.close()
        assert "False" in holder.stdout.read().splitlines()
    assert bus.lag("group", [topic]) == 3
    successor.close()
