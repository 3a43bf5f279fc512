"""The page that a slip's code opens: where one stands, and which window calls."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, make_response, request

from gateway.clients import ask
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from kit.errors import NotFound, Unavailable
from tongban.evaluation.v1 import messages_pb2 as evaluation_messages
from tongban.evaluation.v1 import service_pb2 as evaluation
from tongban.queuing.v1 import messages_pb2 as messages
from tongban.queuing.v1 import service_pb2 as queuing

blueprint = Blueprint("ticket", __name__)

#: After these nothing happens any more that the page would have to ask for.
_OVER = frozenset({messages.TICKET_STATE_CANCELLED, messages.TICKET_STATE_EXPIRED})


@blueprint.get("/t/<code>")
def show(code: str) -> Response:
    """The ticket with its position."""
    return _show(code, Form.blank())


@blueprint.get("/t/<code>/status")
def status(code: str) -> Response:
    """The part of the page that changes; nothing when it is still as the asker saw it, so that no one hears it twice."""
    live = _live(_read(code))
    if request.args.get("seen") == live["seen"]:
        return make_response("", 204)
    return page("ticket/_live.html", **live)


@blueprint.post("/t/<code>/return")
def give_back(code: str) -> Response:
    """Brings a missed number back by the center's rule (facts 8)."""

    def act(form: Form) -> Response:
        ask(clients().queuing.ReturnTicket, queuing.ReturnTicketRequest(code=code))
        return see("ticket.show", code=code, done="returned")

    return carry_out(act, lambda form: _show(code, form))


@blueprint.post("/t/<code>/cancel")
def cancel(code: str) -> Response:
    """Gives the number up."""

    def act(form: Form) -> Response:
        ask(clients().queuing.CancelTicket, queuing.CancelTicketRequest(code=code))
        return see("ticket.show", code=code, done="cancelled")

    return carry_out(act, lambda form: _show(code, form))


def _read(code: str) -> queuing.GetTicketResponse:
    return ask(clients().queuing.GetTicket, queuing.GetTicketRequest(code=code))


def _show(code: str, form: Form) -> Response:
    answer = _read(code)
    return page(
        "ticket/show.html",
        status=form.status,
        center=center(answer.ticket.center_id),
        form=form,
        **_live(answer),
    )


def _live(answer: queuing.GetTicketResponse) -> dict[str, Any]:
    """What the changing part shows, and a digest of it."""
    ticket, position = answer.ticket, answer.position
    evaluable = _evaluable(ticket)
    seen = hashlib.sha256(
        f"{ticket.version} {position.ahead} {position.expected_wait_seconds // 60} {evaluable}".encode()
    ).hexdigest()[:16]
    over = ticket.state in _OVER or evaluable
    return {"ticket": ticket, "position": position, "evaluable": evaluable, "seen": seen, "over": over}


def _evaluable(ticket: messages.Ticket) -> bool:
    """Whether the visit waits to be evaluated; the invitation comes a moment after its end."""
    if ticket.state != messages.TICKET_STATE_FINISHED:
        return False
    try:
        request = evaluation.GetInvitationRequest(code=ticket.code)
        found = ask(clients().evaluation.GetInvitation, request).evaluation
    except (NotFound, Unavailable):
        return False
    return found.state == evaluation_messages.EVALUATION_STATE_INVITED
