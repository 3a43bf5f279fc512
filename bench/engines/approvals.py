"""The same approval with the office's own use cases, and with other engines: five steps, each act durable when it returns.

A case is opened, and each of its steps taken and done, the last with the decision: eleven acts, one after the other. Once one
officer works alone, and once several at once in one process, each on cases of their own, each in a thread with a
connection of their own where the engine takes one. The others write to SQLite with the same care (WAL, synchronous=FULL). Ours
also keeps a sealed history, an event for each act, due dates and who may do what; of the others nothing of that is asked.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.callers import MeasurementError
from bench.figures import Figure, at_least, of_rounds
from kit.actor import service_actor
from kit.store.port import Mark
from reference import Step
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID, sample_item
from services.approval_routing.domain.case import CaseState
from services.approval_routing.domain.outcomes import AcceptedApplication
from services.approval_routing.handlers.opening import open_case
from services.approval_routing.tests.approval_office import APPROVER, REVIEWER, Bench, build_bench

STEPS: Final = (
    *(Step(f"step-{number}", f"审查{number}", "reviewer") for number in range(1, 5)),
    Step("decide", "决定", "approver"),
)
_GOAL: Final = at_least(3)
#: How many work at once, by the end of the figures' keys.
_OFFICERS: Final = {"": 1, ".together": 8}
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
    try:
        _ours(bench, 3, 1)
        return [
            figure
            for suffix, officers in _OFFICERS.items()
            for figure in _beside(bench, work, python, cases, rounds, suffix, officers)
        ]
    finally:
        bench.store.close()


def _beside(
    bench: Bench, work: Path, python: Path, cases: int, rounds: int, suffix: str, officers: int
) -> Iterator[Figure]:
    ours: list[Pace] = []
    others: dict[str, list[Pace]] = {key: [] for key in _OTHERS}
    for turn in range(rounds):
        ours.append(_ours(bench, cases, officers))
        for key, (_, (module, *more)) in _OTHERS.items():
            database = work / f"{key}{suffix}-{turn}.db"
            others[key].append(_other(python, database, module, cases, [str(officers), *more]))
    by = f", {officers} officers at once" if officers > 1 else ""
    yield _figure(f"ours{suffix}", f"cases of five steps, ours{by}", ours)
    for key, (title, _) in _OTHERS.items():
        yield _figure(f"{key}{suffix}", f"{title}{by}", others[key])
    wall = [mine.wall / max(each[turn].wall for each in others.values()) for turn, mine in enumerate(ours)]
    processor = [
        mine.processor / max(each[turn].processor for each in others.values()) for turn, mine in enumerate(ours)
    ]
    yield of_rounds(f"engines.ratio{suffix}", f"ours, of the fastest of the others{by}", wall, "×", _GOAL)
    yield of_rounds(f"engines.ratio.processor{suffix}", f"the same by processor time{by}", processor, "×", _GOAL)


def _figure(key: str, title: str, paces: Sequence[Pace]) -> Figure:
    details = {"processor_ms": round(1000 / median(each.processor for each in paces), 1)}
    return of_rounds(f"engines.{key}", title, [each.wall for each in paces], "/s", details=details)


def _ours(bench: Bench, cases: int, officers: int) -> Pace:
    ids = [bench.office.ids.new_id(bench.clock.now()) for _ in range(cases)]
    began, computing = time.perf_counter(), time.process_time()
    if officers == 1:
        for id in ids:
            _case(bench, id)
    else:
        with ThreadPoolExecutor(officers) as room:
            list(room.map(lambda id: _case(bench, id), ids))
    return Pace.of(cases, time.perf_counter() - began, time.process_time() - computing)


def _case(bench: Bench, id: str) -> None:
    call = bench.by(service_actor("approval_routing"))
    mark = Mark("approval_routing.cases", f"accepted-{id}")
    case = open_case(office=bench.office, call=call, application=_application(bench, id), mark=mark)
    for _ in STEPS[:-1]:
        bench.claim(case, REVIEWER)
        bench.pass_step(case, REVIEWER)
    bench.claim(case, APPROVER)
    if bench.decide(case).state is not CaseState.APPROVED:
        raise MeasurementError("a case of ours wasn't decided")


def _application(bench: Bench, id: str) -> AcceptedApplication:
    return AcceptedApplication(
        id=id,
        number=f"61090220261123{id}",
        center_id=CENTER_ID,
        item_id=ITEM_ID,
        item_version=1,
        item_name="食品经营许可",
        department_key=DEPARTMENT,
        item_kind="promised",
        accepted_at=bench.clock.now(),
        applicant_masked="例**（990101********1230）",
        journey=f"j-{id}",
        code=f"code-{id}",
        delivery="post",
        responsible_staff_id="clerk-1",
        responsible_staff_name="王小窗",
        window_number="07",
    )


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
