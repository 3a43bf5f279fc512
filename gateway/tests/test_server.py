"""What the server can't read is refused in the same form as everything else; one that leaves loses nobody's request."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer
from waitress.utilities import BadRequest, RequestEntityTooLarge, RequestHeaderFieldsTooLarge, ServerNotImplemented

from gateway.server import Connections, _Refusal, busy, serve
from gateway.settings import GatewaySettings


class Wire:
    """Where a task writes its response."""

    def __init__(self) -> None:
        self.server = SimpleNamespace(adj=Adjustments())
        self.written = b""

    def write_soon(self, data: bytes) -> int:
        self.written += data
        return len(data)


@pytest.mark.parametrize(
    ("refused", "status", "code"),
    [
        (BadRequest("Bad URI"), 400, "request_malformed"),
        (RequestEntityTooLarge("exceeds"), 413, "body_too_large"),
        (RequestHeaderFieldsTooLarge("exceeds"), 431, "headers_too_large"),
        (ServerNotImplemented("Transfer-Encoding requested is not supported."), 400, "request_malformed"),
    ],
)
def test_a_request_that_is_none_gets_a_problem(refused: Any, status: int, code: str) -> None:
    wire = Wire()
    request: Any = SimpleNamespace(error=refused, version="1.1", headers={}, connection_close=False, command="GET")
    task: Any = _Refusal(wire, request)  # type: ignore[arg-type]
    task.start()
    task.execute()
    task.finish()
    head, _, body = wire.written.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/problem+json" in head
    assert b"Connection: close" in head
    document = orjson.loads(body)
    assert (document["status"], document["code"]) == (status, code)


@pytest.fixture
def leaving() -> threading.Event:
    return threading.Event()


@pytest.fixture
def connections(leaving: threading.Event) -> Iterator[Connections]:
    """Of a server that runs."""
    made: Connections = {}
    server = serve(hello, GatewaySettings(port=0), made, leaving)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield made
    server.close()
    thread.join(5)


def hello(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def address(connections: Connections) -> tuple[str, int]:
    listener = next(each for each in connections.values() if isinstance(each, BaseWSGIServer))
    return "127.0.0.1", listener.effective_port  # type: ignore[attr-defined]  # the stubs know nothing of it


def test_a_server_that_leaves_goes_on_answering_and_sends_each_client_elsewhere(
    connections: Connections, leaving: threading.Event
) -> None:
    first = HTTPConnection(*address(connections), timeout=5)
    first.request("GET", "/")
    answer = first.getresponse()
    assert (answer.read(), answer.getheader("Connection")) == (b"ok", None)
    leaving.set()
    first.request("GET", "/")  # on the connection that it has
    answer = first.getresponse()
    assert (answer.read(), answer.getheader("Connection")) == (b"ok", "close")
    late = HTTPConnection(*address(connections), timeout=5)
    late.request("GET", "/")
    answer = late.getresponse()
    assert (answer.read(), answer.getheader("Connection")) == (b"ok", "close")


def test_a_server_is_busy_with_what_has_half_arrived(connections: Connections) -> None:
    assert not busy(connections)
    with socket.create_connection(address(connections), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha")
        until(lambda: busy(connections))
        client.sendall(b"lf")
        assert client.recv(1024).startswith(b"HTTP/1.1 200 OK")
        until(lambda: not busy(connections))


def until(state: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not state():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
