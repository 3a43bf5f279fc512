"""`make bench`: measures a site of its own, writes build/bench.json, prints a table.

Exit code 0 when everything was measured, whether or not the goals were met; 1 when something could not be.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from bench import board, case, table
from bench.annex import annexes
from bench.callers import MeasurementError, Request, once
from bench.figures import Figure, at_most, spread_ms
from bench.floor import floor
from bench.hall import Hall, seats
from bench.report import Run, say
from bench.rounds import CALLERS, Measured, Pace, figures_of, floors_of, run_growth, run_rounds
from bench.site import CENTER, RunningSite, memory_mb, running_site
from bench.stored import Place

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
    run = Run.asked("bench", __doc__, "build/bench.json")
    work = run.out.parent / "bench"
    try:
        measured, figures = measure(QUICK if run.quick else FULL, work)
    except MeasurementError as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report = run.report([figure.as_json() for figure in figures], floor=floors_of(measured))
    run.show(report, table.lines(report, figures))
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
    found = {name: round(memory_mb(pid), 1) for name, pid in site.pids.items()}
    largest = max(found, key=lambda name: found[name])
    return Figure(key, f"{title} ({largest})", found[largest], "MB", _MEMORY_GOAL, (), {"memory_mb": found})


if __name__ == "__main__":
    raise SystemExit(main())
