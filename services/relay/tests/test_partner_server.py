"""The server of the partner API over real sockets: what slow and broken clients get, and how it ends."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from kit.settings import SettingsError, load
from services.relay.partner import server
from services.relay.partner.server import PartnerServer
from services.relay.partner.settings import PartnerSettings
from services.relay.tests.partner_office import LINK, MemoryOffice, Partner, chain


def until(state: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not state():
        assert time.monotonic() < end
        time.sleep(0.01)


ROOT = f"/partner/v1/links/{LINK}"


@pytest.fixture
def partner() -> Partner:
    return Partner(MemoryOffice())


@pytest.fixture
def serving(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> Iterator[PartnerServer]:
    monkeypatch.setattr(server._Connection, "request_seconds", 0.2)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = PartnerSettings(relay_partner_port=port, relay_partner_url="https://x", relay_partner_threads=2)
    found = PartnerServer(partner.app, settings, partner.waits)
    found.start()
    yield found
    found.stop(5)


def connected(serving: PartnerServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", serving.port), timeout=10)


def answer_of(serving: PartnerServer, sent: bytes) -> tuple[int, dict[str, Any]]:
    with closing(connected(serving)) as line:
        line.sendall(sent)
        got = b""
        while more := line.recv(65536):
            got += more
    head, _, body = got.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_a_signed_request_is_answered_over_a_real_socket(serving: PartnerServer, partner: Partner) -> None:
    fields = partner.signed("GET", f"{ROOT}/envelopes?after=0&limit=5", {})
    partner.office.outgoing = chain(2, partner.office.site, "510000.sichuan")
    reply = httpx.get(f"http://127.0.0.1:{serving.port}{ROOT}/envelopes?after=0&limit=5", headers=fields)
    assert [each["sequence"] for each in reply.json()["envelopes"]] == [1, 2]


def test_what_is_no_http_is_a_problem(serving: PartnerServer) -> None:
    assert answer_of(serving, b"nonsense\r\n\r\n")[1]["code"] == "request_malformed"


def test_headers_without_end_are_refused(serving: PartnerServer) -> None:
    assert answer_of(serving, b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n")[0] == 431


def test_an_absolute_target_is_refused(serving: PartnerServer) -> None:
    asked = b"GET http://elsewhere/partner/v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert answer_of(serving, asked)[1]["code"] == "target_malformed"


def test_a_body_above_the_limit_is_refused_before_it_is_read(serving: PartnerServer) -> None:
    asked = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"
    assert answer_of(serving, asked)[0] == 413


def test_who_trickles_is_cut_off(serving: PartnerServer) -> None:
    with closing(connected(serving)) as line:
        line.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")

        def is_cut() -> bool:
            try:
                line.sendall(b"x")
                line.setblocking(False)
                return line.recv(1) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True
            finally:
                line.settimeout(10)

        until(is_cut, seconds=20)


def test_polls_that_wait_leave_the_threads_to_others(serving: PartnerServer, partner: Partner) -> None:
    address = f"http://127.0.0.1:{serving.port}"
    path = f"{ROOT}/envelopes?wait=30"
    waiting = [
        threading.Thread(
            target=httpx.get, args=(address + path,), kwargs={"headers": partner.signed("GET", path, {}), "timeout": 40}
        )
        for _ in range(4)
    ]
    for each in waiting:
        each.start()
    until(lambda: partner.waits._waiting == 4, seconds=10)
    assert httpx.get(address + ROOT, headers=partner.signed("GET", ROOT, {})).status_code == 200
    partner.office.outgoing = chain(1, partner.office.site, "510000.sichuan")
    partner.waits.nudge()
    for each in waiting:
        each.join(10)
    assert not any(each.is_alive() for each in waiting)


class TestSettings:
    def test_it_is_off_unless_it_has_a_port(self) -> None:
        assert load(PartnerSettings, {}).relay_partner_port == 0

    @pytest.mark.parametrize("url", ["", "relay.example", "https://", "https://x/path", "ftp://x"])
    def test_a_port_needs_the_address_that_partners_sign(self, url: str) -> None:
        with pytest.raises(SettingsError, match="TONGBAN_RELAY_PARTNER_URL"):
            load(PartnerSettings, {"TONGBAN_RELAY_PARTNER_PORT": "8443", "TONGBAN_RELAY_PARTNER_URL": url})

    def test_numbers_have_bounds(self) -> None:
        with pytest.raises(SettingsError, match="RATE"):
            load(PartnerSettings, {"TONGBAN_RELAY_PARTNER_RATE": "0"})

    def test_a_port_that_is_taken_is_said(self, serving: PartnerServer, partner: Partner) -> None:
        settings = PartnerSettings(relay_partner_port=serving.port, relay_partner_url="https://x")
        with pytest.raises(SettingsError, match="TONGBAN_RELAY_PARTNER_PORT"):
            PartnerServer(partner.app, settings, partner.waits)
