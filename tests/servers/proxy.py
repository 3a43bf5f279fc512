"""A line between a client and a server that can be cut: in the middle of a call, and for a while."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from types import TracebackType
from typing import Self


class Proxy:
    """Carries bytes between its own port and a server's, until it is told not to."""

    def __init__(self, server_port: int, port: int = 0) -> None:
        self._server_port = server_port
        self._door = socket.create_server(("127.0.0.1", port))
        self._lines: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        #: No line is opened while it is set.
        self._shut = False
        #: What the server answers is thrown away: its work is done, and the client never hears of it.
        self._deaf = False
        self._closed = False

    @property
    def port(self) -> int:
        """Where clients come to."""
        return int(self._door.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._door.close()
        self.cut()

    # ── What a test does to it ───────────────────────────────────────────────────────────────────────────────

    def cut(self) -> None:
        """Tears every line; new ones can be opened at once."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            for end in line:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def swallow_answers(self) -> None:
        """From now on questions arrive and answers don't; ``cut`` and ``hear`` end it."""
        self._deaf = True

    def hear(self) -> None:
        """Lets answers through again."""
        self._deaf = False

    def shut(self) -> None:
        """Tears every line and lets none be opened."""
        self._shut = True
        self.cut()

    def open(self) -> None:
        """Lets lines be opened again."""
        self._shut = False

    def lead_to(self, server_port: int) -> None:
        """Opens new lines to another server; those that are open stay where they are, as a cluster's Service does."""
        self._server_port = server_port

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client:
            if self._shut:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=5)
            except OSError:
                return
            with server, selectors.DefaultSelector() as selector:
                server.settimeout(None)
                with self._lock:
                    self._lines.append((client, server))
                selector.register(client, selectors.EVENT_READ, server)
                selector.register(server, selectors.EVENT_READ, client)
                with contextlib.suppress(OSError):
                    while self._pass_on(selector, server):
                        pass

    def _pass_on(self, selector: selectors.BaseSelector, server: socket.socket) -> bool:
        for key, _ in selector.select():
            came_from = key.fileobj
            assert isinstance(came_from, socket.socket)
            data = came_from.recv(65536)
            if not data:
                return False
            if not (self._deaf and came_from is server):
                key.data.sendall(data)
        return True
