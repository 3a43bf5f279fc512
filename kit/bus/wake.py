"""How processes of one machine wake each other: a datagram to every socket of a topic. Lost ones do no harm.

Who listens to a topic has a socket named after it in a folder, so that what is published wakes those who listen to it
and nobody else: with a dozen groups on a machine, waking all would cost more than most events' effects.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import threading
import time
import uuid
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

#: Sockets in the folder are looked up again after this many seconds.
_LOOK_SECONDS = 0.5
#: A socket's path may have 107 bytes on Linux; where it would be longer, listeners look by the clock alone.
_MAX_PATH = 107


def _prefix(topic: str) -> str:
    """What the names of a topic's sockets begin with; two topics that share it wake each other for nothing."""
    return f"{zlib.crc32(topic.encode()) & 0xFFFF:04x}"


class Listener:
    """One thread's place to wait for any of its topics."""

    def __init__(self, wake: Wake, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self._wake = wake
        self._condition = threading.Condition()
        #: How often it was woken.
        self.count = 0

    def ring(self) -> None:
        """Wakes it."""
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout: float) -> None:
        """Waits until woken after the count was ``seen``, at most ``timeout`` seconds (50 ms without an ear)."""
        if not self._wake.hears(self.topics):
            timeout = min(timeout, 0.05)
        with self._condition:
            self._condition.wait_for(lambda: self.count != seen or self._wake.closed, timeout)

    def close(self) -> None:
        """Lets who waits go; it isn't woken any more."""
        self._wake.forget(self)
        self.ring()


class Wake:
    """One process's ears, one a topic, and its voice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "wake"
        self._id = uuid.uuid4().hex[:8]
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._ears: dict[str, socket.socket] = {}
        self._selector: selectors.BaseSelector | None = None
        self._voice = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._others: dict[str, list[str]] = {}
        self._looked = -_LOOK_SECONDS
        #: Whether this process is leaving.
        self.closed = False

    # ── Listening ────────────────────────────────────────────────────────────────────────────────────────────

    def listener(self, topics: Iterable[str]) -> Listener:
        """A new listener. Where an ear can't be had it looks by the clock, and the next one tries again."""
        listener = Listener(self, topics)
        with self._lock:
            self._listeners = (*self._listeners, listener)
            for topic in sorted(listener.topics - self._ears.keys()):
                self._open(topic)
        return listener

    def forget(self, listener: Listener) -> None:
        """Rings it no more; the ears stay, for who joins anew."""
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each is not listener)

    def hears(self, topics: frozenset[str]) -> bool:
        """Whether there is an ear for each."""
        return topics <= self._ears.keys()

    def _open(self, topic: str) -> None:
        path = self._path(topic)
        if self.closed or len(os.fsencode(path)) > _MAX_PATH:
            return
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            ear.bind(str(path))
        except OSError as error:
            ear.close()
            log.warning("cannot be woken (%s); looking by the clock", error)
            return
        self._ears[topic] = ear
        begins = self._selector is None
        self._selector = self._selector or selectors.DefaultSelector()
        self._selector.register(ear, selectors.EVENT_READ, topic)
        if begins:
            threading.Thread(target=self._listen, args=(self._selector,), name="wake", daemon=True).start()

    def _path(self, topic: str) -> Path:
        return self._folder / f"{_prefix(topic)}{self._id}"

    def _listen(self, selector: selectors.BaseSelector) -> None:
        """Until closed; then the ears, which nobody else uses, are closed here."""
        while not self.closed:
            heard = set()
            for key, _ in selector.select():
                _drain(key.fileobj)
                heard.add(key.data)
            self._ring(heard)
        with self._lock:
            for ear in self._ears.values():
                ear.close()
            selector.close()

    def _ring(self, topics: set[str]) -> None:
        for listener in self._listeners:
            if not listener.topics.isdisjoint(topics):
                listener.ring()

    # ── Waking ───────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, topics: Iterable[str]) -> None:
        """Wakes every process that listens to one of these, this one at once."""
        called = set(topics)
        self._ring(called)
        if self.closed:
            return
        others = self._look()
        for topic in called:
            for other in others.get(_prefix(topic), ()):
                try:
                    self._voice.sendto(b"!", other)
                except (ConnectionRefusedError, FileNotFoundError):
                    self._remove(other)
                except OSError:
                    continue  # its ear is full, so it is awake; or this process leaves, or the kernel has no room now

    def _look(self) -> dict[str, list[str]]:
        """Other processes' ears, by what their names begin with."""
        now = time.monotonic()
        if now - self._looked > _LOOK_SECONDS:
            self._looked = now
            found: dict[str, list[str]] = {}
            with contextlib.suppress(OSError):
                for entry in os.scandir(self._folder):
                    if not entry.name.endswith(self._id):
                        found.setdefault(entry.name[:4], []).append(entry.path)
            self._others = found
        return self._others

    def _remove(self, other: str) -> None:
        """Removes the ear of a process that was killed."""
        self._others = {prefix: [each for each in paths if each != other] for prefix, paths in self._others.items()}
        with contextlib.suppress(OSError):
            os.unlink(other)

    def close(self) -> None:
        """Closes ears and voice."""
        self.closed = True
        with self._lock:
            for listener in self._listeners:
                listener.ring()
            for topic in self._ears:
                with contextlib.suppress(OSError):
                    self._voice.sendto(b"!", str(self._path(topic)))  # so that the thread sees that it is over
                self._path(topic).unlink(missing_ok=True)
        self._voice.close()


def _drain(ear: Any) -> None:
    """Takes all that has come, as it means the same once or often."""
    with contextlib.suppress(BlockingIOError):
        while True:
            ear.recv(1)
