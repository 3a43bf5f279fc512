"""A certificate library over HTTP: signed questions, one deadline for all of it, and answers that are checked."""

from __future__ import annotations

import hashlib
import http.client
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from kit.errors import Forbidden, TongbanError, Unavailable
from kit.text import clean
from services.certificates.libraries.breaker import Breaker
from services.certificates.libraries.port import Answer, Certificate, Inquiry
from services.certificates.libraries.signing import SIGNATURE, Key, is_answer, question_headers

#: The whole of a question and its answer, in seconds; our own choice: less than those wait who asked certificates.
SECONDS: Final = 2.0
#: More is no answer to such a question.
MOST_BYTES: Final = 1024 * 1024
_PIECE: Final = 64 * 1024
_MOST_CERTIFICATES: Final = 200


class RemoteLibrary:
    """Speaks to one library. ``url`` is where questions are posted to."""

    def __init__(
        self,
        url: str,
        key: Key,
        *,
        sandbox: bool = False,
        breaker: Breaker | None = None,
        seconds: float = SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.sandbox = sandbox
        self._url = urlsplit(url)
        self._key = key
        self._breaker = breaker or Breaker()
        self._seconds = seconds
        self._now = now

    def ask(self, inquiry: Inquiry) -> Answer:
        """Posts the question. Raises as the port says."""
        if not self._breaker.may_ask():
            raise unavailable()
        body = orjson.dumps(asdict(inquiry))
        nonce = secrets.token_hex(16)
        try:
            status, said, signature = self._post(body, nonce)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._breaker.failed()
            raise unavailable() from error
        try:
            answer = self._answer(status, said, nonce, signature, inquiry)
        except Unavailable:
            self._breaker.failed()
            raise
        except TongbanError:
            self._breaker.succeeded()
            raise
        self._breaker.succeeded()
        return answer

    def _post(self, body: bytes, nonce: str) -> tuple[int, bytes, str]:
        until = time.monotonic() + self._seconds
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=self._seconds)
        path = self._url.path or "/"
        headers = question_headers(self._key, path, body, at=int(self._now()), nonce=nonce)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            return response.status, _read(connection, response, until), response.headers.get(SIGNATURE, "")
        finally:
            connection.close()

    def _answer(self, status: int, said: bytes, nonce: str, signature: str, inquiry: Inquiry) -> Answer:
        if status >= 500 or status == 429:
            raise unavailable()
        if not is_answer(self._key, nonce, said, signature):
            raise _unreliable()
        if status != 200:
            raise _refused(said)
        try:
            return _read_answer(orjson.loads(said), hashlib.sha256(said).hexdigest(), inquiry)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, TongbanError):
            raise _unreliable() from None


def unavailable() -> Unavailable:
    """What is raised while a library can't be asked."""
    return Unavailable("certificate_library_unavailable", "外部证照库暂时不可用，请照常提交材料。")


def _read(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, until: float) -> bytes:
    """The whole body, by the deadline however slowly it drips. Raises ``TimeoutError``, ``ValueError``."""
    pieces: list[bytes] = []
    size = 0
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = response.read1(_PIECE)
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size > MOST_BYTES:
            raise ValueError("too much")
        pieces.append(piece)


def _unreliable() -> Unavailable:
    message = "外部证照库的应答无法核实，未予采用，请照常提交材料。"
    return Unavailable("certificate_library_answer_invalid", message)


def _refused(said: bytes) -> Forbidden:
    """Why it won't say, in its own words where there are some."""
    try:
        reason = clean(str(orjson.loads(said)["message"]), field="message", max_length=200)
    except (orjson.JSONDecodeError, KeyError, TypeError, TongbanError):
        reason = "未说明理由"
    return Forbidden("certificate_library_refused", f"外部证照库不予查询：{reason}。请照常提交材料。")


def _read_answer(said: dict[str, Any], sha256: str, inquiry: Inquiry) -> Answer:
    """What was said, of the types that were asked for. Raises ``ValueError`` and its like on what says nothing."""
    at = datetime.fromisoformat(said["said_at"])
    listed = said["certificates"]
    if at.tzinfo is None or said["inquiry_id"] != inquiry.id or len(listed) > _MOST_CERTIFICATES:
        raise ValueError
    found = tuple(_certificate(each) for each in listed)
    reference = clean(said["answer_id"], field="answer_id", max_length=64)
    return Answer(reference, at, sha256, tuple(each for each in found if each.certificate_type in inquiry.types))


def _certificate(said: dict[str, Any]) -> Certificate:
    until = said["valid_until"]
    return Certificate(
        id=clean(said["id"], field="id", max_length=64),
        certificate_type=clean(said["type"], field="type", max_length=64),
        name=clean(said["name"], field="name", max_length=100),
        number=clean(said["number"], field="number", max_length=64),
        issuer=clean(said["issuer"], field="issuer", max_length=100),
        issued_on=date.fromisoformat(said["issued_on"]),
        valid_until=date.fromisoformat(until) if until is not None else None,
    )
