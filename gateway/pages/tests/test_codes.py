"""Codes: read as they were meant, shown as they can be read out."""

from __future__ import annotations

import pytest

from gateway.pages.codes import as_meant, grouped
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.queuing.v1.messages_pb2 import TICKET_STATE_WAITING, Ticket
from tongban.queuing.v1.service_pb2 import GetTicketResponse

CODE = "3k9h2m7x4q8w1z5t6v0y2b4c8d"


@pytest.mark.parametrize("path", [CODE.upper(), grouped(CODE), grouped(CODE).upper()])
def test_a_link_typed_in_capitals_or_groups_opens_the_ticket(visitor: Visitor, site: FakeSite, path: str) -> None:
    assert visitor.get(f"/t/{path}")[0] == 200
    assert {asked.request.code for asked in site.asked_of("GetTicket")} == {CODE}


def test_a_slip_shows_its_code_in_groups_of_four(visitor: Visitor, site: FakeSite) -> None:
    ticket = Ticket(id="t-1", number="A001", code=CODE, center_id="610902", state=TICKET_STATE_WAITING)
    site.answers("GetTicket", GetTicketResponse(ticket=ticket))
    text = visitor.get(f"/slips/{CODE}")[1]
    assert "3k9h 2m7x 4q8w 1z5t 6v0y 2b4c 8d" in text


def test_look_alikes_and_groups_are_read_as_they_were_given() -> None:
    assert as_meant(" 3K9H-2m7x Oil1 ") == "3k9h2m7x0111"
