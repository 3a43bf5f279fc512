"""One site on real servers for all tests of this folder; skipped, with the reason, where none can run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.integration.people import Town
from tests.stack.site import StackSite, missing, ran_on, stack_site
from tests.telemetry.receiver import Receiver, receiving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The day comes first: its books are those of a hall in which nobody was before."""
    reason = missing()
    for item in items:
        if reason and "tests/stack/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=lambda item: item.path.name != "test_day.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = [each for each in terminalreporter.stats.get("passed", ()) if "tests/stack/" in each.nodeid]
    on = " and ".join(ran_on) or missing() or "no server"
    terminalreporter.write_line(f"test-stack: {len(ran)} tests ran on: {on}")


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Gets the traces that a test begins, and no others."""
    with receiving() as started:
        yield started


@pytest.fixture(scope="session")
def site(receiver: Receiver) -> Iterator[StackSite]:
    """The site; two replicas of each component."""
    told = {
        "TONGBAN_TELEMETRY": "otlp",
        "TONGBAN_OTLP_ENDPOINT": receiver.address,
        "TONGBAN_TRACE_SAMPLE_RATIO": "0",
        "TONGBAN_TRACE_TRUST_CALLERS": "true",
        "TONGBAN_DRAIN_SECONDS": "1",
    }
    with stack_site(told=told) as started:
        yield started


@pytest.fixture(scope="session")
def town(site: StackSite) -> Iterator[Town]:
    """Its people."""
    with closing(Town(site.address)) as people:
        yield people


@pytest.fixture
def monday() -> datetime:
    """Now: this site keeps real time, and its calendar says that it is open."""
    return datetime.now(UTC)
