"""An annex: a gateway and a queuing service of its own beside the site, over a store that holds so many tickets.

The rest (who may sign in, the clock, the keys) is the site's, so that several annexes differ in their store alone and
can be measured in turn.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.callers import MeasurementError
from bench.site import RunningSite, environment, stop
from bench.stored import Place, preload
from cli.components import COMPONENTS
from cli.health import grpc_probe, http_ready
from cli.processes import PARENT_FD
from cli.site import Site

_READY_SECONDS = 60.0


@dataclass(frozen=True)
class Annex:
    """One that runs."""

    tickets: int
    address: str
    pids: Mapping[str, int]


@contextmanager
def annexes(
    site: RunningSite, folder: Path, places: Sequence[Place], today: date, sizes: Sequence[int]
) -> Iterator[list[Annex]]:
    """One annex for each number of tickets."""
    with ExitStack() as stack:
        lifeline, held = os.pipe()
        stack.callback(os.close, lifeline)
        stack.callback(os.close, held)
        yield [stack.enter_context(_annex(site, folder / str(size), places, today, size, lifeline)) for size in sizes]


@contextmanager
def _annex(
    site: RunningSite, folder: Path, places: Sequence[Place], today: date, size: int, lifeline: int
) -> Iterator[Annex]:
    own = Site.at(folder)
    own.create_folders()
    _copy(site.site.store_file("queuing"), own.store_file("queuing"))
    preload(own.store_file("queuing"), places, today, size)
    port = _free_port()
    told = {**_environment(site.site, own), "TONGBAN_PORT": str(port), PARENT_FD: str(lifeline)}
    log = own.log_dir / "annex.log"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        pids = {}
        for name, module in (("queuing", "services.queuing.main"), ("gateway", "gateway")):
            with log.open("ab") as output:
                process = subprocess.Popen(
                    [sys.executable, "-m", module],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=told,
                    pass_fds=(lifeline,),
                )
            stack.callback(stop, process)
            pids[name] = process.pid
        address = f"http://127.0.0.1:{port}"
        _wait_for(grpc_probe(own.address_of("queuing")), log)
        _wait_for(lambda: http_ready(address, "/readyz"), log)
        yield Annex(size, address, pids)


def _environment(site: Site, own: Site) -> dict[str, str]:
    """The annex's own folders and queuing; everything else is the site's."""
    services = [f"{each.name}={site.address_of(each.name)}" for each in COMPONENTS if each.name != "queuing"]
    return {
        **environment(),
        **site.environment(),
        "TONGBAN_DATA": str(own.data),
        "TONGBAN_RUN_DIR": str(own.run_dir),
        "TONGBAN_SERVICES": ",".join(services),
        "TONGBAN_DEMO_CLOCK": str(site.demo_clock_file),
    }


def _copy(source: Path, target: Path) -> None:
    """A store as it is now, while its service goes on."""
    reading, writing = sqlite3.connect(source), sqlite3.connect(target)
    try:
        reading.backup(writing)
    finally:
        reading.close()
        writing.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(ready: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while not ready():
        if time.monotonic() > end:
            raise MeasurementError(f"an annex isn't ready:\n{log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.05)
