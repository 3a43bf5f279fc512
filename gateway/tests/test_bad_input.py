"""What can't be read is refused before anything is asked, each with its own code."""

import time
from contextlib import suppress

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.requests import MAX_DEPTH, parse_object
from gateway.testing import FakeSite, client_of, fake_app

TICKETS = "/api/v1/centers/610902/tickets"
JSON = "application/json"


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", JSON, 400, "json_malformed"),
        (b'{"item_id": NaN}', JSON, 400, "json_malformed"),
        (b'{"item_id": "\\ud800"}', JSON, 400, "json_malformed"),
        (b"{} {}", JSON, 400, "json_malformed"),
        (b"[]", JSON, 400, "json_not_object"),
        (b'"{}"', JSON, 400, "json_not_object"),
        (b"null", JSON, 400, "json_not_object"),
        (b"", JSON, 400, "body_missing"),
        (b" \n", JSON, 400, "body_missing"),
        (b"", "", 400, "body_missing"),
        (b'{"item_id": "\xff\xfe"}', JSON, 400, "body_not_utf8"),
        ('{"item_id": "身份证号码"}'.encode("gb18030"), JSON, 400, "body_not_utf8"),
        (nested(MAX_DEPTH + 1), JSON, 400, "json_too_deep"),
        (b"[" * 100_000, JSON, 400, "json_too_deep"),
        (b"item_id=1", "application/x-www-form-urlencoded", 415, "content_type_unsupported"),
        (b'{"item_id": "x"}', "text/plain", 415, "content_type_unsupported"),
        (b'{"item_id": "x"}', "", 415, "content_type_unsupported"),
        (b'{"item_id": "' + b"x" * 2_000_000 + b'"}', JSON, 413, "body_too_large"),
    ],
)
def test_an_unreadable_body_is_refused(
    site: FakeSite, client: FlaskClient, body: bytes, content_type: str, status: int, code: str
) -> None:
    response = client.post(TICKETS, data=body, content_type=content_type)
    assert (response.status_code, response.get_json(force=True)["code"]) == (status, code)
    assert not site.asked_of("TakeTicket")


def test_a_body_as_deep_as_is_allowed_is_read() -> None:
    assert parse_object(nested(MAX_DEPTH)) != {}


def test_a_text_without_an_end_takes_no_longer_than_another_of_its_length() -> None:
    began = time.perf_counter()
    with pytest.raises(Malformed):
        parse_object(b'{"a": "' + b'\\"' * 50_000)
    assert time.perf_counter() - began < 2  # it took half a minute when every quote was tried as a beginning


