"""Time as an argument: nothing in the house asks the system for it directly.

Business time is UTC in whole milliseconds. Security (tokens, sessions, rate limits) always runs on real time.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from kit.errors import Invalid


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 of an aware time; parts of a millisecond are cut off."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return int((at - _EPOCH) // _MS)


def from_ms(ms: int) -> datetime:
    """The UTC time of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class Clock(Protocol):
    """Tells the business time."""

    def now(self) -> datetime:
        """The present, UTC, in whole milliseconds."""
        ...


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The present, UTC, in whole milliseconds."""
        return from_ms(to_ms(datetime.now(UTC)))


class FixedClock:
    """A clock for tests that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._now = from_ms(to_ms(at))
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time it was set to."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta) -> datetime:
        """Moves it forward; returns the new time. Raises ``Invalid`` on a move back."""
        if by < timedelta(0):
            raise Invalid("clock_moved_back", "时钟只能向前拨动。")
        with self._lock:
            self._now = from_ms(to_ms(self._now + by))
            return self._now


class DemoClock:
    """Real time plus an offset that an operator moves forward; every process that maps the file follows at once.

    For the embedded mode only: the tests and the demo pass working days with it. The file holds the offset in
    milliseconds as one aligned 64-bit integer, so that a reader never sees half of it.
    """

    SIZE = 8

    def __init__(self, path: Path, real: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._real = real
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            # Only ever lengthened, with zeros: others may begin at the same time, or have been killed in between.
            os.posix_fallocate(file, 0, self.SIZE)
            self._map = mmap.mmap(file, self.SIZE)
        finally:
            os.close(file)

    def now(self) -> datetime:
        """The real time moved by the offset."""
        return from_ms(to_ms(self._real()) + self.offset_ms)

    @property
    def offset_ms(self) -> int:
        """How far ahead of real time it is."""
        offset: int = struct.unpack("<q", self._map[: self.SIZE])[0]
        return offset

    def advance(self, by: timedelta) -> datetime:
        """Moves every process's time forward; returns the new time. Raises ``Invalid`` on a move back."""
        if by < timedelta(0):
            raise Invalid("clock_moved_back", "时钟只能向前拨动。")
        self._map[: self.SIZE] = struct.pack("<q", self.offset_ms + by // _MS)
        self._map.flush()
        return self.now()
