"""The hall's board: latest calls, lanes and windows, live; the browser speaks the calls (rules A01, A11).

The server renders a center's board once a change, whoever listens, and sends it as a server-sent event.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from jinja2 import Template

from gateway.answers import event_stream
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page
from gateway.requests import client_address, client_gone
from tongban.queuing.v1 import service_pb2 as queuing

blueprint = Blueprint("board", __name__)

_TEMPLATE = "board/_hall.html"


@blueprint.get("/board/<center_id>")
def show(center_id: str) -> Response:
    """The board as it stands now; it keeps itself up to date."""
    at = center(center_id)
    board = ask(clients().queuing.GetBoard, queuing.GetBoardRequest(center_id=center_id))
    return page("board/show.html", center=at, board=board)


@blueprint.get("/board/<center_id>/events")
def events(center_id: str) -> Response:
    """The board's inside as server-sent events named ``board``."""
    template: Template = current_app.jinja_env.get_template(_TEMPLATE)

    def encode(board: queuing.GetBoardResponse) -> str:
        return template.render(board=board)

    gateway, address = current_gateway(), client_address()
    most = gateway.limits.boards_of(address)
    return event_stream(gateway.boards.listen(center_id, "html", encode, client_gone(), address=address, most=most))
