"""The bench of papers: first prints, the same again, further prints; how fast depends on the machine."""

from pathlib import Path

from bench.papers import lines, measure


def test_every_figure_of_papers_is_measured_and_printed(tmp_path: Path) -> None:
    figures = measure(3, tmp_path / "work")
    assert [figure.key for figure in figures] == ["papers.first", "papers.cpu", "papers.again", "papers.copy"]
    assert all(figure.value > 0 for figure in figures)
    machine = {"cpu": "c", "cores": 2, "memory_gb": 4, "python": "3.11", "load_before": 0.1, "load_after": 0.2}
    assert "a marked further print" in "\n".join(lines({"machine": machine}, figures))
