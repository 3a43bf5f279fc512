"""What the chart makes of each example stands in the repo, so that a change of a template shows what it does to sites."""

from __future__ import annotations

import os

import pytest

from tests.chart.chart import CHART, GOLDENS, VALUES, helm, rendered


@pytest.mark.parametrize("name", VALUES)
def test_an_example_is_rendered_as_it_was_reviewed(name: str) -> None:
    golden = GOLDENS / f"{name}.yaml"
    if os.environ.get("RENEW_GOLDENS") == "1":
        golden.write_text(rendered(name), encoding="utf-8")
    assert golden.is_file(), f"no golden yet: make chart-goldens, and review {golden}"
    assert rendered(name) == golden.read_text(encoding="utf-8"), (
        "if that is meant: make chart-goldens, and review the diff"
    )


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in GOLDENS.iterdir()} == set(VALUES)


@pytest.mark.parametrize("name", VALUES)
def test_helm_finds_nothing_to_say_against_an_example(name: str) -> None:
    run = helm("lint", "--strict", "--quiet", str(CHART), "--values", str(VALUES[name]))
    assert run.returncode == 0, run.stdout + run.stderr
