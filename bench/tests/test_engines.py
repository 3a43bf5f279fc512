"""The bench of engines: everything is measured, however small; the other engines are played, as tests don't bring them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.callers import MeasurementError
from bench.engines import approvals
from bench.engines.__main__ import Pace, lines, measure

SMALL = Pace(cases=1, rounds=1, steps=2_000, asked=4)


def test_every_figure_is_measured_and_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approvals, "_other", lambda *_: approvals.Pace(2.0, 20.0))
    figures = measure(SMALL, tmp_path / "work", Path(sys.executable))
    machine = {"cpu": "c", "cores": 2, "memory_gb": 1, "python": "p", "load_before": 0, "load_after": 0}
    text = "\n".join(lines({"machine": machine}, figures))
    assert {figure.key for figure in figures} == {
        *(
            f"engines.{key}{suffix}"
            for key in ("ours", "spiff.kept", "spiff.read", "viewflow", "ratio", "ratio.processor")
            for suffix in ("", ".together")
        ),
        "lists.mine",
        "lists.pool",
        "lists.department",
        "lists.search",
    }
    assert "work list over 2,000 steps" in text


def test_without_the_other_engines_nothing_is_measured(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="make bench-engines"):
        approvals.approvals(tmp_path, tmp_path / "python", 1, 1)


def test_an_engine_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="spiff_cases"):
        approvals._other(Path(sys.executable), tmp_path / "x.db", "spiff_cases", 1, ["1", "kept"])
