"""`python -m bench.engines`: five-step approvals beside SpiffWorkflow and viewflow, and work lists of a million steps.

Writes build/bench-engines.json and prints a table. Exit code 0 when everything was measured, 1 when something could not be.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.callers import MeasurementError
from bench.engines.approvals import approvals
from bench.engines.lists import lists
from bench.figures import Figure
from bench.report import Run, say
from bench.table import rows_of


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is measured."""

    cases: int
    rounds: int
    steps: int
    asked: int


FULL: Final = Pace(cases=60, rounds=3, steps=1_000_000, asked=500)
QUICK: Final = Pace(cases=5, rounds=1, steps=20_000, asked=50)
#: Where `make bench-engines` puts the other engines.
PYTHON: Final = Path("build/engines/bin/python")


def main() -> int:
    """Measures and reports."""
    run = Run.asked("bench.engines", __doc__, "build/bench-engines.json")
    work = run.out.parent / "bench-engines"
    try:
        figures = measure(QUICK if run.quick else FULL, work, PYTHON.absolute())
    except MeasurementError as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report = run.report([figure.as_json() for figure in figures])
    run.show(report, lines(report, figures))
    return 0


def measure(pace: Pace, work: Path, python: Path) -> list[Figure]:
    """Everything, in a folder that is made anew. Raises ``MeasurementError``."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    say(f"engines: {pace.rounds} times {pace.cases} cases of five steps each")
    figures = approvals(work, python, pace.cases, pace.rounds)
    say(f"engines: work lists over {pace.steps:,} steps")
    return figures + lists(work, pace.steps, pace.asked)


def lines(report: dict[str, Any], figures: Sequence[Figure]) -> Iterator[str]:
    """The whole table."""
    machine = report["machine"]
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; {machine['python']}"
    yield f"load of the machine by others and ourselves: {machine['load_before']} before, {machine['load_after']} after"
    yield ""
    yield from rows_of(figures)


if __name__ == "__main__":
    sys.exit(main())
