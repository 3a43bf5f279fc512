"""Runs the groups of `make test`, a few at a time: what waits for servers goes on beside what computes.

``python -m tests.side_by_side [--at-once 2] test-unit test-kafka …``: the Makefile's targets, begun in this order. What
a group says is kept whole: it is shown when the group ends, and can be followed in build/test/<group>.log. After a
failure no other group is begun; those that run come to their end. The last lines name every group and its result.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
#: Between two looks at the groups that run, in seconds.
_LOOK_AGAIN: Final = 0.2
#: How long a group may take to stop what it has started, in seconds.
_TO_END: Final = 60.0
_RULE: Final = "─"


@dataclass
class Group:
    """One target of the Makefile."""

    target: str
    #: The folder of what it says.
    logs: Path
    began: float = 0.0
    seconds: float = 0.0
    #: What it and all that it started has computed, in seconds of one core.
    computed: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    code: int | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.target.removeprefix("test-")

    @property
    def log(self) -> Path:
        """What it says."""
        return self.logs / f"{self.name.replace('/', '-')[:40]}.log"

    def begin(self, make: Sequence[str]) -> None:
        """Starts it in a session of its own: Linux shares a busy processor out by sessions."""
        say(f"{self.name} begins")
        self.began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*make, self.target],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def interrupt(self) -> None:
        """As Ctrl-C does, so that tests stop the servers that they have started; returns at the end, as it is then."""
        assert self.process is not None
        for number in (signal.SIGINT, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.process.pid, number)
                self.process.wait(_TO_END)

    @property
    def over(self) -> bool:
        """Whether it has come to its end; shows, the first time, what it said."""
        assert self.process is not None
        ended, status, used = os.wait4(self.process.pid, os.WNOHANG)
        if not ended:
            return False
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds, self.computed = time.monotonic() - self.began, used.ru_utime + used.ru_stime
        print(f"\n{_RULE * 2} {self.name} {_RULE * (76 - len(self.name))}", flush=True)  # noqa: T201
        with self.log.open("rb") as log:
            shutil.copyfileobj(log, sys.stdout.buffer)
        sys.stdout.flush()
        say(f"{self.name}: {self.result}\n")
        return True

    @property
    def result(self) -> str:
        """In words."""
        if self.code is None:
            return "not run"
        result = "passed" if self.code == 0 else f"FAILED ({self.code})"
        return f"{result} in {self.seconds:.0f} s ({self.computed:.0f} s of a core)"


def say(words: str) -> None:
    """One line."""
    print(f"test: {words}", flush=True)  # noqa: T201


def run(groups: Sequence[Group], at_once: int, make: Sequence[str]) -> None:
    """Each group, in this order, ``at_once`` of them at a time; begins none after a failure."""
    waiting, running = list(groups), list[Group]()
    try:
        while running or waiting:
            while waiting and len(running) < at_once:
                running.append(waiting.pop(0))
                running[-1].begin(make)
            time.sleep(_LOOK_AGAIN)
            running = [each for each in running if not each.over]
            if any(each.code for each in groups):
                waiting.clear()
    finally:
        for each in running:
            each.interrupt()


def main(arguments: Sequence[str]) -> int:
    """0 where every group passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.side_by_side")
    parser.add_argument("--at-once", type=int, default=2, choices=range(1, 10), metavar="N")
    parser.add_argument("--make", default="make")
    parser.add_argument("--logs", type=Path, default=ROOT / "build" / "test")
    parser.add_argument("targets", nargs="+")
    told = parser.parse_args(arguments)
    groups = [Group(target, told.logs) for target in told.targets]
    shutil.rmtree(told.logs, ignore_errors=True)
    told.logs.mkdir(parents=True)
    # So that what runs is ended, too; and hears of it, also where the shell has made SIGINT nothing to who is started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    say(f"{len(groups)} groups, {told.at_once} at a time; to follow one: tail -f {told.logs}/<group>.log")
    try:
        run(groups, told.at_once, shlex.split(told.make))
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    for each in groups:
        say(f"{each.name:<12} {each.result}")
    failed = ", ".join(each.name for each in groups if each.code)
    say(f"{f'FAILED: {failed}' if failed else 'all passed'}, after {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
