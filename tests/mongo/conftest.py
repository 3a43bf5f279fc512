"""One server for all tests of this folder that don't kill it; skipped, with the reason, where none can run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mongo.site import MongoHarness, fresh_prefix, ran_on, settings_of
from tests.servers.mongo import described, given, missing, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = missing()
    for item in items:
        if reason and "tests/mongo/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = [each for each in terminalreporter.stats.get("passed", ()) if "tests/mongo/" in each.nodeid]
    on = ", ".join(sorted(ran_on)) or missing() or "no server"
    terminalreporter.write_line(f"test-mongo: {len(ran)} tests ran on: {on}")


@pytest.fixture(scope="session")
def mongo_address() -> Iterator[str]:
    """Where the server is that the tests share."""
    if given():
        ran_on.add(described(given()))
        yield given()
        return
    with running() as server:
        ran_on.add(described(server.address))
        yield server.address


@pytest.fixture
def store_harness(mongo_address: str) -> Iterator[MongoHarness]:
    harness = MongoHarness(settings_of(mongo_address, fresh_prefix()))
    yield harness
    harness.close()
