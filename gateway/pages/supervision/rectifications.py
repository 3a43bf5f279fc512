"""What follows from negative evaluations: an owner, an answer, a review (rules Q05, Q06)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.complaint.desk import people
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from tongban.evaluation.v1 import messages_pb2 as messages
from tongban.evaluation.v1 import service_pb2 as evaluation

blueprint = Blueprint("rectification", __name__)

STATES = enum_names(messages.RectificationState.DESCRIPTOR)
SHOWN = 30


@blueprint.get("/rectifications")
@staff("chief", "supervisor", "manager")
def listed() -> Response:
    """A center's rectifications."""
    mine = principal()
    state = request.args.get("state", "open")
    found = find(mine.center_id, STATES.get(state, 0), request.args.get("cursor", ""))
    at = center(mine.center_id)
    return page(
        "supervision/rectifications.html",
        center=at,
        departments=department_names(at),
        rectifications=found.rectifications,
        more=found.next_cursor,
        chosen=state,
    )


@blueprint.get("/rectifications/<rectification_id>")
@staff("chief", "supervisor", "manager")
def show(rectification_id: str) -> Response:
    """One rectification with what may be done next."""
    return _show(rectification_id, Form.blank())


@blueprint.post("/rectifications/<rectification_id>/assign")
@staff("supervisor", "manager")
def assign(rectification_id: str) -> Response:
    """Names the owner (谁办理、谁负责)."""

    def act(form: Form) -> str:
        staff_id, _, staff_name = form.text("staff").partition("|")
        sent = evaluation.AssignRectificationRequest(
            rectification_id=rectification_id,
            owner_department=form.text("department"),
            owner_staff_id=staff_id,
            owner_staff_name=staff_name,
            expected_version=form.version,
        )
        ask(clients().evaluation.AssignRectification, sent)
        return "assigned"

    return _done(rectification_id, act)


@blueprint.post("/rectifications/<rectification_id>/answer")
@staff("chief", "manager")
def answer(rectification_id: str) -> Response:
    """The owner says what was found and mended (rules Q06)."""

    def act(form: Form) -> str:
        sent = evaluation.AnswerRectificationRequest(
            rectification_id=rectification_id,
            findings=form.text("findings"),
            measures=form.text("measures"),
            callback_note=form.text("callback_note"),
            expected_version=form.version,
        )
        ask(clients().evaluation.AnswerRectification, sent)
        return "rectified"

    return _done(rectification_id, act)


@blueprint.post("/rectifications/<rectification_id>/review")
@staff("supervisor")
def review(rectification_id: str) -> Response:
    """Closes it or sends it back (复查, rules Q06)."""

    def act(form: Form) -> str:
        sent = evaluation.ReviewRectificationRequest(
            rectification_id=rectification_id,
            accepted=form.text("accepted") == "yes",
            note=form.text("note"),
            expected_version=form.version,
        )
        ask(clients().evaluation.ReviewRectification, sent)
        return "reviewed"

    return _done(rectification_id, act)


def find(center_id: str, state: int, cursor: str = "") -> evaluation.ListRectificationsResponse:
    """The rectifications of a center in a state; 0: in any."""
    wanted = evaluation.ListRectificationsRequest(
        center_id=center_id, state=messages.RectificationState.ValueType(state), limit=SHOWN, cursor=cursor
    )
    return ask(clients().evaluation.ListRectifications, wanted)


def _done(rectification_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("rectification.show", rectification_id=rectification_id, done=act(form)),
        lambda form: _show(rectification_id, form),
    )


def _show(rectification_id: str, form: Form) -> Response:
    wanted = evaluation.GetRectificationRequest(rectification_id=rectification_id)
    found = ask(clients().evaluation.GetRectification, wanted).rectification
    at = center(found.center_id)
    assigner = identity().actor.has("supervisor", "manager")
    return page(
        "supervision/rectification.html",
        status=form.status,
        rectification=found,
        center=at,
        departments=department_names(at),
        people=people(found.center_id) if assigner else [],
        form=form,
    )
