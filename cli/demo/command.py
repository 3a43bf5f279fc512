"""``tongban demo``: brings a site of its own up, replays the day against its public API, and draws up the books."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.demo import report
from cli.demo.books import draw_up
from cli.demo.cast import BEIJING, World
from cli.demo.desk import Desk
from cli.demo.hall import Hall
from cli.demo.plan import Visit, plan
from cli.demo.rest import Account, Rest
from cli.demo.timeline import Timeline
from cli.refusal import Refusal
from cli.sample.load import load_federation
from cli.site import Site
from cli.state import read_state
from kit.clock import DemoClock

#: Windows that open at the least, by center.
_WINDOWS = {"610900": 6, "610902": 8}
#: How long the site may take to come up, in seconds.
_START_SECONDS = 90.0


def run(folder: Path, visits: int, seed: int) -> int:
    """Runs the demo; 0 when the books balance. Raises ``Refusal`` when the site won't start."""
    if visits < 1:
        raise Refusal(f"{visits} visits are none: give 1 or more.", exit_code=2)
    console = Console()
    account = Account()
    with _site(folder / "site") as (site, address), closing(Rest(address, account)) as rest:
        return replay(console, folder, rest, account, DemoClock(site.demo_clock_file), visits, seed)


def replay(
    console: Console,
    folder: Path,
    rest: Rest,
    account: Account,
    clock: DemoClock,
    visits: int,
    seed: int,
    before_the_books: Callable[[], None] = lambda: None,
) -> int:
    """The day and the working days after it, against a running site with its demo clock on.

    ``before_the_books`` is called when the last request is answered and the books are about to be drawn up.
    """
    timeline, federation = Timeline(clock), load_federation()
    world = World.meet(rest, account, timeline, federation)
    planned = plan(federation, visits, seed, world.opening.date())
    desk = Desk(world, random.Random(seed))  # noqa: S311 - repeatable on purpose
    with _bar(console, len(planned)) as progress:
        task = progress.add_task("", total=len(planned))

        def done(_: Visit) -> None:
            progress.advance(task)

        halls = {id: Hall(world, center, desk, done) for id, center in world.centers.items()}
        timeline.advance_to(world.opening + timedelta(seconds=5))
        for hall in halls.values():
            hall.open(_WINDOWS.get(hall.center.id, 3))
        for visit in planned:
            _schedule(world, halls[visit.center], desk, visit)
        timeline.run(lambda when: progress.update(task, description=f"{when.astimezone(BEIJING):%m-%d %H:%M}"))
        # Invitations that nobody answered expire, the last alarms fire.
        timeline.advance_to(timeline.now + timedelta(days=15))
        # What is late is looked at twice before its red card.
        timeline.advance_to(timeline.now + timedelta(minutes=30))
        before_the_books()
        books = draw_up(world, desk)
    waits = [wait for hall in halls.values() for wait in hall.waits]
    figures = report.summary(world, desk, books, planned, waits, seed)
    report.write(folder, world, desk, books, figures)
    report.show(console, figures)
    console.print(f"[dim]{folder}: summary.json, papers/, journey.txt — synthetic people, seed {seed}[/dim]")
    return 0 if books.balanced else 1


def _schedule(world: World, hall: Hall, desk: Desk, visit: Visit) -> None:
    def come() -> None:
        if visit.online:
            desk.hand_in_online(hall.center, visit)
            hall.done(visit)
        else:
            hall.arrive(visit)

    world.timeline.at(world.opening + timedelta(minutes=visit.minute), come)


def _bar(console: Console, visits: int) -> Progress:
    return Progress(
        TextColumn("{task.description:>11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("visits"),
        TimeElapsedColumn(),
        console=console,
    )


@contextmanager
def _site(data: Path) -> Iterator[tuple[Site, str]]:
    """A site of the demo's own, with the demo clock on; its data is made anew."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    log = data.parent / "site.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    # All of the demo's people come from one address.
    environment |= {
        "TONGBAN_RATE_TICKETS": "0",
        "TONGBAN_RATE_SIGN_IN": "0",
        "TONGBAN_RATE_ADDRESS": "0",
        "TONGBAN_RATE_MISSES": "0",
    }
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", "--port", "0", "--data", str(data), "--demo-clock"],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    try:
        yield Site.at(data), _wait_until_ready(process, data, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path, log: Path) -> str:
    end = monotonic() + _START_SECONDS
    while monotonic() < end:
        if process.poll() is not None:
            raise Refusal(f"the demo's site didn't start:\n{log.read_text(encoding='utf-8')[-2000:]}")
        if "tongban: ready after" in log.read_text(encoding="utf-8"):
            return read_state(Site.at(data)).address
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise Refusal(f"the demo's site wasn't ready after {_START_SECONDS:.0f} s; see {log}")
