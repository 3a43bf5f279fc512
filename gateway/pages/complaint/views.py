"""Filing a complaint and following it (rules K05, R03, R04)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients, limits
from gateway.pages.rendering import page, see
from gateway.requests import client_address
from gateway.wire import enum_names
from tongban.complaint.v1 import messages_pb2 as messages
from tongban.complaint.v1 import service_pb2 as complaint
from tongban.intake.v1 import service_pb2 as intake
from tongban.queuing.v1 import service_pb2 as queuing

blueprint = Blueprint("complaint", __name__)

TOPICS = enum_names(messages.Topic.DESCRIPTOR)


@blueprint.get("/complaint/<center_id>")
def start(center_id: str) -> Response:
    """The form; a ticket or a case that it is about stands in the address."""
    about = {name: request.args.get(name, "")[:64] for name in ("ticket", "case")}
    return _form(center_id, Form.blank(**about))


@blueprint.post("/complaint/<center_id>")
def file(center_id: str) -> Response:
    """Files it, and leads to its progress."""

    def act(form: Form) -> Response:
        limits().ticket(client_address())
        answer = ask(clients().complaint.FileComplaint, filed(center_id, form), idempotency_key=form.key)
        return see("complaint.progress", code=answer.complaint.code, done="filed")

    return carry_out(act, lambda form: _form(center_id, form))


@blueprint.get("/complaint/p/<code>")
def progress(code: str) -> Response:
    """How far a complaint is, for whoever holds the code."""
    return _progress(code, Form.blank())


@blueprint.post("/complaint/p/<code>/reopen")
def reopen(code: str) -> Response:
    """Has a closed complaint taken up again, once."""

    def act(form: Form) -> Response:
        request = complaint.ReopenComplaintRequest(code=code, reason=form.text("reason"))
        ask(clients().complaint.ReopenComplaint, request)
        return see("complaint.progress", code=code, done="reopened")

    return carry_out(act, lambda form: _progress(code, form))


def filed(center_id: str, form: Form) -> complaint.FileComplaintRequest:
    """The complaint that a form describes."""
    anonymous = form.flag("anonymous")
    return complaint.FileComplaintRequest(
        center_id=center_id,
        source=messages.SOURCE_PAGE,
        topic=messages.Topic.ValueType(TOPICS.get(form.text("topic"), 0)),
        text=form.text("text"),
        anonymous=anonymous,
        name="" if anonymous else form.text("name"),
        phone="" if anonymous else form.text("phone"),
        **_about(form),
    )


def _about(form: Form) -> dict[str, str]:
    """The visit that a complaint joins, found by its code. Raises ``NotFound`` when there is none."""
    ticket, case = form.text("ticket"), form.text("case")
    if ticket:
        visit = ask(clients().queuing.GetTicket, queuing.GetTicketRequest(code=ticket)).ticket
        return {"ticket_id": visit.id, "journey": visit.journey}
    if case:
        application = ask(clients().intake.GetApplication, intake.GetApplicationRequest(code=case)).application
        return {"case_id": application.id, "journey": application.journey}
    return {}


def _form(center_id: str, form: Form) -> Response:
    return page("complaint/form.html", status=form.status, center=center(center_id), form=form, topics=TOPICS)


def _progress(code: str, form: Form) -> Response:
    found = ask(clients().complaint.GetComplaint, complaint.GetComplaintRequest(code=code)).complaint
    return page(
        "complaint/progress.html", status=form.status, complaint=found, center=center(found.center_id), form=form
    )
