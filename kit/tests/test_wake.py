"""Waking other processes: a lost datagram costs a moment, and nobody is made deaf by somebody else's end."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.bus.wake import Wake


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        yield Path(folder)


def listening(folder: Path) -> Wake:
    wake = Wake(folder)
    wake.ensure_listening()
    return wake


def ears(folder: Path) -> int:
    return len(os.listdir(folder / "wake"))


def test_a_datagram_wakes_the_other_process(folder: Path) -> None:
    one, other = listening(folder), listening(folder)
    seen = other.count
    one.send()
    other.wait(seen, 10)
    assert other.count > seen
    one.close()
    other.close()


def test_the_ear_of_a_killed_process_is_removed(folder: Path) -> None:
    other = listening(folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(folder / "wake" / "killed"))
    assert ears(folder) == 2
    other.send()
    assert ears(folder) == 1
    other.close()


def test_who_still_writes_while_it_leaves_makes_nobody_deaf(folder: Path) -> None:
    leaving, other = listening(folder), listening(folder)
    leaving.send()
    leaving.close()
    leaving.send()
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
        patched.setattr(one, "_voice", _Exhausted())
        one.send()
    assert ears(folder) == 2
    one.close()
    other.close()


def test_two_threads_that_find_the_same_ear_dead_dont_fail(folder: Path) -> None:
    one = listening(folder)
    one._others = ["gone"]
    one._forget("gone")
    one._forget("gone")
    assert one._others == []
    one.close()


def test_without_an_ear_one_looks_by_the_clock(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "wake").write_text("where the folder of ears should be")
    wake = listening(folder)
    began = time.monotonic()
    wake.wait(wake.count, 10)
    assert time.monotonic() - began < 5
    assert "wake" in caplog.text
    (folder / "wake").unlink()
    wake.ensure_listening()  # as the next consumer does
    assert ears(folder) == 1
    wake.close()
