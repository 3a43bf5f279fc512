"""The bench of the archive: everything is measured, however small."""

from __future__ import annotations

from pathlib import Path

from bench.archive import measure


def test_every_search_finds_something_and_is_measured(tmp_path: Path) -> None:
    figures = measure(600, tmp_path / "work", times=2)
    kinds = ("number", "person", "item", "state", "day", "lacking", "file")
    assert [figure.key for figure in figures] == [f"archive.{kind}" for kind in kinds]
    assert all(figure.value > 0 for figure in figures)
