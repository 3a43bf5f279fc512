"""The traces that every site must leave, whatever store and bus it runs on: from the browser to the last consumer."""

from __future__ import annotations

import secrets

from tests.integration.people import Town
from tests.integration.visits import NURSE, Visit
from tests.telemetry.receiver import Receiver, Span, Step

QUEUING = "tongban.queuing.v1.QueuingService"
INTAKE = "tongban.intake.v1.IntakeService"


class Browser:
    """Whoever begins a trace: its header, and how the spans name it."""

    def __init__(self) -> None:
        self.trace_id, self.span_id = secrets.token_hex(16), secrets.token_hex(8)

    @property
    def headers(self) -> dict[str, str]:
        """Sent with a request."""
        return {"traceparent": f"00-{self.trace_id}-{self.span_id}-01"}


def check_a_ticket(town: Town, receiver: Receiver) -> list[Span]:
    """Taking a number: browser → gateway → gRPC → store → outbox → bus → consumer → its store."""
    visit, browser = Visit(town, NURSE), Browser()
    body = {"item_id": visit.guide["id"], "id_number": visit.person.id_number, "holder_name": visit.person.name}
    answer = town.public.ask("POST", f"centers/{visit.center}/tickets", json=body, headers=browser.headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["X-Trace-Id"] == browser.trace_id
    town.given.append(answer.json()["code"])
    call = f"{QUEUING}/TakeTicket"
    asked = [
        Step("gateway", "server", "POST /api/v1/centers/<center>/tickets"),
        Step("gateway", "client", call),
        Step("queuing", "server", call),
    ]
    stored = receiver.chain(browser.trace_id, *asked, Step("queuing", "client", "store insert ticket"))
    assert stored[0].parent_id == browser.span_id, "the browser's own span is the parent of ours"
    event = "tongban.queuing.ticket_taken.v1"
    return receiver.chain(
        browser.trace_id,
        *asked,
        Step("queuing", "producer", f"publish {event}"),
        Step("supervision", "consumer", f"consume {event}"),
        Step("supervision", "client", "store "),
    )


def check_an_acceptance(town: Town, receiver: Receiver) -> list[Span]:
    """Accepting an application: one trace over two events, intake's and the one that its effect causes."""
    visit, browser = Visit(town, NURSE), Browser()
    visit.hand_in()
    path = f"applications/{visit.application['id']}/accept"
    answer = visit.clerk.ask("POST", path, headers=browser.headers)
    assert answer.is_success, answer.text
    visit.case()
    return receiver.chain(
        browser.trace_id,
        Step("gateway", "server", "POST /api/v1/applications/<id>/accept"),
        Step("gateway", "client", f"{INTAKE}/AcceptApplication"),
        Step("intake", "server", f"{INTAKE}/AcceptApplication"),
        Step("intake", "producer", "publish tongban.intake.application_accepted.v1"),
        Step("approval_routing", "consumer", "consume tongban.intake.application_accepted.v1"),
        Step("approval_routing", "producer", "publish tongban.approval_routing.case_opened.v1"),
        Step("supervision", "consumer", "consume tongban.approval_routing.case_opened.v1"),
        Step("supervision", "client", "store "),
    )
