"""``tongban status``: each process with its memory, health, and what waits in front of and behind it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.components import COMPONENTS
from cli.health import probes
from cli.outboxes import outbox_depths
from cli.preflight import is_running
from cli.site import Site
from cli.state import ProcessState, SiteState, read_state
from cli.stores import consumer_lags, dead_letter_counts
from kit.troubles import read_troubles


@dataclass(frozen=True, slots=True)
class Line:
    """One process as an operator sees it; ``None`` where it can't be said."""

    name: str
    pid: int | None
    state: str
    restarts: int
    uptime_s: int | None
    #: In MiB; what it shares with others is divided by their number.
    memory_mb: float | None
    healthy: bool
    outbox: int | None
    lag: int | None
    dead_letters: int | None
    #: What doesn't work though the process serves calls: part → why.
    troubles: Mapping[str, str]


def lines(site: Site, state: SiteState) -> Sequence[Line]:
    """A line for each process."""
    asked = probes(site, state.address)
    with ThreadPoolExecutor(len(asked)) as pool:
        healthy = dict(zip(asked, pool.map(lambda ask: ask(), asked.values()), strict=True))
    has_bus = site.bus_file.exists()
    lags = _by_service(consumer_lags(site.bus_file)) if has_bus else {}
    dead = _by_service(dead_letter_counts(site.bus_file)) if has_bus else {}
    waiting = outbox_depths(site, [component.name for component in COMPONENTS if not component.edge])
    return [
        Line(
            name=process.name,
            pid=process.pid,
            state="dead" if process.pid and memory_mb(process.pid) is None else process.state,
            restarts=process.restarts,
            uptime_s=_uptime(process),
            memory_mb=memory_mb(process.pid),
            healthy=healthy.get(process.name, False),
            outbox=waiting.get(process.name),
            lag=lags.get(process.name),
            dead_letters=dead.get(process.name),
            troubles=read_troubles(site.run_dir, process.name),
        )
        for process in state.processes
    ]


def memory_mb(pid: int | None) -> float | None:
    """What a process takes of the machine's memory, in MiB; ``None`` when there is no such process.

    Its proportional share (PSS): processes that were forked from one have most pages in common, and each counts its part.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((round(int(line.split()[1]) / 1024, 1) for line in lines if line.startswith("Pss:")), None)


def _uptime(process: ProcessState) -> int | None:
    return int(time.time() - process.started_at) if memory_mb(process.pid) is not None else None


def _by_service(groups: Mapping[str, int]) -> Mapping[str, int]:
    """A group is named ``<service>.<purpose>``."""
    sums: dict[str, int] = {}
    for group, number in groups.items():
        service = group.partition(".")[0]
        sums[service] = sums.get(service, 0) + number
    return sums


_HEAD = ("process", "pid", "state", "restarts", "up", "memory MB", "health", "outbox", "lag", "dead")


def show(site: Site, as_json: bool) -> int:
    """Prints the status; the exit code is 0 when everything runs and is healthy, else 1. Raises ``Refusal``."""
    state = read_state(site)
    running = is_running(site)
    found = lines(site, state)
    if as_json:
        said = {"address": state.address, "running": running, "demo_clock": state.demo_clock}
        print(json.dumps({**said, "processes": [asdict(line) for line in found]}, indent=1))
    else:
        print(f"{state.address}  data {site.data}  {'running' if running else 'NOT RUNNING'}", end="")
        print("  demo clock on" if state.demo_clock else "")
        _print_table([_HEAD, *(_cells(line) for line in found)])
        for part, trouble in ((part, trouble) for line in found for part, trouble in line.troubles.items()):
            print(f"{part}: {trouble}")
    return 0 if running and all(line.healthy for line in found) else 1


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.name,
        _or_dash(line.pid),
        line.state,
        str(line.restarts),
        _or_dash(line.uptime_s if line.uptime_s is None else _clock(line.uptime_s)),
        _or_dash(line.memory_mb),
        "ok" if line.healthy else "TROUBLED" if line.troubles else "NOT READY",
        _or_dash(line.outbox),
        _or_dash(line.lag),
        _or_dash(line.dead_letters),
    )


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())
