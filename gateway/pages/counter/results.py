"""Results at the window: made, handed out, or returned (rules I01–I05; 许可法 44)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.rendering import page, see
from gateway.pages.signing import signed
from gateway.wire import enum_names
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import pick_up_pb2 as pick_ups
from tongban.approval_routing.v1 import service_pb2 as routing

blueprint = Blueprint("results", __name__)

#: The states in which a case waits for the window.
WAITING = ("approved", "issued", "denied", "undelivered", "delivered")
STATES = enum_names(messages.CaseState.DESCRIPTOR)
SHOWN = 30
#: How a document is checked at pick-up, in words.
CHECKS = {"card_reader": "读卡核验", "seen": "当面核验", "other": "其他方式核验"}
_ROLES = ("clerk", "chief")


@blueprint.get("/results")
@staff(*_ROLES)
def listed() -> Response:
    """Decided cases by what is to be done with them."""
    return _listed(Form.blank(), request.args.get("state", ""))


@blueprint.post("/results/<case_id>/issue")
@staff(*_ROLES)
def issue(case_id: str) -> Response:
    """Makes the result of an approved case (出件)."""

    def act(form: Form) -> str:
        sent = routing.IssueResultRequest(case_id=case_id, expected_version=form.version)
        ask(clients().approval_routing.IssueResult, sent)
        return "issued"

    return _done(act, "issued")


@blueprint.post("/results/<case_id>/deliver")
@staff(*_ROLES)
def deliver(case_id: str) -> Response:
    """Hands the result, or the denial, to the applicant (送达)."""

    def act(form: Form) -> str:
        sent = routing.DeliverResultRequest(
            case_id=case_id,
            method=form.text("method"),
            received_by=form.text("received_by"),
            tracking_number=form.text("tracking_number"),
            expected_version=form.version,
            taker=pick_ups.Taker(
                by_agent=form.flag("by_agent"),
                id_type=form.text("id_type"),
                id_number=form.text("id_number"),
                check=form.text("check"),
                authority=form.text("authority"),
                signature=signed(form),
            ),
        )
        ask(clients().approval_routing.DeliverResult, sent)
        return "delivered"

    return _done(act, "delivered")


@blueprint.post("/results/<case_id>/return")
@staff(*_ROLES)
def give_back(case_id: str) -> Response:
    """Returns what could not be delivered (rules I03)."""

    def act(form: Form) -> str:
        sent = routing.ReturnResultRequest(case_id=case_id, reason=form.text("reason"), expected_version=form.version)
        ask(clients().approval_routing.ReturnResult, sent)
        return "returned_result"

    return _done(act, "undelivered")


def _done(act: Act, then: str) -> Response:
    return carry_out(
        lambda form: see("results.listed", state=then, done=act(form)), lambda form: _listed(form, form.text("state"))
    )


def _listed(form: Form, state: str) -> Response:
    shown = state if state in WAITING else WAITING[0]
    answer = ask(
        clients().approval_routing.ListCases,
        routing.ListCasesRequest(
            center_id=principal().center_id,
            scope=routing.CASE_SCOPE_CENTER,
            state=messages.CaseState.ValueType(STATES[shown]),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    return page(
        "counter/results.html",
        checks=list(CHECKS.items()),
        status=form.status,
        cases=answer.cases,
        more=answer.next_cursor,
        states=WAITING,
        shown=shown,
        form=form,
        case_id=request.view_args.get("case_id", "") if request.view_args else "",
    )
