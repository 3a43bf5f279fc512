"""A certificate library over real HTTP: signed both ways, in time or not at all, and refused by its own words."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest

from kit.errors import Forbidden, Unavailable
from services.certificates.libraries.breaker import Breaker
from services.certificates.libraries.port import Inquiry, Person
from services.certificates.libraries.remote import MOST_BYTES, RemoteLibrary
from services.certificates.libraries.sandbox import CLOSED_TYPE, SandboxServer
from services.certificates.libraries.signing import NONCE, SIGNATURE, SKEW_SECONDS, Key, answer_signature

KEY = Key("here", b"a secret that only tests have")
INQUIRY = Inquiry(
    "i-1", Person("例云帆", "resident_id", "990101199003070015"), ("TYPE-1",), "办理申请 1", "610902", "李窗口"
)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    server = SandboxServer(KEY).start()
    yield server
    server.stop()


def test_a_signed_question_is_answered_for_the_types_asked_for(sandbox: SandboxServer) -> None:
    answer = RemoteLibrary(sandbox.url, KEY).ask(INQUIRY)
    (found,) = answer.certificates
    assert (found.certificate_type, len(answer.sha256)) == ("TYPE-1", 64)
    assert found.valid_until is not None
    assert RemoteLibrary(sandbox.url, KEY).ask(INQUIRY).certificates == answer.certificates


def test_who_has_another_key_or_another_time_is_answered_nothing(sandbox: SandboxServer) -> None:
    for library in (
        RemoteLibrary(sandbox.url, Key("here", b"another secret")),
        RemoteLibrary(sandbox.url, Key("elsewhere", KEY.secret)),
        RemoteLibrary(sandbox.url, KEY, now=lambda: time.time() - SKEW_SECONDS - 60),
    ):
        with pytest.raises((Forbidden, Unavailable)):
            library.ask(INQUIRY)


def test_what_it_refuses_it_says_why_and_is_asked_again(sandbox: SandboxServer) -> None:
    library = RemoteLibrary(sandbox.url, KEY, breaker=Breaker(failures=1))
    closed = Inquiry(**{**fields(INQUIRY), "types": (CLOSED_TYPE,)})
    for _ in range(2):
        with pytest.raises(Forbidden, match="certificate_library_refused") as told:
            library.ask(closed)
    assert "未授权" in told.value.message
    assert library.ask(INQUIRY).certificates


def fields(inquiry: Inquiry) -> dict[str, Any]:
    return {name: getattr(inquiry, name) for name in inquiry.__dataclass_fields__}


def said(**changes: Any) -> bytes:
    card = {
        "id": "c-1",
        "type": "TYPE-1",
        "name": "居民身份证",
        "number": "1",
        "issuer": "样例公安局",
        "issued_on": "2020-01-01",
        "valid_until": None,
    }
    whole = {
        "answer_id": "a-1",
        "inquiry_id": "i-1",
        "said_at": "2026-11-23T02:00:00+00:00",
        "certificates": [card],
    }
    return orjson.dumps(whole | changes)


class Liar:
    """A server that answers this, signed for another question where it is to be."""

    def __init__(self, status: int, body: bytes, *, nonce: str | None = None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header(SIGNATURE, answer_signature(KEY, nonce or self.headers[NONCE], body))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.mark.parametrize(
    ("status", "body", "nonce"),
    [
        (200, said(), "another question's"),
        (200, said(inquiry_id="i-2"), None),
        (200, said(certificates=[{"id": "c-1"}]), None),
        (200, said(said_at="2026-11-23T02:00:00"), None),
        (200, said(certificates=[{}] * 300), None),
        (200, b"[]", None),
        (200, b"\xff", None),
        (200, b"1" * (MOST_BYTES + 1), None),
        (500, said(), None),
        (302, said(), "another question's"),
    ],
    ids=["replayed", "other-question", "half", "no-zone", "too-many", "list", "no-json", "too-long", "error", "moved"],
)
def test_an_answer_that_can_not_be_relied_on_is_none(status: int, body: bytes, nonce: str | None) -> None:
    with Liar(status, body, nonce=nonce) as url, pytest.raises(Unavailable, match="certificate_library_"):
        RemoteLibrary(url, KEY).ask(INQUIRY)


def test_types_that_were_not_asked_for_are_not_taken() -> None:
    other = orjson.loads(said())["certificates"][0] | {"type": "TYPE-2"}
    with Liar(200, said(certificates=[other])) as url:
        assert RemoteLibrary(url, KEY).ask(INQUIRY).certificates == ()


def test_one_that_is_silent_is_given_up_in_time_and_then_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        library = RemoteLibrary(url, KEY, breaker=Breaker(failures=1), seconds=0.3)
        with pytest.raises(Unavailable, match="certificate_library_unavailable"):
            library.ask(INQUIRY)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="certificate_library_unavailable"):
        library.ask(INQUIRY)
    assert time.monotonic() - began < 0.3, "nobody waits for it a second time"


def test_one_that_is_not_there_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unavailable, match="certificate_library_unavailable"):
        RemoteLibrary(f"http://127.0.0.1:{port}/", KEY).ask(INQUIRY)
