"""One trace from the browser through gateway, gRPC, MongoDB, the outbox and Kafka to the last consumer."""

from __future__ import annotations

from tests.integration.people import Town
from tests.telemetry.edges import check_a_ticket, check_an_acceptance
from tests.telemetry.receiver import Receiver


def test_a_ticket_is_one_trace_from_the_browser_to_the_last_consumer(town: Town, receiver: Receiver) -> None:
    check_a_ticket(town, receiver)


def test_an_acceptance_is_one_trace_over_two_events(town: Town, receiver: Receiver) -> None:
    spans = check_an_acceptance(town, receiver)
    published = [span for span in spans if span.kind == "producer"]
    assert [span.facts["messaging.destination.name"] for span in published] == [
        "tongban.intake.v1",
        "tongban.approval_routing.v1",
    ]


def test_what_nobody_asked_to_be_recorded_is_not(town: Town, receiver: Receiver) -> None:
    """The ratio of this site is 0, and it trusts its callers."""
    begun = {span.trace_id for span in receiver.spans if not span.parent_id}
    assert not begun
