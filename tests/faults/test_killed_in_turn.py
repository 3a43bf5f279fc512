"""A day of visits while every process is killed in turn, and all at once: then the books balance.

The schedule is random; its seed is printed, and ``TONGBAN_FAULT_SEED`` repeats it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from cli.components import COMPONENTS
from cli.demo.command import replay
from cli.demo.rest import Account, Rest
from cli.site import Site
from kit.clock import DemoClock
from tests.servers.server import free_ports

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(600)]

#: Seconds of real time between two kills.
BETWEEN = (1.0, 2.5)
#: Everything, supervisor included, is killed after so many single kills; the last single kill ends the schedule, so
#: that the day comes to its end however slow the machine is.
ALL_AT_ONCE_AFTER = (4, 9)
KILLS = len(COMPONENTS) + 3
VISITS = 40


@dataclass
class Victim:
    """A site that can be killed and brought up again on the same data and port."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    log: list[Path] = field(default_factory=list)

    def start(self) -> None:
        self.log.append(self.data.parent / f"up-{len(self.log)}.log")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
        limits = ("TICKETS", "SIGN_IN", "ADDRESS", "SESSION", "MISSES")
        environment |= {f"TONGBAN_RATE_{limit}": "0" for limit in limits}
        command = [sys.executable, "-m", "cli.main", "up", "--demo-clock"]
        with self.log[-1].open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), "--data", str(self.data)],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
            )

    def wait_until_ready(self) -> None:
        end = time.monotonic() + 90
        while "tongban: ready after" not in self.log[-1].read_text():
            assert self.process is not None
            assert self.process.poll() is None, self.log[-1].read_text()
            assert time.monotonic() < end, self.log[-1].read_text()
            time.sleep(0.1)

    def pids(self) -> dict[str, int]:
        state = json.loads((self.data / "run" / "state.json").read_text())
        return {one["name"]: one["pid"] for one in state["processes"] if one["pid"]}

    def kill(self, name: str) -> bool:
        pid = self.pids().get(name)
        if not pid:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_all(self) -> None:
        assert self.process is not None
        pids = self.pids().values()
        self.process.kill()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    victim = Victim(tmp_path / "site", *free_ports(1))
    victim.start()
    victim.wait_until_ready()
    yield victim
    victim.stop()


@dataclass
class Killer:
    """Kills each process in turn, in a random order, again and again; twice all at once."""

    victim: Victim
    rng: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    failure: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            self._run()
        except BaseException as failure:
            self.failure = failure

    def _run(self) -> None:
        turn: list[str] = []
        singles = 0
        while singles < KILLS and not self._stop.wait(self.rng.uniform(*BETWEEN)):
            if not turn:
                turn = [component.name for component in COMPONENTS]
                self.rng.shuffle(turn)
            name = turn.pop()
            if self.victim.kill(name):
                self.killed[name] += 1
                singles += 1
            if singles in ALL_AT_ONCE_AFTER and self.killed["all at once"] < 1 + ALL_AT_ONCE_AFTER.index(singles):
                self.victim.kill_all()
                self.killed["all at once"] += 1
                self.victim.start()
                self.victim.wait_until_ready()

    def stop(self) -> None:
        self._stop.set()


def test_the_books_balance_though_every_process_was_killed(
    victim: Victim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("TONGBAN_FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    with capsys.disabled():
        sys.stdout.write(f"\nfault schedule: TONGBAN_FAULT_SEED={seed}\n")
    killer = Killer(victim, random.Random(seed))
    thread = threading.Thread(target=killer.run, daemon=True)
    account = Account()
    with closing(Rest(f"http://127.0.0.1:{victim.port}", account)) as rest:
        thread.start()
        balanced = 1
        try:
            clock = DemoClock(Site.at(victim.data).demo_clock_file)
            with (tmp_path / "demo.txt").open("w") as output:
                balanced = replay(
                    Console(file=output), tmp_path / "out", rest, account, clock, VISITS, seed, killer.stop
                )
        finally:
            killer.stop()
            thread.join(120)
    assert killer.failure is None, killer.failure
    figures = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert balanced == 0, figures["problems"]
    assert (figures["lost"], figures["duplicated"], figures["unfinished"]) == (0, 0, 0)
    missing = {component.name for component in COMPONENTS} - killer.killed.keys()
    assert not missing, f"never killed: {missing}"
    assert killer.killed["all at once"] == len(ALL_AT_ONCE_AFTER)
    status = subprocess.run(
        [sys.executable, "-m", "cli.main", "status", "--json", "--data", str(victim.data)],
        capture_output=True,
        text=True,
    )
    processes = json.loads(status.stdout)["processes"]
    for one in processes:
        assert not one["dead_letters"], one
        assert not one["outbox"], one
        assert not one["lag"], one
