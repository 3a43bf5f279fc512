"""``tongban up``: checks, starts every process, loads the sample federation, and stays until it is told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from cli import preflight
from cli.components import COMPONENTS, ENVIRONMENT
from cli.first_steps import closing_line, exposure
from cli.forking import ForkServer, can_fork
from cli.health import probes
from cli.processes import PARENT_FD, Child, Program, Supervisor
from cli.refusal import Refusal
from cli.sample_loading import load_beside, sample_state
from cli.site import Site
from cli.starting import Start
from cli.state import SiteState, process_states, write_state

_ON: Final = ("1", "true", "yes", "on")
_OFF: Final = ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Options:
    """What ``tongban up`` was asked for."""

    site: Site
    host: str
    port: int
    demo_clock: bool
    sample: bool
    #: Begin within the sample's opening hours; with the demo clock only.
    open_day: bool = False

    @property
    def address(self) -> str:
        """Where people and programs come to."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host  # noqa: S104 — compared, not bound
        return f"http://{host}:{self.port}"


def options(
    data: Path | None,
    port: int | None,
    demo_clock: bool | None,
    sample: bool,
    environment: Mapping[str, str],
    *,
    open_day: bool = False,
) -> Options:
    """The options with what the environment says where the command line says nothing. Raises ``Refusal``."""
    said = environment.get("TONGBAN_PORT", "")
    if port is None and said and not said.isdecimal():
        raise Refusal(f"wrong settings:\n  TONGBAN_PORT={said!r}: give a whole number", exit_code=2)
    chosen = port if port is not None else int(said or 8080)
    if not 0 <= chosen <= 65535:
        raise Refusal(f"port {chosen} is none: give 1 to 65535, or 0 for any that is free.", exit_code=2)
    clock = environment.get("TONGBAN_DEMO_CLOCK", "").lower()
    if clock not in _ON + _OFF:
        raise Refusal(f"wrong settings:\n  TONGBAN_DEMO_CLOCK={clock!r}: give true or false", exit_code=2)
    moves = demo_clock if demo_clock is not None else clock in _ON
    if open_day and not moves:
        raise Refusal("--open-day moves the demo clock: give --demo-clock as well.", exit_code=2)
    host = environment.get("TONGBAN_HOST", "127.0.0.1")
    return Options(
        site=Site.at(data),
        host=host,
        port=chosen or _free_port(host),
        demo_clock=moves,
        sample=sample,
        open_day=open_day,
    )


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def up(chosen: Options, environment: Mapping[str, str]) -> int:
    """Runs the site until it is told to stop; the exit code. Raises ``Refusal``."""
    # The port and the clock are decided; what is left must make sense to every process.
    rest = {name: value for name, value in environment.items() if name not in ("TONGBAN_DEMO_CLOCK", "TONGBAN_PORT")}
    preflight.check_settings(rest)
    site = chosen.site
    os.umask(0o077)  # the data are people's: nobody else on the machine may look into them
    site.create_folders()
    with preflight.locked(site) as lock:
        site.create_keys()
        for note in preflight.check_data(site):
            _say(f"tongban: note: {note}")
        preflight.check_port(chosen.host, chosen.port)
        if note := exposure(chosen.host, sample=chosen.sample or bool(sample_state(site))):
            _say(f"tongban: note: {note}")
        if chosen.open_day:
            _open_the_day(site)
        return _run(chosen, programs(chosen, rest), lock)


def _open_the_day(site: Site) -> None:
    from cli.opening import open_the_day
    from kit.workdays import local_text

    begin = open_the_day(site)
    if begin is not None:
        print(f"tongban: the centers are closed now; the demo clock stands at {local_text(begin)}", flush=True)


def programs(chosen: Options, environment: Mapping[str, str]) -> Sequence[Program]:
    """The command line and environment of every component."""
    told = {**environment, **ENVIRONMENT, **chosen.site.environment()}
    told["TONGBAN_PORT"], told["TONGBAN_HOST"] = str(chosen.port), chosen.host
    told["PYTHONUNBUFFERED"] = "1"
    # Whoever knows a number may sign in with it: only where nobody's is a real one.
    told.setdefault("TONGBAN_CITIZEN_DEMO", "true" if chosen.sample or sample_state(chosen.site) else "false")
    # Only where nobody owes anything either: no money moves in it.
    told.setdefault("TONGBAN_PAYMENTS", "sandbox" if chosen.sample or sample_state(chosen.site) else "none")
    if chosen.demo_clock:
        told["TONGBAN_DEMO_CLOCK"] = str(chosen.site.demo_clock_file)
    return [
        Program(
            name=component.name,
            command=(sys.executable, "-m", component.module),
            environment=told,
            log=chosen.site.log_dir / f"{component.name}.log",
            edge=component.edge,
            module=component.module,
        )
        for component in COMPONENTS
    ]


def _run(chosen: Options, all_programs: Sequence[Program], lock: int) -> int:
    began, site = time.monotonic(), chosen.site
    supervisor = Supervisor(all_programs, inherit=(lock,), changed=_Recorder(chosen))
    _stop_on_signals(supervisor)
    _say(f"tongban: starting {len(all_programs)} processes, data in {site.data}")
    forks = _fork_server(site, supervisor) if can_fork() else None
    try:
        supervisor.fork = forks.start if forks is not None else None
        supervisor.start()
        Start(supervisor, probes(site, chosen.address, "/readyz"), _say).wait()
        if supervisor.stopping:
            return 0
        preflight.remember_files(site)
        sample = load_beside(site, chosen.sample, supervisor)
        if not supervisor.stopping:
            _say(closing_line(chosen.address, time.monotonic() - began, demo_clock=chosen.demo_clock, sample=sample))
            supervisor.run()
    finally:
        _say("tongban: stopping")
        if forks is not None:
            forks.close()
        supervisor.shut_down()
    _say(f"tongban: stopped; the data stays in {site.data}")
    return 0


def _fork_server(site: Site, supervisor: Supervisor) -> ForkServer:
    all_programs = [child.program for child in supervisor.children]
    environment = {**all_programs[0].environment, PARENT_FD: str(supervisor.lifeline)}
    modules = [each.module for each in all_programs]
    return ForkServer(modules, environment, site.log_dir / "fork-server.log", supervisor.inherit)


def _say(line: str) -> None:
    """A line for whoever watches; a reader that has left stops nothing."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


def _stop_on_signals(supervisor: Supervisor) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)


class _Recorder:
    """Writes the state file at every change."""

    def __init__(self, chosen: Options) -> None:
        self._chosen = chosen
        self._started_at = time.time()

    def __call__(self, children: Sequence[Child]) -> None:
        state = SiteState(
            pid=os.getpid(),
            started_at=self._started_at,
            address=self._chosen.address,
            demo_clock=self._chosen.demo_clock,
            processes=process_states(children),
        )
        try:
            write_state(self._chosen.site, state)
        except OSError as error:  # a full disk: the site goes on, only `tongban status` is behind
            sys.stderr.write(f"tongban: the state can't be written: {error}\n")
