"""What the servers of tests have in common: a process that is started, killed, paused and stopped."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

#: From where to where ports are taken: outside Linux's range for callers (32768 and more), and of well-known servers.
_OURS = (20_000, 30_000)
_any = random.SystemRandom()
#: Asks the kernel for the end with the parent (PR_SET_PDEATHSIG, SIGKILL), then becomes the server. As a program of its
#: own: code between fork and exec would run in a copy of a process that may hold gRPC's threads.
_BECOMES = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"


def launch(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Starts a process that ends with the test run, however that ends; Ctrl-C is for the tests alone.

    In a session of its own: Linux shares a busy processor out by sessions, and a server has as many clients as a site has
    processes.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BECOMES, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def free_ports(number: int) -> list[int]:
    """Ports of this machine that nobody listens to now, each another.

    Below those that the kernel gives to whoever calls or doesn't mind: what is killed and started again finds its port
    free, though other tests run beside.
    """
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        while len(found) < number:
            port = _any.randrange(*_OURS)
            with contextlib.suppress(OSError):  # somebody's
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
    return found


class Server(ABC):
    """One server with a folder of its own."""

    #: What it is called where it doesn't come up.
    called: ClassVar[str]
    #: How long it may take on a busy machine, in seconds.
    ready_seconds: ClassVar[float]
    log_name: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log_file(self) -> Path:
        """What it says."""
        return self.folder / self.log_name

    @abstractmethod
    def start(self) -> None:
        """Starts it, on what it had before; returns when it serves. Raises ``RuntimeError`` when it doesn't."""

    @abstractmethod
    def _serves(self) -> bool:
        """Whether it can be worked with."""

    def wait(self) -> None:
        """Waits until it serves. Raises ``RuntimeError`` when it ends before, or takes longer than a busy machine needs."""
        end = time.monotonic() + self.ready_seconds
        while not self._serves():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > end:
                told = self.log_file.read_text(errors="replace")[-3000:]
                raise RuntimeError(f"{self.called} {'ended' if ended else 'is not ready'}:\n{told}")
            time.sleep(0.02)

    def kill9(self) -> None:
        """Ends it as a power cut would."""
        self._signal(signal.SIGKILL)
        self._ended()

    def pause(self) -> None:
        """It stops where it is: connections stay, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Goes on after ``pause``."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends it in order; may be called twice."""
        if self._process is not None and self._process.poll() is None:
            self.resume()
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
            self._ended()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _ended(self) -> None:
        assert self._process is not None
        self._process.wait(20)
        self._process = None
