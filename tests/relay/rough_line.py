"""A line between two sites that is as bad as lines are: slow, trickling, corrupting, cut; see also tests/servers/proxy.py."""

from __future__ import annotations

import random
import selectors
import socket
import time

from tests.servers.proxy import Proxy


class RoughLine(Proxy):
    """Carries bytes between its own port and a site's; what it does to them is changed while it runs."""

    def __init__(self, server_port: int, *, seed: int = 1) -> None:
        super().__init__(server_port)
        self._random = random.Random(seed)
        #: Seconds before each piece of what passes goes on.
        self.delay = 0.0
        #: Bytes a second; 0: as fast as it goes.
        self.trickle = 0
        #: Of how many pieces of what passes one has a bit flipped; 0: none.
        self.corrupt_one_in = 0
        #: Bytes that have passed, both ways.
        self.passed = 0
        #: Pieces that were corrupted.
        self.corrupted = 0
        #: The line is torn each time when so many bytes more have passed; 0: it isn't.
        self.cut_every = 0
        self._until_cut = 0
        #: How often it was.
        self.cuts = 0

    def _pass_on(self, selector: selectors.BaseSelector, server: socket.socket) -> bool:
        for key, _ in selector.select():
            came_from = key.fileobj
            assert isinstance(came_from, socket.socket)
            data = came_from.recv(65536)
            if not data:
                return False
            if self._deaf and came_from is server:
                continue
            if self.delay:
                time.sleep(self.delay)
            if self.corrupt_one_in and self._random.randrange(self.corrupt_one_in) == 0:
                spoilt = bytearray(data)
                spoilt[self._random.randrange(len(spoilt))] ^= 1 << self._random.randrange(8)
                data, self.corrupted = bytes(spoilt), self.corrupted + 1
            self._send(key.data, data)
            self.passed += len(data)
            if self.cut_every:
                self._until_cut += len(data)
                if self._until_cut >= self.cut_every:
                    self._until_cut, self.cuts = 0, self.cuts + 1
                    return False
        return True

    def _send(self, to: socket.socket, data: bytes) -> None:
        rate = self.trickle
        if not rate:
            to.sendall(data)
            return
        for start in range(0, len(data), max(1, rate // 50)):
            piece = data[start : start + max(1, rate // 50)]
            to.sendall(piece)
            time.sleep(len(piece) / rate)
