"""What a window holds can't be done: reported, taken up level by level, decided in writing (rules C18)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from kit.errors import Invalid
from tongban.intake.v1 import denials_pb2 as denials
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as intake

blueprint = Blueprint("denying", __name__)

STATES = enum_names(denials.DenialState.DESCRIPTOR)
SHOWN = 30
_ROLES = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
_WINDOW = ("clerk", "chief")
#: Who files on a case that they work on.
_FILERS = (*_WINDOW, "reviewer", "approver")


@blueprint.get("/denials")
@staff(*_ROLES)
def listed() -> Response:
    """A center's reports, or those on one case."""
    mine = principal()
    application = request.args.get("application", "")[:64]
    state = request.args.get("state", "all" if application else "open")
    found = ask(
        clients().preparation.ListDenialReports,
        denials.ListDenialReportsRequest(
            center_id=mine.center_id,
            state=denials.DenialState.ValueType(STATES.get(state, 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
            application_id=application,
        ),
    )
    at = center(mine.center_id)
    return page(
        "denying/listed.html",
        center=at,
        departments=department_names(at),
        reports=found.reports,
        more=found.next_cursor,
        chosen=state,
        application=application,
        files=identity().actor.has(*(_FILERS if application else _WINDOW)),
    )


@blueprint.get("/denials/new")
@staff(*_FILERS)
def form() -> Response:
    """A report to be filed, on an application or on what somebody only asked for."""
    return _form(Form.blank())


@blueprint.post("/denials/new")
@staff(*_FILERS)
def file() -> Response:
    """Files it."""

    def act(sent: Form) -> Response:
        wanted = denials.FileDenialReportRequest(
            center_id=principal().center_id,
            application_id=sent.text("application"),
            asked_for=sent.text("asked_for"),
            reason=sent.text("reason"),
            basis=sent.text("basis"),
        )
        report = ask(clients().preparation.FileDenialReport, wanted, idempotency_key=sent.key).report
        return see("denying.show", report_id=report.id, done="denial_reported")

    return carry_out(act, _form)


@blueprint.get("/denials/<report_id>")
@staff(*_ROLES)
def show(report_id: str) -> Response:
    """One report with what its levels said."""
    return _show(report_id, Form.blank())


@blueprint.post("/denials/<report_id>/answer")
@staff("chief", "approver", "supervisor", "manager")
def answer(report_id: str) -> Response:
    """What the level whose turn it is says."""

    def act(sent: Form) -> str:
        if sent.text("agrees") not in ("yes", "no"):
            raise Invalid("answer_required", "请选择同意报备或者应当办理。", field="agrees")
        wanted = denials.AnswerDenialReportRequest(
            report_id=report_id,
            agrees=sent.text("agrees") == "yes",
            said=sent.text("said"),
            basis=sent.text("basis"),
            expected_version=sent.version,
        )
        ask(clients().preparation.AnswerDenialReport, wanted)
        return "denial_answered"

    return _done(report_id, act)


def _done(report_id: str, act: Act) -> Response:
    return carry_out(
        lambda sent: see("denying.show", report_id=report_id, done=act(sent)), lambda sent: _show(report_id, sent)
    )


def _form(sent: Form) -> Response:
    application_id = sent.text("application") or request.args.get("application", "")
    application: messages.Application | None = None
    if application_id:
        wanted = intake.GetApplicationRequest(application_id=application_id)
        application = ask(clients().intake.GetApplication, wanted).application
    return page("denying/new.html", status=sent.status, application=application, form=sent)


def _show(report_id: str, sent: Form) -> Response:
    wanted = denials.GetDenialReportRequest(report_id=report_id)
    report = ask(clients().preparation.GetDenialReport, wanted).report
    actor = identity().actor
    return page(
        "denying/report.html",
        status=sent.status,
        report=report,
        departments=department_names(center(report.center_id)),
        turn=bool(report.level) and actor.has(report.level),
        last=len(report.opinions) + 1 == len(report.levels),
        form=sent,
    )
