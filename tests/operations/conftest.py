"""Servers for what is tried on both: skipped, with the reason, where they can't run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import kafka, mongo

_store: list[str] = []


@pytest.fixture(scope="session")
def mongo_address() -> Iterator[str]:
    """A MongoDB, or what stands in for it."""
    if mongo.missing():
        pytest.skip(mongo.missing())
    if mongo.given():
        _store.append(mongo.described(mongo.given()))
        yield mongo.given()
        return
    with mongo.running() as server:
        _store.append(mongo.described(server.address))
        yield server.address


@pytest.fixture(scope="session")
def kafka_address() -> Iterator[str]:
    """A broker."""
    if kafka.missing():
        pytest.skip(kafka.missing())
    with kafka.running() as server:
        yield server.address()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = [each for each in terminalreporter.stats.get("passed", ()) if "tests/operations/" in each.nodeid]
    lacking = "; ".join(reason for reason in (kafka.missing(), mongo.missing()) if reason)
    on = (
        f"one machine only: {lacking}"
        if lacking
        else f"one machine, Apache Kafka {kafka.VERSION} and {' '.join(_store) or 'no store'}"
    )
    terminalreporter.write_line(
        f"test-operations: {len(ran)} tests ran on: {on}; blocks marked needs-cluster were read, not run"
    )
