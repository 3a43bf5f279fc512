"""Working on a case: claim, pass, return, reject, decide, pause, resume, extend (rules C10, C17, E01, F04; 许可法 38, 42, 45)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.approval.desk import show_case, step_key
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.rendering import see
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import service_pb2 as routing

blueprint = Blueprint("acts", __name__)

_WORKERS = ("reviewer", "approver", "chief")
_OUTCOMES = {"approved": messages.OUTCOME_APPROVED, "denied": messages.OUTCOME_DENIED}


@blueprint.post("/approval/cases/<case_id>/claim")
@staff(*_WORKERS)
def claim(case_id: str) -> Response:
    """Takes the open step."""

    def act(form: Form) -> str:
        sent = routing.ClaimStepRequest(case_id=case_id, expected_version=form.version, step_key=step_key())
        ask(clients().approval_routing.ClaimStep, sent)
        return "claimed"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/release")
@staff(*_WORKERS)
def release(case_id: str) -> Response:
    """Gives a taken step back."""

    def act(form: Form) -> str:
        sent = routing.ReleaseStepRequest(case_id=case_id, expected_version=form.version, step_key=step_key())
        ask(clients().approval_routing.ReleaseStep, sent)
        return "released"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/pass")
@staff(*_WORKERS)
def pass_step(case_id: str) -> Response:
    """Passes the step with an opinion."""

    def act(form: Form) -> str:
        sent = routing.PassStepRequest(
            case_id=case_id, opinion=form.text("opinion"), expected_version=form.version, step_key=step_key()
        )
        ask(clients().approval_routing.PassStep, sent)
        return "passed"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/return")
@staff(*_WORKERS)
def return_step(case_id: str) -> Response:
    """Sends the case back to the step before, with a reason (rules C17)."""

    def act(form: Form) -> str:
        sent = routing.ReturnStepRequest(
            case_id=case_id,
            reason=form.text("reason"),
            expected_version=form.version,
            step_key=step_key(),
            to_step=form.text("to_step"),
        )
        ask(clients().approval_routing.ReturnStep, sent)
        return "returned_step"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/reject")
@staff(*_WORKERS)
def reject_step(case_id: str) -> Response:
    """Proposes denial."""

    def act(form: Form) -> str:
        sent = routing.RejectStepRequest(
            case_id=case_id, reason=form.text("reason"), expected_version=form.version, step_key=step_key()
        )
        ask(clients().approval_routing.RejectStep, sent)
        return "rejected"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/decide")
@staff("approver", "chief")
def decide(case_id: str) -> Response:
    """Decides (许可法 38): a denial needs its reason and basis."""

    def act(form: Form) -> str:
        sent = routing.DecideCaseRequest(
            case_id=case_id,
            outcome=_OUTCOMES.get(form.text("outcome"), messages.OUTCOME_UNSPECIFIED),
            reason=form.text("reason"),
            basis=form.text("basis"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.DecideCase, sent)
        return "decided"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/pause")
@staff(*_WORKERS)
def pause(case_id: str) -> Response:
    """Stops the clock for a special procedure (许可法 45)."""

    def act(form: Form) -> str:
        sent = routing.PauseCaseRequest(
            case_id=case_id,
            kind=form.text("kind"),
            expected_days=form.number("expected_days"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.PauseCase, sent)
        return "case_paused"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/resume")
@staff(*_WORKERS)
def resume(case_id: str) -> Response:
    """Lets the clock run again."""

    def act(form: Form) -> str:
        sent = routing.ResumeCaseRequest(case_id=case_id, expected_version=form.version)
        ask(clients().approval_routing.ResumeCase, sent)
        return "case_resumed"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/extension")
@staff(*_WORKERS)
def extend(case_id: str) -> Response:
    """Asks for the one extension (许可法 42)."""

    def act(form: Form) -> str:
        sent = routing.ExtendCaseRequest(
            case_id=case_id,
            amount=form.number("amount"),
            reason=form.text("reason"),
            approved_by=form.text("approved_by"),
            expected_version=form.version,
        )
        extended = ask(clients().approval_routing.ExtendCase, sent).case
        waits = extended.extensions[-1].state == messages.EXTENSION_STATE_REQUESTED
        return "extension_asked" if waits else "case_extended"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/extension/review")
@staff("manager")
def review_extension(case_id: str) -> Response:
    """Says the center's word on an extension (rules ZZ15)."""

    def act(form: Form) -> str:
        granted = form.text("granted") == "yes"
        sent = routing.ReviewExtensionRequest(
            case_id=case_id, granted=granted, opinion=form.text("opinion"), expected_version=form.version
        )
        ask(clients().approval_routing.ReviewExtension, sent)
        return "case_extended" if granted else "extension_refused"

    return _done(case_id, act)


def _done(case_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("approval.case", case_id=case_id, done=act(form)), lambda form: show_case(case_id, form)
    )
