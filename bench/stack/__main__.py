"""`python -m bench.stack`: the embedded default and Kafka with MongoDB, measured in turn on this machine.

Writes build/bench-stack.json and prints a table. Exit code 0 when everything was measured, or when a server is missing
here, which is said; 1 when something could not be measured.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.callers import MeasurementError
from bench.figures import percentile
from bench.hall import Hall, seats
from bench.report import Run, say
from bench.site import CENTER, memory_mb
from bench.stack.cases import Desk, latencies
from bench.stack.parts import effects, saves
from bench.stack.sides import EMBEDDED, STACK, Side, embedded, stack
from cli.components import COMPONENTS
from tests.stack.site import missing

CALLERS: Final = 32
_SERVICES: Final = frozenset(component.name for component in COMPONENTS if not component.edge)


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is measured."""

    rounds: int
    seconds: float
    cases: int
    saves: int
    effects: int


FULL: Final = Pace(rounds=3, seconds=4.0, cases=32, saves=500, effects=2000)
QUICK: Final = Pace(rounds=1, seconds=1.0, cases=4, saves=50, effects=100)


@dataclass
class Row:
    """A figure of both sides; a value is the median of its rounds."""

    key: str
    title: str
    unit: str
    servers: dict[str, str]
    samples: dict[str, list[float]] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float]:
        """By side."""
        return {side: round(median(samples), 3) for side, samples in self.samples.items()}


@dataclass
class Rows:
    """All figures, in the order in which they were first measured."""

    by_key: dict[str, Row] = field(default_factory=dict)

    def add(
        self, side: Side, key: str, title: str, unit: str, value: float, *, store: bool = True, bus: bool = True
    ) -> None:
        """One round's value, with the servers that had a part in it."""
        row = self.by_key.setdefault(key, Row(key, title, unit, {}))
        used = [side.store_server] * store + [side.bus_server] * bus
        row.servers[side.name] = " + ".join(dict.fromkeys(used))
        row.samples.setdefault(side.name, []).append(value)


def main() -> int:
    """Measures and reports."""
    run = Run.asked("bench.stack", __doc__, "build/bench-stack.json")
    if reason := missing():
        print(f"bench.stack: SKIPPED, nothing was measured: {reason}")
        return 0
    work = run.out.parent / "bench-stack"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        rows = measure(QUICK if run.quick else FULL, work)
    except MeasurementError as error:
        print(f"bench.stack: could not measure: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report = run.report([{**asdict(row), "values": row.values} for row in rows])
    run.show(report, table(report["machine"], rows))
    return 0


def measure(pace: Pace, work: Path) -> Sequence[Row]:
    """Both sites at once, one working at a time, in turn. Raises ``MeasurementError``."""
    rows = Rows()
    say("two sites: embedded, and on Kafka and MongoDB")
    with embedded(work, CENTER) as plain, stack() as real:
        sides = [(side, *_prepared(side)) for side in (plain, real)]
        for number in range(pace.rounds):
            for side, hall, desk in sides[:: 1 if number % 2 == 0 else -1]:
                say(f"round {number + 1} of {pace.rounds}, {side.name}: the hall, cases")
                _site_round(rows, pace, side, hall, desk)
                say(f"round {number + 1} of {pace.rounds}, {side.name}: the parts")
                _parts_round(rows, pace, side)
        for side, hall, _ in sides:
            _at_the_end(rows, side, hall)
    return list(rows.by_key.values())


def _prepared(side: Side) -> tuple[Hall, Desk]:
    hall = Hall(seats(side.site, CALLERS))
    hall.open(side.site.address)
    return hall, Desk.of(side.site, CENTER, hall.seats)


def _site_round(rows: Rows, pace: Pace, side: Side, hall: Hall, desk: Desk) -> None:
    for callers in (1, CALLERS):
        times = hall.work(side.site.address, callers, pace.seconds)
        many = f"{callers} caller{'s' if callers > 1 else ''}"
        rows.add(side, f"take_call.{callers}", f"take + call + miss, {many}", "requests/s", times.rate())
        for name in ("take", "call"):
            p50 = percentile(times.by_name[name], 50) * 1000
            rows.add(side, f"{name}.{callers}.p50", f"… {name}: p50", "ms", p50)
    times = desk.decide(pace.cases, min(CALLERS, pace.cases))
    cases = times.by_name["case"]
    rows.add(side, "case.rate", "case of five steps, accept to decision", "cases/s", len(cases) / times.seconds)
    rows.add(side, "case.p50", "… p50", "ms", percentile(cases, 50) * 1000)


def _parts_round(rows: Rows, pace: Pace, side: Side) -> None:
    plain, told = saves(side, pace.saves)
    rows.add(side, "save", "saves without an event, 1 caller", "saves/s", plain, bus=False)
    rows.add(side, "save.told", "saves with an event each, until all are published", "saves/s", told)
    rows.add(side, "outbox", "… so an event costs its save", "× as long", plain / told)
    rows.add(side, "effects", "events handled, each with its effect and mark", "events/s", effects(side, pace.effects))


def _at_the_end(rows: Rows, side: Side, hall: Hall) -> None:
    bus = side.open_events()
    try:
        found = latencies(bus)
    finally:
        bus.close()
    if not found:
        raise MeasurementError(f"{side.name}: no case was opened by an event")
    for percent in (50, 99):
        value = percentile(found, percent) * 1000
        rows.add(side, f"latency.p{percent}", f"event, save to effect, of {len(found)}: p{percent}", "ms", value)
    resident = {name: memory_mb(pid) for name, pid in side.site.pids.items()}
    services = [value for name, value in resident.items() if name in _SERVICES]
    rows.add(side, "memory.median", "memory of a service after all this: median", "MB", median(services))
    rows.add(side, "memory.most", "… the largest", "MB", max(services))
    rows.add(side, "memory.gateway", "… the gateway", "MB", resident["gateway"])
    rows.add(
        side, "twice", f"numbers called twice or untaken, of {CALLERS} callers' calls", "", _wrong(hall), bus=False
    )


def _wrong(hall: Hall) -> float:
    return hall.book.called_twice + hall.book.called_untaken


def table(machine: dict[str, Any], rows: Sequence[Row]) -> Sequence[str]:
    """What is printed: each figure with the servers that it was measured on."""
    said = [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; {machine['python']}",
        f"load of the machine by others and ourselves: {machine['load_before']} before, {machine['load_after']} after",
        "",
        f"{'figure':<58} {EMBEDDED:>12} {STACK:>12}  unit",
    ]
    servers: dict[str, list[str]] = {}
    for row in rows:
        values = row.values
        said.append(f"{row.title:<58} {values[EMBEDDED]:>12,.1f} {values[STACK]:>12,.1f}  {row.unit}")
        servers.setdefault(f"{row.servers[EMBEDDED]} | {row.servers[STACK]}", []).append(row.key)
    return [*said, "", *(f"{pair}: {', '.join(keys)}" for pair, keys in servers.items())]


if __name__ == "__main__":
    raise SystemExit(main())
