"""A clerk's window: opening it, calling, serving, sending on (rules A10, B02–B04, C13, I05)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.counter.desk import show_desk, window_of
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from tongban.queuing.v1 import service_pb2 as queuing

blueprint = Blueprint("counter", __name__)

_ROLES = ("clerk", "chief")


@blueprint.get("/counter")
@staff(*_ROLES)
def choose() -> Response:
    """Leads to the window that one is assigned to today, or asks which one it is."""
    mine = principal()
    if mine.window_id:
        return see("counter.window", window_id=mine.window_id)
    return windows()


@blueprint.get("/counter/windows")
@staff(*_ROLES)
def windows() -> Response:
    """The windows of one's center, to sit down at one."""
    mine = principal()
    answer = ask(clients().queuing.ListWindows, queuing.ListWindowsRequest(center_id=mine.center_id))
    return page("counter/windows.html", center=center(mine.center_id), windows=answer.windows)


@blueprint.get("/counter/<window_id>")
@staff(*_ROLES)
def window(window_id: str) -> Response:
    """The window with its ticket and application."""
    return show_desk(window_id, Form.blank())


@blueprint.get("/counter/<window_id>/queue")
@staff(*_ROLES)
def queue(window_id: str) -> Response:
    """How many wait for this window; asked for again and again."""
    mine = window_of(window_id)
    board = ask(clients().queuing.GetBoard, queuing.GetBoardRequest(center_id=mine.center_id))
    return page("counter/_queue.html", window=mine, lanes=[each for each in board.lanes if each.lane in mine.lanes])


@blueprint.post("/counter/<window_id>/open")
@staff(*_ROLES)
def open_window(window_id: str) -> Response:
    """Opens the window for whoever asks, or goes on after a pause."""

    def act(_form: Form) -> str:
        ask(clients().queuing.OpenWindow, queuing.OpenWindowRequest(window_id=window_id))
        return "opened"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/pause")
@staff(*_ROLES)
def pause_window(window_id: str) -> Response:
    """Pauses the window with a reason (rules B02, B04)."""

    def act(form: Form) -> str:
        ask(clients().queuing.PauseWindow, queuing.PauseWindowRequest(window_id=window_id, reason=form.text("reason")))
        return "paused"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/close")
@staff(*_ROLES)
def close_window(window_id: str) -> Response:
    """Closes the window (rules B03)."""

    def act(form: Form) -> str:
        ask(clients().queuing.CloseWindow, queuing.CloseWindowRequest(window_id=window_id, reason=form.text("reason")))
        return "closed"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/call")
@staff(*_ROLES)
def call(window_id: str) -> Response:
    """Calls the next number; nobody waiting is an answer."""

    def act(_form: Form) -> str:
        answer = ask(clients().queuing.CallNext, queuing.CallNextRequest(window_id=window_id))
        return "called" if answer.HasField("ticket") else "nobody"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/recall")
@staff(*_ROLES)
def recall(window_id: str, ticket_id: str) -> Response:
    """Calls the number again."""

    def act(form: Form) -> str:
        request = queuing.RecallTicketRequest(ticket_id=ticket_id, expected_version=form.version)
        ask(clients().queuing.RecallTicket, request)
        return "recalled"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/miss")
@staff(*_ROLES)
def miss(window_id: str, ticket_id: str) -> Response:
    """Marks the number as missed, with a reason (facts 8)."""

    def act(form: Form) -> str:
        request = queuing.MissTicketRequest(
            ticket_id=ticket_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().queuing.MissTicket, request)
        return "missed"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/return")
@staff(*_ROLES)
def bring_back(window_id: str, ticket_id: str) -> Response:
    """Brings a missed number back into the queue."""

    def act(_form: Form) -> str:
        ask(clients().queuing.ReturnTicket, queuing.ReturnTicketRequest(ticket_id=ticket_id))
        return "returned"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/transfer")
@staff(*_ROLES)
def transfer(window_id: str, ticket_id: str) -> Response:
    """Sends the number to another window or lane (rules A10)."""

    def act(form: Form) -> str:
        kind, _, key = form.text("to").partition(":")
        request = queuing.TransferTicketRequest(
            ticket_id=ticket_id,
            to_window_id=key if kind == "window" else "",
            to_lane=key if kind == "lane" else "",
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().queuing.TransferTicket, request)
        return "transferred"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/start")
@staff(*_ROLES)
def start(window_id: str, ticket_id: str) -> Response:
    """Begins the service."""

    def act(form: Form) -> str:
        request = queuing.StartServingRequest(ticket_id=ticket_id, expected_version=form.version)
        ask(clients().queuing.StartServing, request)
        return "started"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/hold")
@staff(*_ROLES)
def hold(window_id: str, ticket_id: str) -> Response:
    """Puts the service aside."""

    def act(form: Form) -> str:
        request = queuing.HoldTicketRequest(
            ticket_id=ticket_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().queuing.HoldTicket, request)
        return "held"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/resume")
@staff(*_ROLES)
def resume(window_id: str, ticket_id: str) -> Response:
    """Goes on with a held service at this window."""

    def act(form: Form) -> str:
        request = queuing.ResumeTicketRequest(ticket_id=ticket_id, window_id=window_id, expected_version=form.version)
        ask(clients().queuing.ResumeTicket, request)
        return "resumed"

    return _done(window_id, act)


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/finish")
@staff(*_ROLES)
def finish(window_id: str, ticket_id: str) -> Response:
    """Ends the service; the visitor is invited to evaluate it (rules I05, Q04)."""

    def act(form: Form) -> str:
        request = queuing.FinishTicketRequest(ticket_id=ticket_id, expected_version=form.version)
        ask(clients().queuing.FinishTicket, request)
        return "finished"

    return _done(window_id, act)


def _done(window_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("counter.window", window_id=window_id, done=act(form)), lambda form: show_desk(window_id, form)
    )
