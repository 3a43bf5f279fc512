"""Callers: keep-alive connections that each send their next request when the last is answered, in one thread.

One selector loop and hand-made HTTP, so that the measuring takes little of the machine that it shares with the site.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

#: How long an answer may take before the measurement is given up, in seconds.
PATIENCE = 30.0


class MeasurementError(Exception):
    """What was to be measured didn't happen: no figure is given rather than a wrong one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``name`` is what its time is filed under, empty for one that isn't measured."""

    name: str
    method: str
    #: Under ``/api/v1/``, or with a leading slash from the root.
    path: str
    body: Any = None
    token: str = ""
    #: Answers other than 2xx that are the script's business.
    may_fail: bool = False
    #: How long to wait before it is sent, in seconds.
    after: float = 0.0

    def encoded(self, host: str) -> bytes:
        """The request as it goes over the wire."""
        content = b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()
        path = self.path if self.path.startswith("/") else f"/api/v1/{self.path}"
        lines = [f"{self.method} {path} HTTP/1.1", f"Host: {host}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if content:
            lines.append("Content-Type: application/json")
        if self.method != "GET":
            lines.append(f"Content-Length: {len(content)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    content: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The content."""
        return json.loads(self.content)


#: What a caller does: yields requests, gets their answers, ends when it has enough.
Script = Generator[Request, Answer, None]


@dataclass
class Times:
    """The answers' times by name, in seconds, and how long the whole took."""

    by_name: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """Answers in all."""
        return sum(map(len, self.by_name.values()))

    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds


@dataclass(eq=False)
class _Caller:
    connection: socket.socket
    script: Script
    request: Request
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def run(address: str, scripts: Iterable[Script]) -> Times:
    """Lets every script have its way over a connection of its own. Raises ``MeasurementError`` on a bad answer."""
    parts = urlsplit(address)
    host = parts.netloc
    times = Times()
    later: list[tuple[float, _Caller]] = []
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for script in scripts:
            first = next(script, None)
            if first is None:
                continue
            connection = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            caller = _Caller(connection, script, first)
            selector.register(connection, selectors.EVENT_READ, caller)
            _send(caller, host, later)
        while selector.get_map():
            pause = min((due for due, _ in later), default=0.0) - time.perf_counter() if later else PATIENCE
            ready = selector.select(max(0.0, pause))
            if not ready and not later:
                raise MeasurementError(f"no answer from {host} for {PATIENCE:.0f} s")
            for key, _ in ready:
                if not _receive(key.data, host, times, later):
                    selector.unregister(key.fileobj)
                    key.data.connection.close()
            _send_due(host, later)
        times.seconds = time.perf_counter() - began
    return times


def _send_due(host: str, later: list[tuple[float, _Caller]]) -> None:
    now = time.perf_counter()
    for due, caller in list(later):
        if due <= now:
            later.remove((due, caller))
            _send_now(caller, host)


def _send(caller: _Caller, host: str, later: list[tuple[float, _Caller]]) -> None:
    if caller.request.after:
        later.append((time.perf_counter() + caller.request.after, caller))
    else:
        _send_now(caller, host)


def _send_now(caller: _Caller, host: str) -> None:
    encoded = caller.request.encoded(host)
    caller.received.clear()
    caller.sent_at = time.perf_counter()
    caller.connection.sendall(encoded)


def _receive(caller: _Caller, host: str, times: Times, later: list[tuple[float, _Caller]]) -> bool:
    """Takes what has arrived; false once the script has ended."""
    piece = caller.connection.recv(262_144)
    now = time.perf_counter()
    if not piece:
        raise MeasurementError(f"{caller.request.path}: the connection was closed")
    caller.received += piece
    parsed = parse(caller.received)
    if parsed is None:
        return True
    request, answer = caller.request, Answer(*parsed, now - caller.sent_at)
    if not answer.ok and not request.may_fail:
        raise MeasurementError(f"{request.method} {request.path}: {answer.status} {answer.content[:400].decode()}")
    if request.name:
        times.by_name.setdefault(request.name, []).append(answer.seconds)
    try:
        caller.request = caller.script.send(answer)
    except StopIteration:
        return False
    _send(caller, host, later)
    return True


def parse(received: bytearray) -> tuple[int, bytes] | None:
    """Status and content of a response, once it is complete."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(received) < end + 4 + length:
        return None
    return int(head[9:12]), bytes(received[end + 4 : end + 4 + length])


def once(address: str, request: Request) -> Answer:
    """One request by itself."""
    kept: list[Answer] = []

    def script() -> Script:
        kept.append((yield request))

    run(address, [script()])
    return kept[0]
