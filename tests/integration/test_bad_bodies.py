"""Bodies and uploads that can't be read, or aren't what they say, are refused and change nothing."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from cli.demo.desk import SAMPLE_PDF
from tests.integration.checks import nothing_changes, problem
from tests.integration.people import Json, Town
from tests.integration.site import LiveSite
from tests.integration.visits import CENTER, NURSE, Visit

JSON = {"Content-Type": "application/json"}
COMPLAINTS = f"centers/{CENTER}/complaints"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(64)
PROGRAM = b"MZ\x90\x00" + bytes(512)
MIB = 1024 * 1024


def deep(levels: int) -> bytes:
    return b'{"text": ' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "body_missing"),
        (b"   ", 400, "body_missing"),
        (b"{", 400, "json_malformed"),
        (b'{"text": "a",}', 400, "json_malformed"),
        (b"{'text': 'a'}", 400, "json_malformed"),
        (b'{"text": NaN}', 400, "json_malformed"),
        (b'{"text": "\\ud800"}', 400, "json_malformed"),
        (b'{"text": "a\nb"}', 400, "json_malformed"),
        (b"[]", 400, "json_not_object"),
        (b'"text"', 400, "json_not_object"),
        (b"null", 400, "json_not_object"),
        (deep(33), 400, "json_too_deep"),
        (deep(100_000), 400, "json_too_deep"),
        (b'{"text": ' + b'{"a":' * 50_000, 400, "json_too_deep"),
        (b'{"text": "\xff\xfe"}', 400, "body_not_utf8"),
        ('{"text": "投诉"}'.encode("gbk"), 400, "body_not_utf8"),
        ('{"text": "投诉"}'.encode("utf-16"), 400, "body_not_utf8"),
        (b'{"text": "\xed\xa0\x80"}', 400, "body_not_utf8"),
        (b'{"text": ""}', 422, "fields_invalid"),
        (b'{"text": null}', 422, "fields_invalid"),
        (b'{"text": 5}', 422, "fields_invalid"),
        (b'{"text": ["a"]}', 422, "fields_invalid"),
        (b'{"text": "a", "anonymous": "true"}', 422, "fields_invalid"),
        (b'{"text": "a", "surprise": 1}', 422, "fields_invalid"),
        (b'{"text": "a", "topic": "no_such_topic"}', 422, "fields_invalid"),
        (b"{}", 422, "fields_invalid"),
        (b'{"anonymous": true, "text": "a\\u0000b"}', 422, "text_invalid"),
        (b'{"anonymous": true, "text": "a\\u001bb"}', 422, "text_invalid"),
        (b'{"text": "   "}', 422, "text_required"),
        (b'{"text": "' + b"a" * 2001 + b'"}', 422, "fields_invalid"),
        (b'{"text": "' + b"a" * 2 * MIB + b'"}', 413, "body_too_large"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
def test_a_body_that_can_not_be_read_is_refused(
    monday: datetime, site: LiveSite, town: Town, body: bytes, status: int, code: str
) -> None:
    with nothing_changes(site):
        problem(town.public.ask("POST", COMPLAINTS, content=body, headers=JSON), status, code)


@pytest.mark.parametrize(
    ("media_type", "code"),
    [("text/plain", 415), ("application/xml", 415), ("application/x-www-form-urlencoded", 415), ("", 415)],
)
def test_a_body_of_another_type_is_refused(site: LiveSite, town: Town, media_type: str, code: int) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    with nothing_changes(site):
        answer = town.public.ask("POST", COMPLAINTS, content=b'{"text": "a"}', headers=headers)
        problem(answer, code, "content_type_unsupported")


def test_a_method_that_nothing_does_is_refused(site: LiveSite, town: Town) -> None:
    with nothing_changes(site):
        answer = town.public.ask("DELETE", f"centers/{CENTER}")
        problem(answer, 405, "method_not_allowed")
        assert {"GET", "PUT"} <= set(answer.headers["allow"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    "target",
    [
        b"/api/v1/centers/%ff%fe",
        b"/api/v1/centers/610902/items?query=%c3%28",
        b"/api/v1/tickets/%e4%bd",
    ],
)
def test_an_address_that_is_no_utf8_is_refused(site: LiveSite, town: Town, target: bytes) -> None:
    with nothing_changes(site):
        answer = raw(town, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400"), answer
        assert b'"code":"address_not_utf8"' in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /api/v1/centers HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
        b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\nConnection: close\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: nonsense\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 300_000 + b"\r\n\r\n",
    ],
    ids=["negative length", "length no number", "no HTTP", "unknown coding", "endless address", "endless header"],
)
def test_what_is_no_http_is_refused_and_harms_nobody(site: LiveSite, town: Town, request_: bytes) -> None:
    with nothing_changes(site):
        answer = raw(town, request_)
        assert not answer or re.match(rb"HTTP/1\.[01] (400|404|413|431|501) ", answer), answer[:200]
    assert town.public.get("centers")["items"]


def raw(town: Town, request: bytes) -> bytes:
    """What the gateway answers to bytes that no client would send; nothing when it hangs up before it is told all."""
    where = urlsplit(town.address)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                answer += chunk
        return answer


# ── Uploads ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("filename", "content", "media_type", "status", "code"),
    [
        ("空.pdf", b"", "application/pdf", 422, "upload_empty"),
        ("大.pdf", b"%PDF-1.4" + bytes(21 * MIB), "application/pdf", 413, "body_too_large"),
        ("图.pdf", PNG, "application/pdf", 422, "upload_type"),
        ("图.png", SAMPLE_PDF, "image/png", 422, "upload_type"),
        ("材料.pdf", SAMPLE_PDF, "image/png", 422, "upload_mislabelled"),
        ("材料.pdf", PROGRAM, "application/pdf", 422, "upload_type"),
        ("材料.exe", PROGRAM, "application/octet-stream", 422, "upload_type"),
        ("材料.pdf.exe", SAMPLE_PDF, "application/pdf", 422, "upload_type"),
        ("材料.html", b"<html><script>alert(1)</script>", "text/html", 422, "upload_type"),
        ("材料.pdf", b"\x00" * 1024, "application/pdf", 422, "upload_type"),
        ("x" * 121 + ".pdf", SAMPLE_PDF, "application/pdf", 422, "text_too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else None,
)
def test_an_upload_that_is_not_what_it_should_be_is_refused(
    monday: datetime,
    site: LiveSite,
    town: Town,
    received: Visit,
    filename: str,
    content: bytes,
    media_type: str,
    status: int,
    code: str,
) -> None:
    with nothing_changes(site):
        files = {"file": (filename, content, media_type)}
        problem(received.clerk.ask("POST", upload_path(received), files=files), status, code)


@pytest.fixture(scope="module")
def received(site: LiveSite, town: Town, monday_of_module: datetime) -> Visit:
    """Somebody whose papers are in."""
    visit = Visit(town, NURSE)
    visit.hand_in()
    return visit


def upload_path(visit: Visit, material: str = "") -> str:
    key = material or visit.application["materials"][0]["key"]
    return f"applications/{visit.application['id']}/materials/{key}/files"


def test_an_upload_larger_than_the_center_takes_is_refused(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.hand_in()
    manager, setting = town.staff("hb-manager-01"), f"centers/{CENTER}/policy/upload_max_mb"
    manager.ask("PUT", setting, json={"value": 1}).raise_for_status()
    try:
        files = {"file": ("大.pdf", b"%PDF-1.4" + bytes(2 * MIB), "application/pdf")}
        with nothing_changes(site):
            problem(visit.clerk.ask("POST", upload_path(visit), files=files), 422, "upload_too_large")
    finally:
        manager.ask("DELETE", setting).raise_for_status()


def test_a_malformed_or_misplaced_upload_is_refused(
    monday: datetime, site: LiveSite, town: Town, received: Visit
) -> None:
    path = upload_path(received)
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    pdf = {"file": ("材料.pdf", SAMPLE_PDF, "application/pdf")}
    elsewhere = town.staff("hb-clerk-12")
    with nothing_changes(site):
        for headers, content in (
            (form, b"--b\r\nno headers"),
            (form, b"nothing at all"),
            (form, b""),
            ({"Content-Type": "multipart/form-data"}, b"--b--"),
            (JSON, b'{"file": "JVBERi0="}'),
        ):
            answer = received.clerk.ask("POST", path, content=content, headers=headers)
            assert answer.status_code in (400, 415, 422), answer.text
            problem(answer, answer.status_code, answer.json()["code"])
        nameless = {"file": ("", SAMPLE_PDF, "application/pdf")}
        problem(received.clerk.ask("POST", path, files=nameless), 400, "file_missing")
        other = received.clerk.ask("POST", upload_path(received, "no-such-material"), files=pdf)
        problem(other, 422, "material_unknown")
        problem(town.public.ask("POST", path, files=pdf), 401, "sign_in_required")
        missing = f"applications/{received.application['id']}/files/{'0' * 64}"
        problem(elsewhere.ask("GET", missing), 404, "upload_not_found")


def test_a_file_name_is_a_name_and_no_path(monday: datetime, site: LiveSite, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.hand_in()
    name = "../../../etc/passwd'; DROP TABLE doc_application;--.pdf"
    done: Json = visit.clerk.upload(upload_path(visit), name, SAMPLE_PDF, "application/pdf")
    stored = done["upload"]
    assert stored["filename"] == name
    outside = list(site.data.rglob("*passwd*"))
    assert not outside
    file = visit.clerk.get_bytes(f"applications/{visit.application['id']}/files/{stored['sha256']}")
    assert file.content == SAMPLE_PDF
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["content-type"] == "application/octet-stream"
