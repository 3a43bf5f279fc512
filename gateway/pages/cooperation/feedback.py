"""What citizens said of cases of two sites, at the end that it concerns (rules Q05, R04, R05)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.pages.sites import sites
from gateway.wire import enum_names
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import urging_pb2 as messages

blueprint = Blueprint("feedback_desk", __name__)

SHOWN = 50
STATES = enum_names(messages.FeedbackState.DESCRIPTOR)


@blueprint.get("/cooperation/feedback")
@staff("chief", "supervisor", "manager")
def listed() -> Response:
    """Evaluations and complaints that went to another site, or came from one."""
    return _listed(Form.blank())


@blueprint.post("/cooperation/feedback/<feedback_id>/conclude")
@staff("chief", "supervisor", "manager")
def conclude(feedback_id: str) -> Response:
    """Says what was found and done; both ends then show it."""

    def act(form: Form) -> Response:
        sent = cooperation.ConcludeFeedbackRequest(
            feedback_id=feedback_id,
            findings=form.text("findings"),
            measures=form.text("measures"),
            callback_note=form.text("callback_note"),
            expected_version=form.version,
        )
        ask(clients().cooperation.ConcludeFeedback, sent)
        return see("feedback_desk.listed", done="feedback_concluded")

    return carry_out(act, lambda form: _listed(form, feedback_id))


@blueprint.post("/cooperation/feedback/<feedback_id>/contact")
@staff("chief", "supervisor")
def contact(feedback_id: str) -> Response:
    """Shows whom to call back for a stated purpose; audited (convention 13)."""

    def act(form: Form) -> Response:
        wanted = cooperation.ShowFeedbackContactRequest(feedback_id=feedback_id, purpose=form.text("purpose"))
        shown = ask(clients().cooperation.ShowFeedbackContact, wanted).contact
        return _listed(form, feedback_id, shown)

    return carry_out(act, lambda form: _listed(form, feedback_id))


def _listed(form: Form, feedback_id: str = "", shown: str = "") -> Response:
    """The list; ``shown`` is whom to call back about the one that was asked for."""
    mine = principal()
    wanted = cooperation.ListFeedbackRequest(
        center_id=mine.center_id,
        state=messages.FeedbackState.ValueType(STATES.get(request.args.get("state", ""), 0)),
        limit=SHOWN,
        cursor=request.args.get("cursor", ""),
    )
    answer = ask(clients().cooperation.ListFeedback, wanted)
    return page(
        "cooperation/feedback.html",
        status=form.status,
        feedback=answer.feedback,
        more=answer.next_cursor,
        form=form,
        sent=feedback_id,
        shown=shown,
        center=center(mine.center_id),
        sites=sites(*(place.site for each in answer.feedback for place in (each.given_at, each.concerns))),
    )
