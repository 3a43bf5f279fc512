"""Every request has ids, one line in the log and one measurement, and none of them says what it was about."""

import logging
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.testing import FakeSite, client_of, fake_app

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_request_id_is_given_or_kept(client: FlaskClient) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", client.get("/healthz").headers["X-Request-Id"])
    assert client.get("/healthz", headers={"X-Request-Id": "kiosk-7.42"}).headers["X-Request-Id"] == "kiosk-7.42"


@pytest.mark.parametrize("given", ["x" * 65, "a b", "a\tb", "名"])
def test_a_request_id_that_could_spoil_a_log_is_not_kept(client: FlaskClient, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] != given


def test_a_trace_is_carried_on_to_the_services(site: FakeSite, client: FlaskClient) -> None:
    response = client.get("/api/v1/centers/610902", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert response.headers["X-Trace-Id"] == TRACE
    assert site.last.metadata["traceparent"].split("-")[1] == TRACE


def test_without_a_trace_one_is_begun(site: FakeSite, client: FlaskClient) -> None:
    first = client.get("/api/v1/centers/610902")
    assert site.last.metadata["traceparent"].split("-")[1] == first.headers["X-Trace-Id"]
    assert client.get("/api/v1/centers/610902").headers["X-Trace-Id"] != first.headers["X-Trace-Id"]


@pytest.mark.parametrize("given", ["nonsense", f"00-{'0' * 32}-b7ad6b7169203331-01", f"00-{TRACE}-zz-01"])
def test_a_trace_that_is_none_is_not_carried_on(client: FlaskClient, given: str) -> None:
    response = client.get("/healthz", headers={"traceparent": given})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Trace-Id"])
    assert response.headers["X-Trace-Id"] not in given


def test_the_log_names_the_route_and_never_a_number_a_name_or_a_code(
    client: FlaskClient, clerk: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"item_id": "item-1", "id_number": "990101199003070015", "holder_name": "张三丰"}
    client.post("/api/v1/centers/610902/tickets", json=body)
    client.get("/api/v1/journeys/j-1?code=3k9h2m7x4q8w1z5t6v0y2b4c8d")
    client.get("/api/v1/tickets/3k9h2m7x4q8w1z5t6v0y2b4c8d", headers=clerk)
    lines = [record.getMessage() for record in caplog.records if record.name == "gateway.access"]
    assert lines[0].startswith("POST /api/v1/centers/<center>/tickets 201 ")
    assert "actor=public" in lines[0]
    assert "actor=staff-1" in lines[2]
    everything = "\n".join(record.getMessage() for record in caplog.records)
    for secret in ("990101199003070015", "张三丰", "3k9h2m7x", "clerk-token"):
        assert secret not in everything


def test_the_log_names_the_problem(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.get("/no/such/code/3k9h2m7x")
    line = caplog.records[-1].getMessage()
    assert "GET unmatched 404" in line
    assert "code=route_unknown" in line


def test_every_response_keeps_browsers_from_what_no_page_means(client: FlaskClient) -> None:
    for path in ("/healthz", "/nowhere", "/api/v1/openapi.json", "/api/v1/docs"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Permissions-Policy" in headers
        assert headers["Cache-Control"]


def test_readiness_names_the_services_that_are_missing(client: FlaskClient) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["services"]["queuing"] is False
    assert client.get("/healthz").status_code == 200


def test_the_metrics_can_be_read(client: FlaskClient) -> None:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert b"python_info" in response.data


def test_the_metrics_are_for_this_machine_or_the_networks_that_are_named(site: FakeSite) -> None:
    def answer(address: str, forwarded: str = "", **settings: Any) -> int:
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        client = client_of(fake_app(site, **settings))
        return client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code

    assert answer("192.0.2.7") == 403
    assert answer("127.0.0.1") == 200
    assert answer("::1") == 200
    assert answer("192.0.2.7", metrics_networks=("192.0.2.0/24",)) == 200
    assert answer("127.0.0.1", metrics_networks=()) == 403
    # Through a proxy on this machine, whether it is told of or not.
    assert answer("127.0.0.1", "198.51.100.1") == 403
    assert answer("127.0.0.1", "198.51.100.1", trusted_proxies=1) == 403
    assert answer("127.0.0.1", "192.0.2.7", trusted_proxies=1, metrics_networks=("192.0.2.0/24",)) == 200


def test_metrics_with_a_port_of_their_own_are_on_no_public_one(site: FakeSite) -> None:
    assert client_of(fake_app(site, metrics_listen="127.0.0.1:9464")).get("/metrics").status_code == 404


def test_a_request_s_id_goes_on_to_the_services(site: FakeSite, client: FlaskClient) -> None:
    client.get("/api/v1/centers/610902", headers={"X-Request-Id": "kiosk-7.42"})
    assert site.last.metadata["x-request-id"] == "kiosk-7.42"


def test_a_method_that_a_client_makes_up_is_not_written_down(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.open("/healthz", method="X13800138000")
    assert "OTHER unmatched 405" in caplog.records[-1].getMessage()
    assert "13800138000" not in caplog.text
