"""The ticket that an application is made from, as queuing knows it (rules C12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import grpc

from kit.actor import Actor
from kit.errors import Conflict, Forbidden
from kit.rpc.client import invoke
from tongban.queuing.v1 import messages_pb2, service_pb2, service_pb2_grpc

#: How long queuing may take: shorter than a caller waits for intake, so that they learn the reason.
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class ServedTicket:
    """What intake needs to know of a ticket."""

    id: str
    center_id: str
    item_id: str
    serving: bool
    staff_id: str
    window_number: str
    journey: str


class Tickets(Protocol):
    """Asks for tickets."""

    def get(self, ticket_id: str, *, token: str) -> ServedTicket:
        """The ticket, seen by whoever the token proves. Raises what queuing raises, and ``Unavailable``."""
        ...


class QueuingTickets:
    """Asks queuing over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.QueuingServiceStub(channel)

    def get(self, ticket_id: str, *, token: str) -> ServedTicket:
        """The ticket, seen by whoever the token proves. Raises what queuing raises, and ``Unavailable``."""
        ticket = invoke(
            self._stub.GetTicket, service_pb2.GetTicketRequest(ticket_id=ticket_id), token=token, timeout=SECONDS
        ).ticket
        return ServedTicket(
            id=ticket.id,
            center_id=ticket.center_id,
            item_id=ticket.item_id,
            serving=ticket.state == messages_pb2.TICKET_STATE_SERVING,
            staff_id=ticket.staff_id,
            window_number=ticket.window_number,
            journey=ticket.journey,
        )


def require_served(ticket: ServedTicket, *, center_id: str, item_id: str, by: Actor) -> None:
    """The ticket is being served by this person for this item of this center.

    Raises ``Conflict`` (``ticket_not_for_item``, ``ticket_not_serving``) and ``Forbidden`` (``ticket_not_yours``).
    """
    if ticket.center_id != center_id or ticket.item_id != item_id:
        raise Conflict(
            "ticket_not_for_item", "该号票不是本中心这个事项的，请核对号票或转号后再收件。", ticket=ticket.id
        )
    if not ticket.serving:
        raise Conflict("ticket_not_serving", "该号票不在办理中，请先叫号并开始办理。", ticket=ticket.id)
    if ticket.staff_id != by.id:
        raise Forbidden("ticket_not_yours", "该号票由其他窗口人员办理，您不能收件。", ticket=ticket.id)
