"""The site that is measured: every process, the sample federation, no rate limits, a working Monday at ten."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.callers import MeasurementError, Request, once
from cli import status
from cli.components import ENVIRONMENT
from cli.sample.people import SAMPLE_PASSWORD
from cli.site import Site
from cli.state import read_state
from kit.clock import DemoClock
from kit.workdays import CENTER_ZONE

#: The center in which it is measured.
CENTER = "610902"
#: How long a start may take, in seconds.
_START_SECONDS = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")

_NO_LIMITS = {f"TONGBAN_RATE_{name}": "0" for name in ("ADDRESS", "SESSION", "TICKETS", "SIGN_IN", "MISSES")}
_NO_LIMITS["TONGBAN_BOARDS_PER_ADDRESS"] = "0"


def environment() -> dict[str, str]:
    """What every measured process is told, whatever the shell's own settings are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    return {**kept, **ENVIRONMENT, **_NO_LIMITS, "PYTHONUNBUFFERED": "1"}


@dataclass
class RunningSite:
    """A site that runs."""

    site: Site
    address: str
    pids: Mapping[str, int]
    #: From the command to the last line, in seconds.
    start_seconds: float
    _tokens: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Any:
        """Reads as anybody."""
        return once(self.address, Request("", "GET", path)).json()

    def token(self, username: str) -> str:
        """The session of a member of the sample staff, signed in once."""
        if username not in self._tokens:
            account = {"username": username, "password": SAMPLE_PASSWORD}
            self._tokens[username] = once(self.address, Request("", "POST", "sessions", account)).json()["token"]
        return self._tokens[username]

    @property
    def clock(self) -> DemoClock:
        """The site's clock."""
        return DemoClock(self.site.demo_clock_file)

    def go_to_working_monday(self, center: str) -> date:
        """Moves the clock to ten o'clock of the next Monday on which the center works."""
        now = self.clock.now().astimezone(CENTER_ZONE)
        answer = self.get(f"centers/{center}/deadline?from={now.date()}T00:00:00%2B08:00&days=60")
        counted = [date.fromisoformat(line["date"]) for line in answer["lines"] if line["effect"] == "counted"]
        monday = next(day for day in counted if day.weekday() == 0 and day > now.date())
        at = datetime(monday.year, monday.month, monday.day, 10, tzinfo=CENTER_ZONE)
        self.clock.advance(at - now + timedelta(milliseconds=1))
        return monday


@contextmanager
def running_site(folder: Path, *, seeded: bool) -> Iterator[RunningSite]:
    """Starts a site and stops it at the end; ``seeded``: the folder holds the sample of an earlier start."""
    if not seeded:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    log = folder.parent / f"{folder.name}.log"
    began = time.perf_counter()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", "--port", "0", "--data", str(folder), "--demo-clock"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
    try:
        _wait_until_ready(process, log)
        took = time.perf_counter() - began
        state = read_state(Site.at(folder))
        pids = {each.name: each.pid for each in state.processes if each.pid is not None}
        yield RunningSite(Site.at(folder), state.address, pids, took)
    finally:
        stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        said = log.read_text(encoding="utf-8")
        if "tongban: ready after" in said:
            return
        if process.poll() is not None:
            raise MeasurementError(f"the site doesn't start:\n{said[-2000:]}")
        time.sleep(0.02)
    raise MeasurementError(f"the site isn't ready after {_START_SECONDS:.0f} s; see {log}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks a process to end, and kills it when it doesn't."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# ── What the kernel says of a process ────────────────────────────────────────────────────────────────────────────


def memory_mb(pid: int) -> float:
    """Memory in MiB, as `tongban status` shows it. Raises ``ProcessLookupError``."""
    found = status.memory_mb(pid)
    if found is None:
        raise ProcessLookupError(f"there is no process {pid}")
    return found


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_of(pids: Mapping[str, int]) -> dict[str, float]:
    """The same for each of several."""
    return {name: cpu_seconds(pid) for name, pid in pids.items()}