def test_brackets_in_text_are_no_depth() -> None:
    assert parse_object(b'{"a": "' + b"[" * 1000 + b'\\"{{{{"}') == {"a": "[" * 1000 + '"{{{{'}


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    with suppress(Malformed):
        assert isinstance(parse_object(data), dict)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "item_id", "missing"),
        ({"item_id": 7}, "item_id", "string_type"),
        ({"item_id": ""}, "item_id", "string_too_short"),
        ({"item_id": "x" * 65}, "item_id", "string_too_long"),
        ({"item_id": "' OR 1=1 --"}, "item_id", "string_pattern_mismatch"),
        ({"item_id": {"$gt": ""}}, "item_id", "string_type"),
        ({"item_id": "x", "disabled": "yes"}, "disabled", "bool_type"),
        ({"item_id": "x", "id_number": "12345"}, "id_number", "string_too_short"),
        ({"item_id": "x", "no_such": 1}, "no_such", "extra_forbidden"),
    ],
)
def test_a_wrong_field_is_named_in_chinese(
    site: FakeSite, client: FlaskClient, body: dict[str, object], field: str, code: str
) -> None:
    response = client.post(TICKETS, json=body)
    assert response.status_code == 422
    (error,) = response.get_json(force=True)["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert not error["message"].isascii()
    assert not site.asked


def test_all_wrong_fields_are_named_at_once(client: FlaskClient) -> None:
    response = client.post(TICKETS, json={"item_id": 7, "disabled": 1, "holder_name": "长" * 101})
    assert {each["field"] for each in response.get_json(force=True)["errors"]} == {"item_id", "disabled", "holder_name"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/centers/610902/tickets?limit=abc",
        "/api/v1/centers/610902/tickets?limit=0",
        "/api/v1/centers/610902/tickets?limit=201",
        "/api/v1/centers/610902/tickets?state=lost",
        "/api/v1/centers/610902/tickets?day=2026-02-30",
        "/api/v1/centers/610902/tickets?day=tomorrow",
        "/api/v1/centers/610902/tickets?no_such=1",
        "/api/v1/centers/610902/tickets?cursor=%00",
        "/api/v1/centers/610902/deadline?from=2026-11-23",
        "/api/v1/centers/610902/deadline?from=23.11.2026&days=5",
        "/api/v1/centers/610902/deadline?from=0001-01-01&days=5",
        "/api/v1/centers/610902/deadline?from=2026-11-23&days=-1",
        "/api/v1/centers/610902/deadline?from=2026-11-23&days=5&unit=week",
        "/api/v1/centers/61%2009/board",
        "/api/v1/tickets/%27%20OR%201=1",
    ],
)
def test_a_wrong_parameter_is_refused(site: FakeSite, client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 422
    assert response.get_json(force=True)["errors"]
    assert not site.asked


@pytest.mark.parametrize(
    "environ",
    [
        {"PATH_INFO": "/api/v1/centers/\xff"},  # as a server hands the bytes on (PEP 3333)
        {"PATH_INFO": "/api/v1/centers/610902/items", "QUERY_STRING": "query=%e8%af"},
    ],
)
def test_an_address_that_is_not_utf8_is_refused(site: FakeSite, client: FlaskClient, environ: dict[str, str]) -> None:
    response = client.get("/", environ_overrides=environ)
    assert (response.status_code, response.get_json(force=True)["code"]) == (400, "address_not_utf8")
    assert not site.asked


@pytest.mark.parametrize("text", ["'; DROP TABLE tickets; --", '{"$ne": null}', "<script>alert(1)</script>", "${7*7}"])
def test_text_that_looks_like_code_arrives_as_text(site: FakeSite, client: FlaskClient, text: str) -> None:
    assert client.post(TICKETS, json={"item_id": "x", "holder_name": text}).status_code == 201
    assert site.last.request.holder_name == text


@pytest.mark.parametrize("value", ['W/"3"', "3", "", '"x"', '"1", "2"', "null"])
def test_a_malformed_if_match_is_refused(
    site: FakeSite, client: FlaskClient, clerk: dict[str, str], value: str
) -> None:
    response = client.post("/api/v1/tickets/t-1/finish", headers={**clerk, "If-Match": value})
    assert response.status_code == 422
    assert response.get_json(force=True)["errors"][0]["field"] == "If-Match"
    assert not site.asked_of("FinishTicket")


@pytest.mark.parametrize("value", ["", "x" * 129, "with blank", "名"])
def test_a_malformed_idempotency_key_is_refused(site: FakeSite, client: FlaskClient, value: str) -> None:
    response = client.post(TICKETS, json={"item_id": "x"}, headers={"Idempotency-Key": value})
    assert response.status_code == 422
    assert not site.asked_of("TakeTicket")


def test_an_import_may_be_larger_than_other_bodies_but_not_without_limit(site: FakeSite) -> None:
    client = client_of(fake_app(site, max_body=1000, max_import=5000))
    url = "/api/v1/centers/610902/items/import"
    assert client.post(url, data=b"x" * 4000, content_type="text/csv").status_code == 200
    assert client.post(url, data=b"x" * 6000, content_type="text/csv").status_code == 413
    assert client.post(url, data=b"", content_type="text/csv").status_code == 400
    assert client.post(url, data=b"x", content_type="application/zip").status_code == 415
