"""Skips what can't run here with its reason, and says at the end what it ran on: these tests are no part of `make test`."""

from __future__ import annotations

import os

import pytest

#: What ran, in words; tests add to it.
RAN_ON: list[str] = []
#: What else is worth a line at the end.
FOUND: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/cluster/" not in item.path.as_posix():
            continue
        target = "test-node" if item.path.name == "test_node.py" else "test-cluster"
        if os.environ.get("TONGBAN_TEST_TARGET") != target:
            item.add_marker(pytest.mark.skip(reason=f"run by `make {target}`, which builds what this needs"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    target = os.environ.get("TONGBAN_TEST_TARGET")
    if target in ("test-cluster", "test-node"):
        stats = terminalreporter.stats
        ran = [each for each in stats.get("passed", ()) if "tests/cluster/" in each.nodeid]
        terminalreporter.write_line(f"{target}: {len(ran)} tests ran on: {'; '.join(RAN_ON) or 'nothing'}")
        for each in FOUND:
            terminalreporter.write_line(f"{target}: {each}")
