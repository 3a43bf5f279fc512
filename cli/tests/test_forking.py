"""Processes that are forked from one that has everything loaded, by tiny modules that are no service."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.components import COMPONENTS
from cli.forking import Forked, ForkServer, can_fork
from cli.processes import PARENT_FD, Program, Restarts, State, Supervisor
from cli.tests.polling import is_alive, until

pytestmark = pytest.mark.skipif(not can_fork(), reason="processes are forked where the system has pidfd_open")

#: Says what it finds, and lives until its parent dies or it is asked to stop.
TINY = f"""
import json, os, sys
def main():
    print(json.dumps({{
        "environment": dict(os.environ), "arguments": sys.argv, "group": os.getpgid(0),
        "input": os.readlink("/proc/self/fd/0"), "descriptors": [int(each) for each in os.listdir("/proc/self/fd")],
    }}), flush=True)
    os.read(int(os.environ["{PARENT_FD}"]), 1)
"""
ENDS = "import sys\ndef main():\n    sys.exit(3)\n"
BROKEN = "raise RuntimeError('half a module')\n"
Make = Callable[[str], Program]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, code in (("tiny", TINY), ("ends", ENDS), ("broken", BROKEN)):
        (tmp_path / f"tongban_{name}.py").write_text(code)
    return tmp_path


@contextmanager
def forks(folder: Path) -> Iterator[tuple[ForkServer, Make]]:
    reading, writing = os.pipe()
    environment = {**os.environ, "PYTHONPATH": str(folder), PARENT_FD: str(reading), "ELSE": "where"}
    names = ("tongban_tiny", "tongban_ends", "tongban_broken")
    server = ForkServer(names, environment, folder / "fork-server.log", inherit=(reading,))

    def program(name: str) -> Program:
        own = {key: value for key, value in environment.items() if key != "ELSE"} | {"NAME": name}
        module = f"tongban_{name}"
        return Program(name, (sys.executable, "-m", module), own, folder / f"{name}.log", module=module)

    with ExitStack() as stack:
        stack.callback(os.close, reading)
        stack.callback(os.close, writing)
        stack.callback(server.close)
        yield server, program


def end(process: Forked) -> int:
    process.kill()
    return process.wait(10)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def said(folder: Path, name: str) -> dict[str, Any]:
    log = folder / f"{name}.log"
    until(lambda: log.exists() and log.read_text().endswith("\n"))
    found: dict[str, Any] = json.loads(log.read_text())
    return found


def test_a_forked_process_looks_as_if_it_had_been_started_with_its_command(folder: Path) -> None:
    with forks(folder) as (server, program):
        process = server.start(program("tiny"))
        found = said(folder, "tiny")
        assert found["environment"]["NAME"] == "tiny"
        assert "ELSE" not in found["environment"]
        assert found["arguments"] == ["tongban_tiny"]
        assert found["group"] == process.pid
        assert parent(process.pid) == os.getpid()
        assert found["input"] == "/dev/null"
        lifeline = int(found["environment"][PARENT_FD])
        assert len(set(found["descriptors"]) - {0, 1, 2, lifeline}) == 1, "the listing's own"
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        assert command.strip() == f"{sys.executable} -m tongban_tiny"
        assert end(process) == -signal.SIGKILL


def test_its_end_is_told_as_of_any_other_process(folder: Path) -> None:
    with forks(folder) as (server, program):
        assert server.start(program("ends")).wait(10) == 3
        process = server.start(program("tiny"))
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == process.poll() == process.returncode == -signal.SIGTERM
        process.kill()  # nothing happens


def test_a_module_that_cannot_be_loaded_says_so_in_its_own_log(folder: Path) -> None:
    with forks(folder) as (server, program):
        assert server.start(program("broken")).wait(10) == 1
        assert "half a module" in (folder / "broken.log").read_text()


def test_who_was_forked_lives_on_when_the_server_is_killed_and_the_next_is_forked_from_another(folder: Path) -> None:
    with forks(folder) as (server, program):
        first = server.start(program("tiny"))
        said(folder, "tiny")
        server._process.kill()
        server._process.wait()
        second = server.start(program("tiny"))
        assert first.poll() is None
        assert second.poll() is None
        assert end(first) == end(second) == -signal.SIGKILL


def test_who_was_forked_for_nobody_never_runs(folder: Path) -> None:
    """Its id could not be told, so another will be started in its place."""
    with forks(folder) as (server, _), (folder / "tiny.log").open("ab") as log:
        server._process.send_signal(signal.SIGSTOP)
        asked = {"module": "tongban_tiny", "title": "lost", "environment": {}}
        socket.send_fds(server._connection, [json.dumps(asked).encode()], [log.fileno()])
        server._connection.close()
        server._process.send_signal(signal.SIGCONT)
        assert server._process.wait(10) == 0
        until(lambda: os.waitpid(-1, os.WNOHANG)[0])
        assert (folder / "tiny.log").read_text() == ""


def test_no_process_is_left_where_no_more_can_be_started(folder: Path) -> None:
    """A limit that only holds for others than root, so the answer of such a machine is put in its place."""
    with forks(folder) as (server, program):
        server._ask = lambda request, log: {"error": "no more processes can be started now"}  # type: ignore[method-assign]
        with pytest.raises(BlockingIOError, match="no more processes"):
            server.start(program("tiny"))


def test_the_server_ends_with_whoever_began_it(folder: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from cli.forking import ForkServer; "
        f"server = ForkServer([], dict(os.environ), Path({str(folder / 'log')!r})); "
        "print(server._process.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert is_alive(pid)
        owner.kill()
    until(lambda: not is_alive(pid))


@pytest.mark.slow
def test_with_all_components_loaded_it_has_one_thread_and_nothing_open(tmp_path: Path) -> None:
    """What a fork would tear in two: threads, and descriptors that two processes would use as one."""
    modules = [component.module for component in COMPONENTS]
    (tmp_path / "tongban_ends.py").write_text(ENDS)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    server = ForkServer([*modules, "tongban_ends"], environment, tmp_path / "log")
    try:
        command = (sys.executable, "-m", "tongban_ends")
        ends = Program("ends", command, environment, tmp_path / "ends.log", module="tongban_ends")
        assert server.start(ends).wait(60) == 3
        process = Path(f"/proc/{server._process.pid}")
        assert len(list((process / "task").iterdir())) == 1
        assert len(list((process / "fd").iterdir())) == 4, "its input, its log twice, and the socket"
        assert (tmp_path / "log").read_text() == ""
    finally:
        server.close()


def test_the_supervisor_starts_a_forked_process_again(folder: Path) -> None:
    with forks(folder) as (server, program):
        began = time.monotonic()
        supervisor = Supervisor([program("tiny"), program("ends")], restarts=Restarts(first=0.01, longest=0.04))
        # Its lifeline isn't among what this server's processes inherit.
        supervisor.fork = lambda told: server.start(replace(told, environment=program(told.name).environment))
        supervisor.start()
        tiny, ends = supervisor.children
        before = tiny.pid
        assert before
        os.kill(before, signal.SIGKILL)
        supervisor.run(until=lambda: tiny.restarts == 1 and ends.restarts >= 2)
        assert tiny.pid not in (None, before)
        assert (tiny.last_exit, ends.last_exit) == (-signal.SIGKILL, 3)
        supervisor.shut_down()
        assert {child.state for child in supervisor.children} == {State.STOPPED}
        assert not is_alive(tiny.process.pid if tiny.process else 0)
        assert time.monotonic() - began < 60
