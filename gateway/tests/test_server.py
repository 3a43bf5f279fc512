"""What the server can't read is refused in the same form as everything else."""

from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from waitress.adjustments import Adjustments
from waitress.utilities import BadRequest, RequestEntityTooLarge, RequestHeaderFieldsTooLarge, ServerNotImplemented

from gateway.server import _Refusal


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
