"""The supervisor's overview: cards, clocks that run out soonest, what waits for review (rules G01–G03)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page
from gateway.pages.supervision.cards import find as cards_of
from gateway.pages.supervision.rectifications import find
from tongban.evaluation.v1 import messages_pb2 as evaluations
from tongban.supervision.v1 import service_pb2 as supervision

blueprint = Blueprint("oversight", __name__)


@blueprint.get("/supervision")
@staff("supervisor", "manager")
def overview() -> Response:
    """Cards by colour, what is due soonest, what waits for review."""
    mine = principal()
    colour = request.args.get("colour", "")
    cards = cards_of(mine.center_id, colour, request.args.get("cursor", ""))
    watches = ask(clients().supervision.ListWatches, supervision.ListWatchesRequest(center_id=mine.center_id, limit=15))
    waiting = find(mine.center_id, evaluations.RECTIFICATION_STATE_ANSWERED)
    at = center(mine.center_id)
    return page(
        "supervision/overview.html",
        center=at,
        departments=department_names(at),
        colour=colour,
        cards=cards.cards,
        more=cards.next_cursor,
        watches=watches.watches,
        waiting=waiting.rectifications,
    )
