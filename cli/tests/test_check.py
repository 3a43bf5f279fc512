"""``tongban check``: what it asks, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cli.check import Answer, check, over_http
from cli.refusal import Refusal

READY = Answer(200, {"status": "ready"})
TICKET = {"code": "ABC", "number": "A001"}
HALL = {
    ("GET", "/readyz"): READY,
    ("GET", "/api/v1/centers"): Answer(200, {"items": [{"id": "610900"}, {"id": "610902"}]}),
    ("GET", "/api/v1/centers/610900/items"): Answer(200, {"items": []}),
    ("GET", "/api/v1/centers/610902/items"): Answer(200, {"items": [{"id": "i1"}]}),
    ("POST", "/api/v1/centers/610902/tickets"): Answer(201, TICKET),
    ("GET", "/api/v1/tickets/ABC"): Answer(200, TICKET),
    ("POST", "/api/v1/tickets/ABC/cancel"): Answer(200, TICKET),
}


class Gateway:
    """Answers from a table, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = dict(HALL)
        self.asked: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.bodies: list[Mapping[str, str] | None] = []

    def __call__(self, method: str, path: str, body: Mapping[str, str] | None) -> Answer:
        self.asked.append((method, path))
        self.bodies.append(body)
        return self.answers[method, path]

    def check(self, center: str = "", item: str = "") -> None:
        check(self, center, item, self.said.append, patience=0)


def problem(status: int, code: str) -> Answer:
    return Answer(status, {"code": code, "detail": "说明"})


def test_a_ticket_is_taken_found_and_given_back_at_the_first_center_that_has_an_item() -> None:
    gateway = Gateway()
    gateway.check()
    assert gateway.asked[-3:] == [
        ("POST", "/api/v1/centers/610902/tickets"),
        ("GET", "/api/v1/tickets/ABC"),
        ("POST", "/api/v1/tickets/ABC/cancel"),
    ]
    assert gateway.bodies[-3] == {"item_id": "i1"}
    assert gateway.said[-1] == "took ticket A001 at 610902, found it, gave it back"


def test_a_center_and_an_item_that_are_named_are_taken() -> None:
    gateway = Gateway()
    gateway.check("610902", "other")
    assert gateway.asked[:2] == [("GET", "/readyz"), ("POST", "/api/v1/centers/610902/tickets")]
    assert gateway.bodies[1] == {"item_id": "other"}


@pytest.mark.parametrize("code", ["center_closed", "day_closed", "id_number_required", "precheck_required"])
def test_a_center_that_refuses_by_its_own_rules_has_answered(code: str) -> None:
    gateway = Gateway()
    gateway.answers["POST", "/api/v1/centers/610902/tickets"] = problem(409, code)
    gateway.check()
    assert gateway.said[-1].startswith("NOT TAKEN, by a rule of the center 610902: 409 " + code)


@pytest.mark.parametrize(
    ("where", "answer", "why"),
    [
        (("GET", "/readyz"), Answer(503, {"services": {"queuing": False, "intake": True}}), "don't answer: queuing$"),
        (("GET", "/api/v1/centers"), Answer(200, {"items": []}), "no center with a published item"),
        (("GET", "/api/v1/centers"), problem(503, "service_unavailable"), "can't be read: 503 service_unavailable"),
        (("POST", "/api/v1/centers/610902/tickets"), problem(503, "store_unavailable"), "no ticket .* 503 store_un"),
        (("GET", "/api/v1/tickets/ABC"), problem(404, "ticket_not_found"), "isn't found again: 404"),
        (("GET", "/api/v1/tickets/ABC"), Answer(200, {"number": "B002"}), "isn't found again"),
        (("POST", "/api/v1/tickets/ABC/cancel"), problem(409, "ticket_ended"), "can't be given back: 409 ticket_ended"),
    ],
)
def test_anything_else_is_a_failure_that_says_what(where: tuple[str, str], answer: Answer, why: str) -> None:
    gateway = Gateway()
    gateway.answers[where] = answer
    with pytest.raises(Refusal, match=why):
        gateway.check()


def test_nobody_there_and_no_address_are_told_apart() -> None:
    def nobody(*_: Any) -> Answer:
        raise ConnectionRefusedError("refused")

    with pytest.raises(Refusal, match="nobody answers"):
        check(nobody, "", "", print, patience=0)
    with pytest.raises(Refusal, match=r"file:///etc is no address"):
        over_http("file:///etc")
