"""`python -m bench.clocks`: due dates, explanations, a changed calendar over open cases, alarms of many clocks.

Writes build/bench-clocks.json and prints a table. Exit code 0 when everything was measured, 1 when something could not be.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.callers import MeasurementError
from bench.clocks.counting import counting
from bench.clocks.recount import recount
from bench.clocks.sweep import sweep
from bench.figures import Figure
from bench.report import Run, say
from bench.table import rows_of


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is measured."""

    due_dates: int
    cases: int
    clocks: int
    due: int


FULL: Final = Pace(50_000, 100_000, 1_000_000, 1000)
QUICK: Final = Pace(5_000, 2_000, 10_000, 100)


def main() -> int:
    """Measures and reports."""
    run = Run.asked("bench.clocks", __doc__, "build/bench-clocks.json")
    work = run.out.parent / "bench-clocks"
    try:
        figures = measure(QUICK if run.quick else FULL, work)
    except MeasurementError as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report = run.report([figure.as_json() for figure in figures])
    run.show(report, lines(report, figures))
    return 0


def measure(pace: Pace, work: Path) -> list[Figure]:
    """Everything, in a folder that is made anew. Raises ``MeasurementError``."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    say(f"clocks: {pace.due_dates:,} due dates")
    figures = counting(pace.due_dates)
    say(f"clocks: a calendar over {pace.cases:,} cases")
    figures += recount(work, pace.cases)
    say(f"clocks: {pace.due:,} alarms of {pace.clocks:,}")
    return figures + sweep(work, pace.clocks, pace.due)


def lines(report: dict[str, Any], figures: Sequence[Figure]) -> Iterator[str]:
    """The whole table."""
    machine = report["machine"]
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; {machine['python']}"
    yield f"load of the machine by others and ourselves: {machine['load_before']} before, {machine['load_after']} after"
    yield ""
    yield from rows_of(figures)


if __name__ == "__main__":
    sys.exit(main())
