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
from tongban.intake.v1 import bundles_pb2 as bundles
from tongban.intake.v1 import hand_overs_pb2 as lists
from tongban.supervision.v1 import service_pb2 as supervision

blueprint = Blueprint("oversight", __name__)

#: Cases whose papers weren't handed over in time, and lists that differ; what waits longest comes first.
_LATE_SHOWN = 50


@blueprint.get("/supervision")
@staff("supervisor", "manager")
def overview() -> Response:
    """Cards by colour, what is due soonest, what waits for review."""
    mine = principal()
    colour = request.args.get("colour", "")
    cards = cards_of(mine.center_id, colour, request.args.get("cursor", ""))
    watches = ask(clients().supervision.ListWatches, supervision.ListWatchesRequest(center_id=mine.center_id, limit=15))
    waiting = find(mine.center_id, evaluations.RECTIFICATION_STATE_ANSWERED)
    papers = bundles.ListWaitingPapersRequest(center_id=mine.center_id, limit=_LATE_SHOWN)
    differing = lists.ListPaperListsRequest(
        center_id=mine.center_id, state=lists.PAPER_LIST_STATE_DIFFERING, limit=_LATE_SHOWN
    )
    at = center(mine.center_id)
    return page(
        "supervision/overview.html",
        late_papers=[each for each in ask(clients().keeping.ListWaitingPapers, papers).bundles if each.late],
        differing=ask(clients().keeping.ListPaperLists, differing).lists,
        center=at,
        departments=department_names(at),
        colour=colour,
        cards=cards.cards,
        more=cards.next_cursor,
        watches=watches.watches,
        waiting=waiting.rectifications,
    )
