"""The supervisor: starts processes, starts dead ones again with back-off, stops all; none outlives it.

Each child gets the reading end of a pipe whose writing end only the supervisor has (``TONGBAN_PARENT_FD``): when the
supervisor dies, however it dies, the child reads the end of it and stops (kit.chassis).
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

#: Where a child finds its end of the pipe.
PARENT_FD: Final = "TONGBAN_PARENT_FD"

#: A log that is larger than this at the start is put aside, and the two before it kept.
LOG_BYTES: Final = 10 * 1024 * 1024
LOGS_KEPT: Final = 3


@dataclass(frozen=True)
class Program:
    """What is run: a name, a command line, its environment, and its log."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    #: Stopped before the others.
    edge: bool = False
    #: What the command runs, where it is a module of ours that can be forked instead (cli.forking).
    module: str = ""


class Process(Protocol):
    """A running program: the part of ``subprocess.Popen`` that is needed of it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Its exit code, or a signal as a negative number; ``None`` while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end, ``timeout`` in seconds. Raises ``subprocess.TimeoutExpired``."""

    def send_signal(self, number: int, /) -> None:
        """Nothing happens where it has ended."""

    def kill(self) -> None:
        """Ends it at once."""


@dataclass(frozen=True)
class Restarts:
    """How soon a dead process is started again, in seconds: ``first``, doubled up to ``longest`` with each death in a
    row; one that lived for ``healthy`` begins anew."""

    first: float = 0.2
    longest: float = 10.0
    healthy: float = 30.0

    def pause(self, deaths: int) -> float:
        """The pause after so many deaths in a row (1 or more)."""
        return float(min(self.first * 2 ** min(deaths - 1, 30), self.longest))


class State(StrEnum):
    """What a child is doing."""

    RUNNING = "running"
    #: Dead, to be started again.
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass
class Child:
    """A program and its present process."""

    program: Program
    state: State = State.STOPPED
    process: Process | None = None
    restarts: int = 0
    started_at: float = 0.0
    #: How the process before this one ended: an exit code, or a signal as a negative number.
    last_exit: int | None = None
    _deaths_in_a_row: int = field(default=0, repr=False)
    _started: float = field(default=0.0, repr=False)
    _start_again_at: float = field(default=0.0, repr=False)

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self.process.pid if self.process is not None and self.state is State.RUNNING else None


@dataclass(frozen=True)
class _Ended:
    child: Child
    process: Process


class Supervisor:
    """Runs programs until told to stop. Its methods are for one thread; ``stop`` may be called from a signal handler."""

    def __init__(
        self,
        programs: Iterable[Program],
        *,
        restarts: Restarts = Restarts(),
        grace: float = 8.0,
        inherit: Sequence[int] = (),
        changed: Callable[[Sequence[Child]], None] = lambda children: None,
    ) -> None:
        self.children = [Child(program) for program in programs]
        self._restarts = restarts
        self._grace = grace
        self._changed = changed
        self._inbox: queue.SimpleQueue[_Ended | None] = queue.SimpleQueue()
        self._stopping = 0
        #: The end of the pipe that children read.
        self.lifeline, self._held = os.pipe()
        self.inherit = (self.lifeline, *inherit)
        #: Starts the programs that have a module, where it is given.
        self.fork: Callable[[Program], Process] | None = None

    @property
    def stopping(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stopping > 0

    def start(self) -> None:
        """Starts every program."""
        for child in self.children:
            rotate(child.program.log)
        for child in self.children:
            self._spawn(child)
        self._changed(self.children)

    def stop(self) -> None:
        """Ends ``run``; called again, without waiting for anybody."""
        self._stopping += 1
        self._inbox.put(None)

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Starts the dead again until ``stop``, or until ``until()``, which is asked after every event."""
        while not self._stopping and not until():
            self._wait(self._next_start())
            self._start_due()

    def wake(self) -> None:
        """Lets ``run`` ask ``until`` again; for other threads."""
        self._inbox.put(None)

    def shut_down(self) -> None:
        """Asks all to end, the edge first, and kills who doesn't within the grace."""
        self._stopping = max(self._stopping, 1)
        for edge in (True, False):
            self._end([child for child in self.children if child.program.edge is edge])
        os.close(self._held)
        os.close(self.lifeline)
        self._changed(self.children)

    # ── One child ────────────────────────────────────────────────────────────────────────────────────────────

    def _spawn(self, child: Child) -> None:
        """Starts a process; a machine that has no room for one now is asked again like after a death."""
        child.started_at, child._started = time.time(), time.monotonic()
        try:
            process = self._begin(child.program)
        except OSError as error:
            sys.stderr.write(f"tongban: {child.program.name} can't be started now: {error}\n")
            child.process = None
            self._bury(child)
            return
        child.process, child.state = process, State.RUNNING
        threading.Thread(target=self._wait_for, args=(child, process), daemon=True).start()

    def _begin(self, program: Program) -> Process:
        told = replace(program, environment={**program.environment, PARENT_FD: str(self.lifeline)})
        return self.fork(told) if self.fork is not None and program.module else self._popen(told)

    def _popen(self, program: Program) -> subprocess.Popen[bytes]:
        with program.log.open("ab") as log:
            return subprocess.Popen(
                list(program.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=program.environment,
                pass_fds=self.inherit,
                process_group=0,  # a Ctrl-C on the terminal is the supervisor's to answer
            )

    def _wait_for(self, child: Child, process: Process) -> None:
        process.wait()
        self._inbox.put(_Ended(child, process))

    def _wait(self, timeout: float | None) -> None:
        try:
            ended = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return
        if ended is not None and ended.process is ended.child.process:
            self._bury(ended.child)

    def _bury(self, child: Child) -> None:
        now = time.monotonic()
        lived = now - child._started
        child._deaths_in_a_row = 1 if lived >= self._restarts.healthy else child._deaths_in_a_row + 1
        child._start_again_at = now + self._restarts.pause(child._deaths_in_a_row)
        child.last_exit = child.process.returncode if child.process else None
        child.state = State.WAITING
        self._changed(self.children)

    def _next_start(self) -> float | None:
        due = [child._start_again_at for child in self.children if child.state is State.WAITING]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.state is State.WAITING and child._start_again_at <= now and not self._stopping:
                child.restarts += 1
                self._spawn(child)
                self._changed(self.children)

    # ── The end ──────────────────────────────────────────────────────────────────────────────────────────────

    def _end(self, children: Sequence[Child]) -> None:
        for child in children:
            if child.process is not None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        for child in children:
            process = child.process
            if process is not None:
                while process.poll() is None and self._stopping < 2 and (left := deadline - time.monotonic()) > 0:
                    self._await(process, min(left, 0.2))
                if process.poll() is None:
                    process.kill()
                    process.wait()
                child.last_exit = process.returncode
            child.state = State.STOPPED

    @staticmethod
    def _await(process: Process, timeout: float) -> None:
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            return


def rotate(log: Path) -> None:
    """Puts a large log aside."""
    if not log.exists() or log.stat().st_size <= LOG_BYTES:
        return
    for number in range(LOGS_KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    log.replace(log.with_name(f"{log.name}.1"))
