"""Signing a step, writing down how it was done, and settling a part of a joint case (许可法 34, 46–48; facts 3)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.approval.desk import show_case, step_key
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.rendering import see
from kit.errors import Invalid
from tongban.approval_routing.v1 import conduct_pb2
from tongban.approval_routing.v1 import messages_pb2 as messages

blueprint = Blueprint("conduct_desk", __name__)

_WORKERS = ("reviewer", "approver", "chief")


@blueprint.post("/approval/cases/<case_id>/sign")
@staff(*_WORKERS)
def sign(case_id: str) -> Response:
    """Signs a step that somebody else does."""

    def act(form: Form) -> str:
        if form.text("agrees") not in ("yes", "no"):
            raise Invalid("choice_required", "请选择同意或者不同意。", field="agrees")
        sent = conduct_pb2.SignStepRequest(
            case_id=case_id,
            step_key=step_key(),
            agrees=form.text("agrees") == "yes",
            opinion=form.text("opinion"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.SignStep, sent)
        return "step_signed"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/aside")
@staff(*_WORKERS)
def aside(case_id: str) -> Response:
    """The reader asks to stay away from the case (回避)."""

    def act(form: Form) -> str:
        sent = conduct_pb2.StepAsideRequest(case_id=case_id, reason=form.text("reason"), expected_version=form.version)
        own = ask(clients().approval_routing.StepAside, sent).case.recusals[-1]
        return "recusal_asked" if own.state == messages.RECUSAL_STATE_REQUESTED else "stepped_aside"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/impose")
@staff("chief")
def impose(case_id: str) -> Response:
    """The chief keeps somebody away from the case."""

    def act(form: Form) -> str:
        sent = conduct_pb2.ImposeRecusalRequest(
            case_id=case_id,
            staff_id=form.text("staff_id"),
            reason=form.text("reason"),
            to_staff_id=form.text("to_staff_id"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.ImposeRecusal, sent)
        return "recusal_imposed"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/recusal")
@staff("chief")
def decide_recusal(case_id: str) -> Response:
    """The chief's word on a request to stay away."""

    def act(form: Form) -> str:
        if form.text("granted") not in ("yes", "no"):
            raise Invalid("choice_required", "请选择同意或者不同意。", field="granted")
        sent = conduct_pb2.DecideRecusalRequest(
            case_id=case_id,
            staff_id=form.text("staff_id"),
            granted=form.text("granted") == "yes",
            opinion=form.text("opinion"),
            to_staff_id=form.text("to_staff_id"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.DecideRecusal, sent)
        return "recusal_decided"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/record")
@staff(*_WORKERS)
def record(case_id: str) -> Response:
    """Writes down how the step was done."""

    def act(form: Form) -> str:
        sent = conduct_pb2.RecordStepRequest(
            case_id=case_id,
            step_key=step_key(),
            text=form.text("text"),
            held_on=form.text("held_on"),
            notified_on=form.text("notified_on"),
            place=form.text("place"),
            people=form.text("people").replace("，", "、").split("、"),
            presided_by=form.text("presided_by"),
            waived=form.flag("waived"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.RecordStep, sent)
        return "step_recorded"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/hearing")
@staff(*_WORKERS)
def plan_hearing(case_id: str) -> Response:
    """How far a hearing has come."""

    def act(form: Form) -> str:
        sent = conduct_pb2.PlanHearingRequest(
            case_id=case_id,
            step_key=step_key(),
            told_on=form.text("told_on"),
            asked_on=form.text("asked_on"),
            notified_on=form.text("called_on"),
            planned_on=form.text("planned_on"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.PlanHearing, sent)
        return "hearing_planned"

    return _done(case_id, act)


@blueprint.post("/approval/cases/<case_id>/settle")
@staff(*_WORKERS)
def settle(case_id: str) -> Response:
    """The lead needn't wait for a part of a joint case."""

    def act(form: Form) -> str:
        sent = conduct_pb2.SettlePartRequest(
            case_id=case_id,
            step_key=step_key(),
            by_commitment=form.text("way") == "commitment",
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.SettlePart, sent)
        return "part_settled"

    return _done(case_id, act)


def _done(case_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("approval.case", case_id=case_id, done=act(form)), lambda form: show_case(case_id, form)
    )
