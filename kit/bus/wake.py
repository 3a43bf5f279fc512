"""How processes of one machine wake each other: a datagram to every socket of a folder. Lost ones do no harm."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from pathlib import Path

log = logging.getLogger(__name__)

#: Sockets in the folder are looked up again after this many seconds.
_LOOK_SECONDS = 0.5
#: A socket's path may have 107 bytes on Linux; where it would be longer, listeners look by the clock alone.
_MAX_PATH = 107


class Wake:
    """One process's ear and voice. Listening begins with the first consumer or tail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "wake"
        self._condition = threading.Condition()
        self._ear: socket.socket | None = None
        self._path = self._folder / uuid.uuid4().hex[:12]
        self._voice = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._others: list[str] = []
        self._looked = -_LOOK_SECONDS
        self._closed = False
        #: How often this process was woken.
        self.count = 0

    def ensure_listening(self) -> None:
        """Opens the ear, once. Where that can't be, one looks by the clock, and the next call tries again."""
        with self._condition:
            if self._ear is not None or len(os.fsencode(self._path)) > _MAX_PATH:
                return
            ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                ear.bind(str(self._path))
            except OSError as error:
                ear.close()
                log.warning("cannot be woken (%s); looking by the clock", error)
                return
            self._ear = ear
        threading.Thread(target=self._listen, args=(ear,), name="wake", daemon=True).start()

    def _listen(self, ear: socket.socket) -> None:
        while not self._closed:
            try:
                ear.recv(1)
            except OSError:
                return
            self._ring()

    def _ring(self) -> None:
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def send(self) -> None:
        """Wakes every process that listens, this one at once."""
        self._ring()
        if self._closed:
            return
        now = time.monotonic()
        if now - self._looked > _LOOK_SECONDS:
            self._looked = now
            try:
                self._others = [entry.path for entry in os.scandir(self._folder) if entry.path != str(self._path)]
            except OSError:
                self._others = []
        for other in list(self._others):
            try:
                self._voice.sendto(b"!", other)
            except (ConnectionRefusedError, FileNotFoundError):
                self._forget(other)
            except OSError:
                continue  # its ear is full, so it is awake; or this process leaves, or the kernel has no room now

    def _forget(self, other: str) -> None:
        """Removes the ear of a process that was killed."""
        self._others = [each for each in self._others if each != other]
        with contextlib.suppress(OSError):
            os.unlink(other)

    def wait(self, seen: int, timeout: float) -> None:
        """Waits until woken after the count was ``seen``, at most ``timeout`` seconds (50 ms without an ear)."""
        if self._ear is None:
            timeout = min(timeout, 0.05)
        with self._condition:
            self._condition.wait_for(lambda: self.count != seen or self._closed, timeout)

    def close(self) -> None:
        """Closes ear and voice."""
        self._closed = True
        with self._condition:
            self._condition.notify_all()
        if self._ear is not None:
            with contextlib.suppress(OSError):
                self._voice.sendto(b"!", str(self._path))
            self._ear.close()
            self._path.unlink(missing_ok=True)
        self._voice.close()
