"""The benchmark works: not how fast anything is, which depends on the machine, but that everything is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bench import table
from bench.figures import Figure, at_least, at_most, floor_rate, of_rounds, percentile, spread_ms
from bench.stored import Place, documents, preload, stored
from cli.components import COMPONENTS
from kit.store.codec import Codec
from kit.store.port import Query
from kit.store.sqlite import SqliteStore
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.handlers.kinds import KINDS, day_state_key, ticket_keys

MONDAY = date(2026, 11, 23)
PLACES = (
    Place("610902", "610902-07", "business", "item-1", "样例事项"),
    Place("610900", "610900-13", "police", "item-2", "样例事项"),
)


def test_preloaded_documents_are_what_the_service_itself_would_write() -> None:
    codec = Codec(Ticket)
    for id, version, text in documents(PLACES, MONDAY, 300, seed=1):
        body = json.loads(text)
        ticket = codec.entity(id, version, body)
        assert codec.body(ticket) | ticket_keys(ticket) == body


def test_a_preloaded_store_is_read_by_its_indexes_and_holds_tickets_of_today(tmp_path: Path) -> None:
    path = tmp_path / "queuing.db"
    SqliteStore(path, KINDS).close()
    preload(path, PLACES, MONDAY, 500)
    store = SqliteStore(path, KINDS)
    try:
        keys = tuple(day_state_key(place.center, "2026-11-23", TicketState.FINISHED) for place in PLACES)
        of_today = store.find(Query("ticket", "by_state", {"day_state": keys}))
        assert 0 < len(of_today.documents) <= 5
        code = of_today.documents[0].body["code"]
        assert store.find_unique("ticket", "by_code", [code]) == of_today.documents[0]
        assert store.count(Query("ticket", "by_queue", {"queue": None}, limit=1000)) == 500
    finally:
        store.close()
    assert stored(path) == 500


def test_the_floor_of_several_parts_is_all_of_them_one_after_the_other() -> None:
    assert floor_rate({"http": 1, "write": 2}, {"http": 1000, "write": 500}) == pytest.approx(200)


def test_percentiles_are_times_that_occurred() -> None:
    times = [each / 1000 for each in range(1, 101)]
    assert spread_ms(times) == {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99}
    assert percentile([3.0], 99) == 3.0


def test_a_missed_goal_is_printed_as_missed() -> None:
    figures = [
        of_rounds("fast", "fast enough", [0.7, 0.6, 0.8], "of floor", at_least(0.5)),
        Figure("slow", "too slow", 11, "s", at_most(10)),
        Figure("seen", "only seen", 5, "ms"),
    ]
    report = {
        "machine": {"cpu": "x", "cores": 2, "memory_gb": 4, "python": "y", "load_before": 0, "load_after": 1},
        "floor": {"1": {"http": {"rate": 1000.0, "cpu_ms": 0.1}}},
    }
    said = "\n".join(table.lines(report, figures))
    assert [figure.met for figure in figures] == [True, False, None]
    assert "1 of 2 goals met, 1 MISSED" in said
    assert next(line for line in said.splitlines() if line.startswith("too slow")).endswith("MISSED")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_quick_run_measures_everything_and_calls_no_number_twice(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--quick", "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert run.returncode == 0, run.stderr
    report = json.loads(out.read_text(encoding="utf-8"))
    figures = {figure["key"]: figure for figure in report["figures"]}
    assert figures.keys() >= {
        "take_call.rate",
        "take_call.ratio",
        "take_call.alone.ratio",
        "case.rate",
        "case.ratio",
        "stored.2000.growth",
        "board.answer.p99",
        "start.first",
        "start.again",
        "memory.idle",
        "memory.loaded",
    }
    assert all(figure["value"] > 0 for key, figure in figures.items() if not key.startswith(("double", "calls_of")))
    assert all((figure["met"] is None) == (figure["goal"] is None) for figure in figures.values())
    assert len(figures["memory.loaded"]["details"]["memory_mb"]) == len(COMPONENTS)
    assert set(report["floor"]["32"]) == {"http", "grpc", "write", "produce"}
    assert figures["double_calls"]["value"] == figures["calls_of_nothing"]["value"] == 0
    assert "of" in run.stdout
    assert "goals met" in run.stdout
    assert not (tmp_path / "bench").exists()
