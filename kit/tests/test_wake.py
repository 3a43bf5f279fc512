"""Waking other processes: a lost datagram costs a moment, and nobody is made deaf by somebody else's end."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit.bus.wake import Listener, Wake


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        yield Path(folder)


@dataclass
class Process:
    """A process that listens to one topic."""

    wake: Wake
    listener: Listener

    def close(self) -> None:
        self.listener.close()
        self.wake.close()


def listening(folder: Path, topic: str = "topic") -> Process:
    wake = Wake(folder)
    return Process(wake, wake.listener([topic]))


def ears(folder: Path) -> int:
    return len(os.listdir(folder / "wake"))


def test_a_datagram_wakes_the_other_process(folder: Path) -> None:
    one, other = listening(folder), listening(folder)
    seen = other.listener.count
    one.wake.send(["topic"])
    other.listener.wait(seen, 10)
    assert other.listener.count > seen
    one.close()
    other.close()


def test_who_listens_to_something_else_sleeps_on(folder: Path) -> None:
    one, sleeper = listening(folder), listening(folder, "another topic")
    both = one.wake.listener(["topic", "another topic"])
    one.wake.send(["topic"])
    one.wake.send(["another topic"])
    sleeper.listener.wait(0, 10)
    assert sleeper.listener.count == 1
    assert one.listener.count == 1
    assert both.count == 2
    one.close()
    sleeper.close()


def test_a_waiting_thread_is_let_go_when_its_process_leaves(folder: Path) -> None:
    one = listening(folder)
    thread = threading.Thread(target=one.listener.wait, args=(one.listener.count, 60))
    thread.start()
    one.close()
    thread.join(10)
    assert not thread.is_alive()
    assert ears(folder) == 0


def test_the_ear_of_a_killed_process_is_removed(folder: Path) -> None:
    other = listening(folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(folder / "wake" / (os.listdir(folder / "wake")[0][:4] + "killed")))
    assert ears(folder) == 2
    other.wake.send(["topic"])
    assert ears(folder) == 1
    other.close()


def test_who_still_writes_while_it_leaves_makes_nobody_deaf(folder: Path) -> None:
    leaving, other = listening(folder), listening(folder)
    leaving.wake.send(["topic"])
    leaving.close()
    leaving.wake.send(["topic"])
    assert ears(folder) == 1
    other.close()


class _Exhausted:
    def sendto(self, data: bytes, address: str) -> None:
        raise OSError(errno.ENOBUFS, "No buffer space available")

    def close(self) -> None:
        pass


def test_a_kernel_without_room_makes_nobody_deaf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = listening(folder), listening(folder)
    with monkeypatch.context() as patched:
        patched.setattr(one.wake, "_voice", _Exhausted())
        one.wake.send(["topic"])
    assert ears(folder) == 2
    one.close()
    other.close()


def test_two_threads_that_find_the_same_ear_dead_dont_fail(folder: Path) -> None:
    one = listening(folder)
    one.wake._others = {"topi": ["gone"]}
    one.wake._remove("gone")
    one.wake._remove("gone")
    assert one.wake._others == {"topi": []}
    one.close()


def test_without_an_ear_one_looks_by_the_clock(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "wake").write_text("where the folder of ears should be")
    deaf = listening(folder)
    began = time.monotonic()
    deaf.listener.wait(deaf.listener.count, 10)
    assert time.monotonic() - began < 5
    assert "wake" in caplog.text
    (folder / "wake").unlink()
    again = deaf.wake.listener(["topic"])  # as the next consumer does
    assert ears(folder) == 1
    again.close()
    deaf.close()
