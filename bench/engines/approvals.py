"""The same approval with the office's own use cases, and with other engines: five steps, each act durable when it returns.

A case is opened, and each of its steps taken and done, the last with the decision: eleven acts, one after the other by one
caller, in one process. The others write to SQLite with the same care (WAL, synchronous=FULL). Ours also keeps a sealed
history, an event for each act, due dates and who may do what; of the others nothing of that is asked.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.callers import MeasurementError
from bench.figures import Figure, at_least, of_rounds
from reference import Step
from reference.testing import sample_item
from services.approval_routing.domain.case import CaseState
from services.approval_routing.tests.approval_office import APPROVER, REVIEWER, Bench, build_bench

STEPS: Final = (
    *(Step(f"step-{number}", f"审查{number}", "reviewer") for number in range(1, 5)),
    Step("decide", "决定", "approver"),
)
_GOAL: Final = at_least(3)
_HERE: Final = Path(__file__).parent
#: How each of the others is called, in the Python of its own.
_OTHERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "spiff.kept": ("SpiffWorkflow, the case kept in memory, saved after each act", ("spiff_cases", "kept")),
    "spiff.read": ("SpiffWorkflow, the case read back for each act", ("spiff_cases", "read")),
    "viewflow": ("viewflow", ("viewflow_cases",)),
}


@dataclass(frozen=True, slots=True)
class Pace:
    """Cases a second, and a second of the processor: that one hardly depends on what else runs."""

    wall: float
    processor: float

    @classmethod
    def of(cls, cases: int, wall: float, processor: float) -> Pace:
        """So many in so many seconds."""
        return cls(cases / wall, cases / processor)


def approvals(work: Path, python: Path, cases: int, rounds: int) -> list[Figure]:
    """Cases a second of each, in turn, so that all meet the same machine. Raises ``MeasurementError``."""
    if not python.exists():
        raise MeasurementError(f"{python} isn't there; `make bench-engines` brings the other engines")
    bench = build_bench(work / "office", items=[sample_item(steps=STEPS)])
    numbers = itertools.count()
    ours: list[Pace] = []
    others: dict[str, list[Pace]] = {key: [] for key in _OTHERS}
    _ours(bench, numbers, 3)
    try:
        for turn in range(rounds):
            ours.append(_ours(bench, numbers, cases))
            for key, (_, (module, *more)) in _OTHERS.items():
                others[key].append(_other(python, work / f"{key}-{turn}.db", module, cases, more))
    finally:
        bench.store.close()
    figures = [_figure("ours", "cases of five steps, ours", ours)]
    figures += [_figure(key, title, others[key]) for key, (title, _) in _OTHERS.items()]
    wall = [mine.wall / max(each[turn].wall for each in others.values()) for turn, mine in enumerate(ours)]
    processor = [
        mine.processor / max(each[turn].processor for each in others.values()) for turn, mine in enumerate(ours)
    ]
    return [
        *figures,
        of_rounds("engines.ratio", "ours, of the fastest of the others", wall, "×", _GOAL),
        of_rounds("engines.ratio.processor", "the same by processor time", processor, "×", _GOAL),
    ]


def _figure(key: str, title: str, paces: Sequence[Pace]) -> Figure:
    details = {"processor_ms": round(1000 / median(each.processor for each in paces), 1)}
    return of_rounds(f"engines.{key}", title, [each.wall for each in paces], "/s", details=details)


def _ours(bench: Bench, numbers: Iterator[int], cases: int) -> Pace:
    began, computing = time.perf_counter(), time.process_time()
    for _ in range(cases):
        case = bench.opened(f"a-{next(numbers)}")
        for _ in STEPS[:-1]:
            bench.claim(case, REVIEWER)
            bench.pass_step(case, REVIEWER)
        bench.claim(case, APPROVER)
        if bench.decide(case).state is not CaseState.APPROVED:
            raise MeasurementError("a case of ours wasn't decided")
    return Pace.of(cases, time.perf_counter() - began, time.process_time() - computing)


def _other(python: Path, database: Path, module: str, cases: int, more: Sequence[str]) -> Pace:
    code = f"from peers import {module} as it; it.main()"
    ran = subprocess.run(
        [python, "-c", code, database.absolute(), str(cases), *more],
        cwd=_HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise MeasurementError(f"{module}: {ran.stderr[-500:]}")
    wall, processor = ran.stdout.split()[-2:]
    return Pace.of(cases, float(wall), float(processor))
