"""`python -m bench.relay`: letters between two sites, signed, durable and in order at both ends.

Writes build/bench-relay.json and prints a table. Exit code 0 when everything was measured, 1 when something could not be.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.callers import MeasurementError
from bench.figures import Figure
from bench.relay.crowd import crowd
from bench.relay.files import large_file
from bench.relay.floor import floor
from bench.relay.letters import drain, lag, sustained
from bench.relay.sides import LETTER
from bench.report import Run, say
from bench.table import rows_of

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is measured."""

    floor_seconds: float
    letters: int
    lag_seconds: float
    backlog: int
    file_mb: int
    cuts: int
    links: int
    crowd_seconds: float


FULL: Final = Pace(2.0, 20_000, 30.0, 100_000, 100, 10, 1000, 30.0)
QUICK: Final = Pace(0.3, 1000, 3.0, 2000, 8, 1, 30, 4.0)


def main() -> int:
    """Measures and reports."""
    run = Run.asked("bench.relay", __doc__, "build/bench-relay.json")
    run.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        rates, figures = measure(QUICK if run.quick else FULL)
    except MeasurementError as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        return 1
    report = run.report([figure.as_json() for figure in figures], floor=rates)
    run.show(report, lines(report, figures))
    return 0


def measure(pace: Pace) -> tuple[dict[str, float], list[Figure]]:
    """Everything; each part with what the one before it wrote on the disk already. Raises ``MeasurementError``.

    The crowd comes first: its neighbours are in this very process, and would carry on what other parts left in it.
    """
    say(f"relay: {pace.links} links")
    among_many = crowd(pace.links, pace.crowd_seconds)
    say("relay: the floor")
    rates = floor(pace.floor_seconds, LETTER)
    say(f"relay: {pace.letters} letters as fast as it goes")
    most = sustained(pace.letters, rates["envelopes"])
    figures = [*most.figures]
    steps: Sequence[tuple[str, Callable[[], Sequence[Figure]]]] = (
        ("lag at half of that", lambda: [lag(most.envelopes / 4, pace.lag_seconds)]),
        (f"a backlog of {pace.backlog}", lambda: drain(pace.backlog)),
        (f"a file of {pace.file_mb} MB", lambda: large_file(pace.file_mb * _MB, pace.cuts)),
    )
    for name, step in steps:
        say(f"relay: {name}")
        os.sync()
        figures += step()
    return rates, [*figures, *among_many]


def lines(report: dict[str, Any], figures: Sequence[Figure]) -> Iterator[str]:
    """The whole table."""
    machine = report["machine"]
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; {machine['python']}"
    yield f"load of the machine by others and ourselves: {machine['load_before']} before, {machine['load_after']} after"
    yield ""
    yield "the floor, alone, a second: " + ", ".join(f"{part} {rate:,.0f}" for part, rate in report["floor"].items())
    yield ""
    yield from rows_of(figures)


if __name__ == "__main__":
    sys.exit(main())
