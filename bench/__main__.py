"""`make bench`: measures a site of its own, writes build/bench.json, prints a table.

Exit code 0 when everything was measured, whether or not the goals were met; 1 when something could not be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import board, case, table
from bench.annex import annexes
from bench.callers import MeasurementError, Request, once
from bench.figures import Figure, at_most, spread_ms
from bench.floor import floor
from bench.hall import Hall, seats
from bench.rounds import CALLERS, Measured, Pace, figures_of, floors_of, run_growth, run_rounds
from bench.site import RunningSite, resident_mb, running_site
from bench.stored import Place

CENTER = "610902"
FULL = Pace(
    rounds=5,
    floor_seconds=0.6,
    hall_seconds=4.0,
    cases=32,
    annex_rounds=6,
    annex_seconds=1.5,
    sizes=(100, 10_000, 1_000_000),
    boards=100,
    board_calls=60,
)
QUICK = Pace(
    rounds=1,
    floor_seconds=0.1,
    hall_seconds=0.5,
    cases=4,
    annex_rounds=1,
    annex_seconds=0.3,
    sizes=(100, 2_000),
    boards=10,
    board_calls=3,
)
_START_GOAL = at_most(10)
_MEMORY_GOAL = at_most(80)
#: Pages that are opened before memory is read again: what a day's browsers do to the gateway.
_PAGES = ("/", f"/kiosk/{CENTER}", f"/board/{CENTER}", "/signin", "/api/v1/openapi.json")


def main() -> int:
    """Measures and reports."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything small, in a minute: shows that it works")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="where the figures go")
    chosen = parser.parse_args()
    work = chosen.out.parent / "bench"
    began, load_before = time.monotonic(), os.getloadavg()[0]
    try:
        measured, figures = measure(QUICK if chosen.quick else FULL, work)
    except MeasurementError as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": chosen.quick,
        "seconds": round(time.monotonic() - began),
        "machine": machine(load_before),
        "floor": floors_of(measured),
        "figures": [figure.as_json() for figure in figures],
    }
    chosen.out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print("\n".join(table.lines(report, figures)))
    print(f"figures in {chosen.out}, after {report['seconds']} s")
    return 0


def measure(pace: Pace, work: Path) -> tuple[Measured, list[Figure]]:
    """Everything, in a folder that is made anew. Raises ``MeasurementError``."""
    shutil.rmtree(work, ignore_errors=True)
    folder = work / "site"
    say("first start, with the sample")
    with running_site(folder, seeded=False) as site:
        first = site.start_seconds
    say("second start, and memory")
    with running_site(folder, seeded=True) as site, tempfile.TemporaryDirectory(prefix="tb-") as sockets:
        start = [
            Figure("start.first", "start with an empty data folder, sample loaded", first, "s", _START_GOAL),
            Figure("start.again", "start with data", site.start_seconds, "s", _START_GOAL),
        ]
        idle = _memory("memory.idle", "largest process, idle", site)
        today = site.go_to_working_monday(CENTER)
        hall = Hall(seats(site, CALLERS))
        hall.open(site.address)
        with floor(work / "floor", Path(sockets)) as bare:
            measured = run_rounds(pace, site, bare, hall, case.office(site, CENTER), say)
        say(f"{pace.boards} boards")
        at_boards = next(seat for seat in hall.seats if seat.center == CENTER)
        times = board.measure(site.address, at_boards, hall, boards=pace.boards, calls=pace.board_calls)
        for page in _PAGES:
            once(site.address, Request("", "GET", page, may_fail=True))
        loaded = _memory("memory.loaded", "largest process, after load", site)
        say(f"stores of {', '.join(f'{size:,}' for size in pace.sizes)} tickets")
        places = [Place(seat.center, seat.window, seat.lane, seat.item, "样例事项") for seat in hall.seats]
        with annexes(site, work, places, today, pace.sizes) as found:
            growth = run_growth(pace, found, hall, say)
    figures = [*figures_of(measured), *_doubles(hall), *growth, *_boards(times, pace), *start, idle, loaded]
    return measured, figures


def _doubles(hall: Hall) -> list[Figure]:
    book, none = hall.book, at_most(0)
    return [
        Figure("double_calls", f"numbers called twice, of {book.calls:,} calls", book.called_twice, "", none),
        Figure("calls_of_nothing", "numbers called that nobody took", book.called_untaken, "", none),
    ]


def _boards(times: board.CallTimes, pace: Pace) -> list[Figure]:
    figures = []
    for key, title, found in (
        ("answer", "from the call's answer", times.from_answer),
        ("sent", "from the call's sending", times.from_sent),
    ):
        spread = spread_ms(found)
        title = f"call → {pace.boards} boards, {title}: p99"
        figures.append(Figure(f"board.{key}.p99", title, spread["p99_ms"], "ms", at_most(300), (), spread))
    return figures


def _memory(key: str, title: str, site: RunningSite) -> Figure:
    found = {name: round(resident_mb(pid), 1) for name, pid in site.pids.items()}
    largest = max(found, key=lambda name: found[name])
    return Figure(key, f"{title} ({largest})", found[largest], "MB", _MEMORY_GOAL, (), {"rss_mb": found})


def machine(load_before: float) -> dict[str, Any]:
    """What it was measured on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1024 / 1024),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "load_before": round(load_before, 1),
        "load_after": round(os.getloadavg()[0], 1),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def say(line: str) -> None:
    """Progress, for whoever waits."""
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
