"""Log lines: readable as text, or one object each with the trace and request they belong to; never a person's number."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from kit import telemetry
from kit.telemetry.logs import BLOT, JsonFormatter, TextFormatter, blotted

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-00", telemetry.REQUEST_ID: "kiosk-7.42"}


def record(
    message: str, *args: object, extra: Mapping[str, Any] | None = None, error: bool = False
) -> logging.LogRecord:
    info = sys.exc_info() if error else None
    made = logging.LogRecord("kit.outbox", logging.WARNING, __file__, 1, message, args, info)
    made.__dict__.update(extra or {})
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter("queuing", "hanbin").format(made)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_json_line_says_when_who_what_and_for_which_request() -> None:
    made = record("%s: cannot publish\n次日", "queuing")
    made.created = 1_796_000_000.123
    with telemetry.span("TakeTicket", parent=HEADERS):
        line = as_json(made)
    assert line == {
        "time": "2026-11-30T00:53:20.123Z",
        "level": "WARNING",
        "service": "queuing",
        "site": "hanbin",
        "logger": "kit.outbox",
        "message": "queuing: cannot publish\n次日",
        "trace_id": TRACE,
        "request_id": "kiosk-7.42",
    }


def test_without_a_request_a_line_has_no_ids() -> None:
    assert not {"trace_id", "request_id", "span_id"} & as_json(record("sweeping")).keys()


def test_facts_become_fields_and_an_accident_keeps_its_stack() -> None:
    try:
        raise LookupError("no such lane")
    except LookupError:
        line = as_json(record("failed", extra={"facts": {"http.status": 503}}, error=True))
    assert line["http.status"] == 503
    assert "LookupError: no such lane" in line["exception"]


def test_a_request_s_id_goes_to_the_services_and_ends_with_the_request() -> None:
    sent: dict[str, str] = {}
    with telemetry.span("request", parent=HEADERS), telemetry.span("call"):
        telemetry.inject(sent)
    assert sent == HEADERS
    assert telemetry.request_id() == ""


@pytest.mark.parametrize(
    "text",
    [
        "990101199003070015",
        "11010519491231002X",
        "dup key: { id_number: '11010519491231002x' }",
        "110105491231002",
        "15400000017",
        "+86 13800138000",
        "电话13800138000。",
    ],
)
def test_what_looks_like_a_person_s_number_is_blotted_out(text: str) -> None:
    assert BLOT in blotted(text)
    assert BLOT in TextFormatter("intake").format(record("%s", text))
    try:
        raise ValueError(f"Value out of range: {text}")
    except ValueError:
        line = as_json(record("failed", error=True))
    assert BLOT in line["exception"]
    assert not any(digits in line["exception"] for digits in ("9003070015", "491231002", "00000017", "00138000"))


@pytest.mark.parametrize(
    "text",
    [
        f"trace={TRACE}",
        "request=13800138000abcdef0123456789abcdef",
        "tongban.queuing.v1/3/15400000017654",
        "1796000000123",
        "2026-11-22T14:00:35.414Z",
        "019aab1c-7d4e-7000-8000-154000000170",
        "610902",
        "offset 990101200013070015",
    ],
)
def test_ids_times_and_positions_are_left_alone(text: str) -> None:
    assert blotted(text) == text
