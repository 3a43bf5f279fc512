"""The comparison with Kafka and MongoDB: what is read out of events, and what is printed. Running it needs the servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.stack.__main__ import Row, table
from bench.stack.cases import latencies
from bench.stack.parts import effects, saves
from bench.stack.sides import EMBEDDED, KINDS, STACK, Side
from kit.bus.sqlite import SqliteBus
from kit.events import Event
from kit.store.sqlite import SqliteStore

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def event(subject: str, type: str, ms: int) -> Event:
    at = NOW + timedelta(milliseconds=ms)
    return Event(f"{subject}-{type}", f"tongban.{type}.v1", "local/bench", subject, "", at, b"")


@pytest.fixture
def side(tmp_path: Path) -> Side:
    """The embedded side without its site."""
    return Side(
        EMBEDDED,
        "SQLite",
        "SQLite",
        None,  # type: ignore[arg-type]
        lambda: SqliteBus(tmp_path / "bus.db", tmp_path),
        lambda: SqliteStore(tmp_path / "bench.db", KINDS),
        lambda: SqliteBus(tmp_path / "bus.db", tmp_path),
    )


def test_a_latency_lies_between_an_acceptance_and_the_case_that_it_opened(side: Side) -> None:
    bus = side.open_bus()
    try:
        bus.publish("tongban.intake.v1", [event(f"a{n}", "intake.application_accepted", 10 * n) for n in range(3)])
        opened = [event(f"a{n}", "approval_routing.case_opened", 10 * n + n + 5) for n in range(2)]
        bus.publish("tongban.approval_routing.v1", [*opened, event("a0", "approval_routing.case_paused", 900)])
        assert sorted(latencies(bus)) == [0.005, 0.006]
    finally:
        bus.close()


def test_the_parts_are_measured_again_and_again_on_the_same_store_and_bus(side: Side) -> None:
    for _ in range(2):
        assert all(rate > 0 for rate in saves(side, 20))
        assert effects(side, 30) > 0
    store = side.open_store()
    try:
        assert store.pending_depth() == 0
        assert sum(1 for _ in store.scan("effect")) == 60
    finally:
        store.close()


def test_each_figure_is_printed_with_the_servers_that_it_was_measured_on() -> None:
    rows = [
        Row("save", "saves", "saves/s", {EMBEDDED: "SQLite 3", STACK: "Stand-in 1"}, {EMBEDDED: [1, 3, 2], STACK: [4]}),
        Row("effects", "events", "events/s", {EMBEDDED: "SQLite 3", STACK: "Kafka 4"}, {EMBEDDED: [5], STACK: [6]}),
    ]
    machine = {"cpu": "x", "cores": 2, "memory_gb": 4, "python": "y", "load_before": 0, "load_after": 1}
    said = table(machine, rows)
    assert "2.0" in next(line for line in said if line.startswith("saves"))
    assert said[-2:] == ["SQLite 3 | Stand-in 1: save", "SQLite 3 | Kafka 4: effects"]
