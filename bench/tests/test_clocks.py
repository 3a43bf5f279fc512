"""The bench of clocks: everything is measured, however small; how fast depends on the machine."""

from __future__ import annotations

from pathlib import Path

from bench.clocks.__main__ import Pace, lines, measure


def test_every_figure_of_the_clocks_is_measured_and_printed(tmp_path: Path) -> None:
    figures = measure(Pace(due_dates=200, cases=250, clocks=300, due=5), tmp_path / "work")
    machine = {"cpu": "c", "cores": 2, "memory_gb": 1, "python": "p", "load_before": 0, "load_after": 0}
    text = "\n".join(lines({"machine": machine}, figures))
    assert {figure.key for figure in figures} == {
        "clocks.due",
        "clocks.explain",
        "clocks.recount",
        "clocks.recount.claims",
        "clocks.sweep",
    }
    assert all(figure.value > 0 for figure in figures)
    assert "250 open cases counted anew, all moved" in text
