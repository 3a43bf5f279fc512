"""A real site for tests: every process, the sample federation, and a clock that a test moves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from cli.components import COMPONENTS
from cli.health import Probe, probes
from cli.site import Site
from cli.state import read_state
from cli.stores import consumer_lags, dead_letter_counts, outbox_depth, reading
from kit.clock import DemoClock, to_ms
from tests.servers.server import free_ports

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
TONGBAN = Path(sys.executable).with_name("tongban")

#: How long a start may take on a busy machine, and a test waits for what happens by itself, in seconds.
START_PATIENCE = 120.0
PATIENCE = 60.0

#: All of a test's people come from one address.
NO_LIMITS: Mapping[str, str] = {
    f"TONGBAN_RATE_{name}": "0" for name in ("ADDRESS", "SESSION", "TICKETS", "SIGN_IN", "MISSES")
}
#: What wakes up within so little time is waited for, too; a late subject's second look isn't.
_SOON = timedelta(seconds=4)
#: The tables whose documents wake up (kit.alarms).
_ALARMED = "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix\\_%\\_\\_alarms' ESCAPE '\\'"
SERVICES = tuple(component.name for component in COMPONENTS if not component.edge)


def until(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Looks again and again until there is something; fails with what was waited for."""
    end = time.monotonic() + patience
    pause = threading.Event()
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} s for {what}")
        pause.wait(0.02)


@dataclass
class LiveSite:
    """One site in a folder of its own; it can be stopped, killed and started again on the same data."""

    data: Path
    #: Without the sample federation a site starts sooner and has nobody in it.
    sample: bool = True
    #: What its processes are told besides.
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    #: Stays the same when it is started again.
    address: str = ""
    _probes: Mapping[str, Probe] = field(default_factory=dict)

    # ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Starts everything and waits until the site says that it is ready."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
        output = self.data.with_name("up.log")
        begins_at = output.stat().st_size if output.exists() else 0
        port = str(urlsplit(self.address).port or free_ports(1)[0])
        command = [str(TONGBAN), "up", "--data", str(self.data), "--port", port, "--demo-clock"]
        with output.open("ab") as log:
            self.process = subprocess.Popen(
                command if self.sample else [*command, "--no-sample"],
                cwd=ROOT,
                env={**inherited, **NO_LIMITS, **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        def ready() -> bool:
            said = output.read_bytes()[begins_at:].decode()
            assert self.process is not None
            assert self.process.poll() is None, f"the site doesn't start:\n{said}"
            return "tongban: ready after" in said

        until(ready, "the site's start", START_PATIENCE)
        self.address = read_state(self.files).address
        self._probes = self._probes or probes(self.files, self.address)

    def stop(self) -> None:
        """Stops it in good order; nothing of it outlives this."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill_all()
        self.process = None

    def pids(self) -> dict[str, int]:
        """The process of each component that runs now."""
        return {each.name: each.pid for each in read_state(self.files).processes if each.pid is not None}

    def kill(self, name: str) -> bool:
        """``kill -9`` of one process; whether there was one."""
        pid = self.pids().get(name)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_all(self) -> None:
        """``kill -9`` of the supervisor and of every process at once."""
        assert self.process is not None
        # The supervisor stands still first: it would replace who dies, and its own death would let the others stop in
        # good order.
        os.kill(self.process.pid, signal.SIGSTOP)
        for name in self.pids():
            self.kill(name)
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    @property
    def running(self) -> bool:
        """Whether every process is there and says that calls are welcome."""
        return self.process is not None and all(ask() for ask in self._probes.values())

    def serves(self, name: str) -> bool:
        """Whether this process is there and says that calls are welcome."""
        return self._probes[name]()

    # ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> datetime:
        """The site's present."""
        return self.clock.now()

    @property
    def clock(self) -> DemoClock:
        """The site's clock."""
        return DemoClock(self.files.demo_clock_file)

    def advance_to(self, when: datetime) -> None:
        """Moves the clock; nothing happens where that time is over."""
        ahead = when - self.now
        if ahead > timedelta(0):
            self.clock.advance(ahead)

    # ── State ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def files(self) -> Site:
        """Names of the files."""
        return Site.at(self.data)

    def backlog(self) -> int:
        """Events that wait to be published or to take effect."""
        waiting = sum(outbox_depth(self.files.store_file(name)) or 0 for name in SERVICES)
        return waiting + sum(consumer_lags(self.files.bus_file).values())

    def alarms(self) -> int:
        """Documents that wake up now, or so soon that a test might see it."""
        soon = to_ms(self.now + _SOON)
        found = 0
        for name in SERVICES:
            with reading(self.files.store_file(name)) as connection:
                for (kind,) in connection.execute(_ALARMED).fetchall():
                    due = f"SELECT count(*) FROM {kind} WHERE json_extract(body, '$.due_at') <= ?"
                    found += connection.execute(due, (soon,)).fetchone()[0]
        return found

    def settle(self, patience: float = PATIENCE) -> None:
        """Waits until every event has had its effect and nobody wakes up for the next few seconds."""
        until(self._quiet, "events and alarms to be over", patience)

    def _quiet(self) -> bool:
        """Looked at twice: an effect may come between what waits to be published and what waits to be consumed."""
        head = self._head()
        over = self.backlog() == 0 and self.alarms() == 0
        return over and self.backlog() == 0 and self._head() == head

    def _head(self) -> int:
        with reading(self.files.bus_file) as connection:
            return int(connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])

    def dead_letters(self) -> dict[str, int]:
        """Events that a consumer gave up, by group."""
        return {group: number for group, number in dead_letter_counts(self.files.bus_file).items() if number}


@contextmanager
def live_site(*, sample: bool = True, settings: Mapping[str, str] | None = None) -> Iterator[LiveSite]:
    """A started site; stopped, and its folder removed, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tb-"))  # short: a socket's path has 107 bytes
    site = LiveSite(folder / "data", sample, settings or {})
    try:
        site.start()
        yield site
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)
