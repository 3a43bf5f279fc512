"""A process that has everything loaded and forks a component whenever the supervisor asks (cli.forking; decision 0019).

Loading the code is nearly all that a start costs: once here instead of in every process, and what was loaded lies in
memory once. It has one thread, opens no file and no connection of the site's, and ends when the supervisor does.

``python -m cli.fork_server <socket's descriptor> <module> …``. A request is one message: a JSON object with ``module``,
``title``, ``environment`` (what differs from this process's own; ``null``: not there), and the log's descriptor beside
it. The answer is ``{"pid": …}`` or ``{"error": …}``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from setproctitle import setproctitle

from cli.components import main_module
from kit.process import run_main

MESSAGE_BYTES: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Job:
    """What a forked process is to become."""

    module: str
    title: str
    environment: dict[str, str | None]
    log: int

    def take_on(self) -> None:
        """Makes this process look as if it had been started with a command of its own."""
        os.setpgid(0, 0)  # a Ctrl-C on the terminal is the supervisor's to answer
        for descriptor in (1, 2):
            os.dup2(self.log, descriptor)
        os.close(self.log)
        for name, value in self.environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        sys.argv = [self.module]
        setproctitle(self.title)


def load(modules: Sequence[str]) -> None:
    """Imports what components are made of. One that can't be imported says so itself, in its own log."""
    for module in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(main_module(module))
    gc.collect()
    gc.freeze()  # what is here stays; a child that looks for garbage in it would have its own copy of it all


def serve(connection: socket.socket) -> Job | None:
    """Forks a child for each request. Returns in each child with its job, and here with none when nobody asks any more."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 1)
        if not data:
            return None
        asked: dict[str, Any] = json.loads(data)
        job = Job(asked["module"], asked["title"], asked["environment"], descriptors[0])
        answer: dict[str, Any]
        told, go = os.pipe()
        try:
            pid = fork_away()
            answer = {"pid": pid}
        except OSError as error:
            pid, answer = -1, {"error": str(error)}
        if pid == 0:
            connection.close()
            os.close(go)
            _wait_for_the_word(told)
            return job
        for descriptor in (told, job.log):
            os.close(descriptor)
        with contextlib.suppress(OSError):  # the next reading says that nobody is there
            connection.send(json.dumps(answer).encode())
            os.write(go, b"!")
        os.close(go)


def _wait_for_the_word(told: int) -> None:
    """Ends this process where the server ends before it has said who was forked: nobody would know of it."""
    if not os.read(told, 1):
        os._exit(0)
    os.close(told)


def fork_away() -> int:
    """Forks a process that isn't this one's child: its parent ends at once, so that it falls to the supervisor, who waits
    for it as for any other. Its id here, 0 in it. Raises ``OSError``."""
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        os.close(reading)
        try:
            pid = os.fork()
        except OSError:
            os._exit(1)
        if pid == 0:
            os.close(writing)
            return 0
        os.write(writing, str(pid).encode())
        os._exit(0)
    os.close(writing)
    try:
        os.waitpid(between, 0)
        said = os.read(reading, 20)
    finally:
        os.close(reading)
    if not said:
        raise BlockingIOError("no more processes can be started now")
    return int(said)


def main() -> None:
    """Serves; in a child, runs the component."""
    descriptor, *modules = sys.argv[1:]
    load(modules)
    job = serve(socket.socket(fileno=int(descriptor)))
    if job is not None:
        job.take_on()
        run_main(importlib.import_module(main_module(job.module)).main)


if __name__ == "__main__":
    main()
