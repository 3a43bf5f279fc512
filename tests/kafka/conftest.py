"""One broker for all tests of this folder that don't kill it; skipped, with the reason, where none can run."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.kafka.broker import KafkaBusHarness, fresh_topic, topics_of
from tests.servers.kafka import VERSION, KafkaServer, missing, running


def pytest_configure(config: pytest.Config) -> None:
    # The driver leaves the socket of a connection that failed to the garbage collector.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <.*ocket:ResourceWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = missing()
    for item in items:
        if reason and "tests/kafka/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = [each for each in terminalreporter.stats.get("passed", ()) if "tests/kafka/" in each.nodeid]
    server = f"Apache Kafka {VERSION} ({KafkaServer.described})" if not missing() else missing()
    terminalreporter.write_line(f"test-kafka: {len(ran)} tests ran on: {server}")


@pytest.fixture(autouse=True, scope="module")
def collected() -> Iterator[None]:
    """Lets such sockets go here, as nobody ignores their warning once the tests are over."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    with running() as server:
        yield server


@pytest.fixture
def topic() -> str:
    return fresh_topic()


@pytest.fixture
def bus_harness(kafka_server: KafkaServer, topic: str) -> Iterator[KafkaBusHarness]:
    harness = KafkaBusHarness(kafka_server.address(), topics_of(topic))
    harness.make_topics()
    yield harness
    harness.close()
