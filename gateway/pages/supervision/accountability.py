"""Points of departments and people, and measures: proposed, decided, answered, recorded (rules G05)."""

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
from tongban.supervision.v1 import accountability_pb2 as messages
from tongban.supervision.v1 import measure_requests_pb2 as measure_requests

blueprint = Blueprint("accountability_desk", __name__)

STATES = enum_names(messages.MeasureState.DESCRIPTOR)
SHOWN = 30
_ANYBODY = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")


@blueprint.get("/supervision/points")
@staff("chief", "supervisor", "manager")
def points() -> Response:
    """What departments and people have in a period, for a chief those of the own department."""
    mine = principal()
    wanted = measure_requests.GetPointsRequest(center_id=mine.center_id, on=request.args.get("on", ""))
    at = center(mine.center_id)
    return page(
        "supervision/points.html",
        center=at,
        departments=department_names(at),
        table=ask(clients().supervision.GetPoints, wanted).points,
        on=request.args.get("on", ""),
    )


@blueprint.get("/supervision/measures")
@staff(*_ANYBODY)
def listed() -> Response:
    """Measures: all for supervision and managers, for others what was imposed on them."""
    mine = principal()
    state = request.args.get("state", "")
    found = ask(
        clients().supervision.ListMeasures,
        measure_requests.ListMeasuresRequest(
            center_id=mine.center_id,
            state=messages.MeasureState.ValueType(STATES.get(state, 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    at = center(mine.center_id)
    return page(
        "supervision/measures.html",
        center=at,
        departments=department_names(at),
        measures=found.measures,
        more=found.next_cursor,
        chosen=state,
        all=identity().actor.has("supervisor", "manager"),
    )


@blueprint.get("/supervision/measures/<measure_id>")
@staff(*_ANYBODY)
def show(measure_id: str) -> Response:
    """One measure with what may be done next."""
    return _show(measure_id, Form.blank())


@blueprint.post("/supervision/measures/<measure_id>/decide")
@staff("supervisor")
def decide(measure_id: str) -> Response:
    """Supervision imposes it or dismisses it."""

    def act(form: Form) -> str:
        sent = measure_requests.DecideMeasureRequest(
            measure_id=measure_id,
            imposed=_chosen(form, "imposed", "请选择作出处理或者不予处理。"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().supervision.DecideMeasure, sent)
        return "measure_decided"

    return _done(measure_id, act)


@blueprint.post("/supervision/measures/<measure_id>/answer")
@staff("clerk", "chief", "reviewer", "approver", "manager")
def answer(measure_id: str) -> Response:
    """Whoever it is about answers."""

    def act(form: Form) -> str:
        sent = measure_requests.AnswerMeasureRequest(
            measure_id=measure_id, text=form.text("text"), expected_version=form.version
        )
        ask(clients().supervision.AnswerMeasure, sent)
        return "measure_answered"

    return _done(measure_id, act)


@blueprint.post("/supervision/measures/<measure_id>/conclude")
@staff("supervisor")
def conclude(measure_id: str) -> Response:
    """Supervision records that it was carried out, or takes it back."""

    def act(form: Form) -> str:
        sent = measure_requests.ConcludeMeasureRequest(
            measure_id=measure_id,
            revoked=_chosen(form, "revoked", "请选择办结或者撤销。"),
            note=form.text("note"),
            expected_version=form.version,
        )
        ask(clients().supervision.ConcludeMeasure, sent)
        return "measure_concluded"

    return _done(measure_id, act)


def _chosen(form: Form, field: str, otherwise: str) -> bool:
    """Whether yes was chosen. Raises ``Invalid`` (``choice_required``) when nothing was."""
    if form.text(field) not in ("yes", "no"):
        raise Invalid("choice_required", otherwise, field=field)
    return form.text(field) == "yes"


def _done(measure_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("accountability_desk.show", measure_id=measure_id, done=act(form)),
        lambda form: _show(measure_id, form),
    )


def _show(measure_id: str, form: Form) -> Response:
    found = ask(clients().supervision.GetMeasure, measure_requests.GetMeasureRequest(measure_id=measure_id))
    measure, actor = found.measure, identity().actor
    at = center(measure.center_id)
    of_department = actor.has("chief", "manager") and actor.department == measure.department_key
    return page(
        "supervision/measure.html",
        status=form.status,
        measure=measure,
        points_now=found.points_now,
        center=at,
        departments=department_names(at),
        mine=actor.id == measure.person_id if measure.person_id else of_department,
        form=form,
    )
