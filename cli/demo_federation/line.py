"""A line between two sites that can be cut: a TCP relay in this process, as a cable and a digger would have it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

_CHUNK = 64 * 1024


@dataclass
class Line:
    """Carries bytes from its own port to another; while it is cut, nothing passes and nobody gets through."""

    to_port: int
    port: int = 0
    _door: socket.socket | None = None
    _ends: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cut: bool = False
    #: How often it was cut.
    cuts: int = 0

    def open(self) -> None:
        """Begins to listen on a free port of this machine."""
        door = self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(door.getsockname()[1])
        threading.Thread(target=self._accept, args=(door,), name=f"line to {self.to_port}", daemon=True).start()

    def cut(self) -> None:
        """Ends what is connected, and lets nobody through until it is mended."""
        with self._lock:
            self._cut = True
            self.cuts += 1
            ends, self._ends = self._ends, set()
        for end in ends:
            _shut(end)

    def mend(self) -> None:
        """Lets them through again."""
        with self._lock:
            self._cut = False

    @contextlib.contextmanager
    def broken(self) -> Iterator[None]:
        """Cut for a while, and mended whatever happens meanwhile."""
        self.cut()
        try:
            yield
        finally:
            self.mend()

    def close(self) -> None:
        """Ends it for good."""
        self.cut()
        if self._door is not None:
            _shut(self._door)

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to_port), timeout=5)
                far.settimeout(None)
            except OSError:
                _shut(near)
                continue
            with self._lock:
                if self._cut:
                    _shut(near)
                    _shut(far)
                    continue
                self._ends |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(_CHUNK):
                target.sendall(chunk)
        except OSError:
            pass
        finally:
            for end in (source, target):
                with self._lock:
                    self._ends.discard(end)
                _shut(end)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
