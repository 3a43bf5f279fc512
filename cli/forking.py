"""How the supervisor gets its processes from the fork server (cli.fork_server), and waits for them as for its own."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cli.processes import Program

_PR_SET_CHILD_SUBREAPER: Final = 36
#: How long the fork server may take to load everything and answer, in seconds.
_PATIENCE: Final = 60.0


def can_fork() -> bool:
    """Whether this machine has what it takes; elsewhere each component is a command of its own."""
    if not hasattr(os, "pidfd_open"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


class Forked:
    """A process that was forked for us: the part of ``subprocess.Popen`` that the supervisor needs."""

    def __init__(self, pid: int, title: str) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._title = title
        self._descriptor = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._descriptor)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Its exit code, or a signal as a negative number; ``None`` while it runs."""
        return self._reap(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end, ``timeout`` in seconds. Raises ``subprocess.TimeoutExpired``."""
        ended = select.poll()
        ended.register(self._descriptor, select.POLLIN)
        if not ended.poll(None if timeout is None else max(0.0, timeout) * 1000):
            raise subprocess.TimeoutExpired(self._title, timeout or 0.0)
        return self._reap(0) or 0

    def _reap(self, options: int) -> int | None:
        with self._lock:
            if self.returncode is None:
                pid, status = os.waitpid(self.pid, options)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing happens where it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.Signals(number))

    def kill(self) -> None:
        """Ends it at once."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """Starts components; the server itself is started again where it has died. For one thread.

    ``inherit``: descriptors that every process gets, under the same numbers. ``log``: what the server itself says.
    """

    def __init__(
        self, modules: Sequence[str], environment: Mapping[str, str], log: Path, inherit: Sequence[int] = ()
    ) -> None:
        self._modules, self._environment, self._log, self._inherit = modules, dict(environment), log, inherit
        self._begin()

    def _begin(self) -> None:
        _adopt_orphans(True)
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.settimeout(_PATIENCE)
        with theirs, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.fork_server", str(theirs.fileno()), *self._modules],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                pass_fds=(theirs.fileno(), *self._inherit),
                process_group=0,
            )

    def start(self, program: Program) -> Forked:
        """A process of the program's module. Raises ``OSError`` when there can be none now."""
        title = " ".join(program.command)
        environment = self._differences(program.environment)
        request = json.dumps({"module": program.module, "title": title, "environment": environment}).encode()
        with program.log.open("ab") as log:
            try:
                answer = self._ask(request, log.fileno())
            except (BrokenPipeError, ConnectionResetError, EOFError):
                self.close()
                self._begin()
                answer = self._ask(request, log.fileno())
        if "error" in answer:
            raise BlockingIOError(answer["error"])
        return Forked(int(answer["pid"]), title)

    def _ask(self, request: bytes, log: int) -> Mapping[str, str]:
        socket.send_fds(self._connection, [request], [log])
        said = self._connection.recv(4096)
        if not said:
            raise EOFError("the fork server has ended")
        answer: Mapping[str, str] = json.loads(said)
        return answer

    def _differences(self, environment: Mapping[str, str]) -> dict[str, str | None]:
        """What must be set, and unset, where the server's own environment stands."""
        changed: dict[str, str | None] = {
            name: value for name, value in environment.items() if self._environment.get(name) != value
        }
        return changed | {name: None for name in self._environment if name not in environment}

    def close(self) -> None:
        """Ends the server; who was forked goes on."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
        _adopt_orphans(False)


def _adopt_orphans(adopt: bool) -> None:
    """Whether whoever is left without a parent below this process becomes its child. Raises ``OSError``."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process can't wait for others' children")
