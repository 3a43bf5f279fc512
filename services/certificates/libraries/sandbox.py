"""A library that plays, over real HTTP: for learning and for tests. What it says is nobody's certificate."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import orjson

from services.certificates.libraries.remote import RemoteLibrary
from services.certificates.libraries.signing import NONCE, SIGNATURE, Key, answer_signature, is_question

_PURPOSE: Final = b"tongban sandbox of a certificate library"
_PATH: Final = "/certificates"
_MOST: Final = 64 * 1024
#: A type that it won't speak of, so that a refusal can be tried.
CLOSED_TYPE: Final = "CLOSED"


class SandboxServer:
    """Answers on this machine only. It has one certificate of each type for everybody, valid to the end of the next year."""

    def __init__(self, key: Key) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(key))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="certificate-sandbox", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{_PATH}"

    def start(self) -> SandboxServer:
        """Begins to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answers no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def sandbox_library(secret: bytes) -> RemoteLibrary:
    """A library of this process's own, spoken to as any other. ``secret`` is the site's."""
    key = Key("sandbox", hmac.new(secret, _PURPOSE, hashlib.sha256).digest())
    return RemoteLibrary(SandboxServer(key).start().url, key, sandbox=True)


def _handler(key: Key) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One question."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Says what there is to whoever has the key."""
            length = self.headers.get("Content-Length", "")
            body = self.rfile.read(min(int(length), _MOST)) if length.isdigit() else b""
            if not is_question(key, self.path, body, self.headers, now=int(time.time())):  # type: ignore[arg-type]
                self._say(401, {"message": "签名不符"})
                return
            asked = orjson.loads(body)
            if CLOSED_TYPE in asked["types"]:
                self._say(403, {"message": "该类证照未授权查询"})
                return
            self._say(200, _answer(asked))

        def _say(self, status: int, said: dict[str, Any]) -> None:
            body = orjson.dumps(said)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header(SIGNATURE, answer_signature(key, self.headers.get(NONCE, ""), body))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: what was asked for is on record where it was asked."""

    return Handler


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    at = datetime.now(UTC)
    return {
        "answer_id": f"SANDBOX-{asked['id'][-12:]}",
        "inquiry_id": asked["id"],
        "said_at": at.isoformat(),
        "certificates": [_certificate(asked["person"], each, at) for each in asked["types"]],
    }


def _certificate(person: dict[str, str], certificate_type: str, at: datetime) -> dict[str, Any]:
    mark = hashlib.sha256(f"{person['id_number']}/{certificate_type}".encode()).hexdigest()[:10].upper()
    return {
        "id": f"{certificate_type}-{mark}"[:64],
        "type": certificate_type,
        "name": "电子证照（演示）",
        "number": f"SANDBOX-{mark}",
        "issuer": "演示证照库",
        "issued_on": date(at.year - 1, 1, 1).isoformat(),
        "valid_until": date(at.year + 1, 12, 31).isoformat(),
    }
