"""The complaint desk: assign, investigate, answer, call back, close, reopen (rules R03–R06)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.complaint.views import TOPICS
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from kit.errors import Forbidden
from tongban.complaint.v1 import messages_pb2 as messages
from tongban.complaint.v1 import service_pb2 as complaint
from tongban.workforce.v1 import service_pb2 as workforce

blueprint = Blueprint("complaint_desk", __name__)

STATES = enum_names(messages.ComplaintState.DESCRIPTOR)
SHOWN = 30


@blueprint.get("/complaints")
@staff("supervisor", "manager")
def cases() -> Response:
    """A center's complaints."""
    return _cases(Form.blank())


@blueprint.post("/complaints")
@staff("supervisor", "manager")
def take_call() -> Response:
    """Writes down a complaint that came by phone or in person (rules K05)."""

    def act(form: Form) -> Response:
        sent = complaint.FileComplaintRequest(
            center_id=form.text("center"),
            source=messages.SOURCE_PHONE if form.text("source") == "phone" else messages.SOURCE_VISIT,
            topic=messages.Topic.ValueType(TOPICS.get(form.text("topic"), 0)),
            text=form.text("text"),
            anonymous=not form.text("name"),
            name=form.text("name"),
            phone=form.text("phone"),
        )
        answer = ask(clients().complaint.FileComplaint, sent, idempotency_key=form.key)
        return see("complaint_desk.case", complaint_id=answer.complaint.id, done="filed")

    return carry_out(act, _cases)


@blueprint.get("/complaints/<complaint_id>")
@staff("supervisor", "manager")
def case(complaint_id: str) -> Response:
    """One complaint with what may be done next."""
    return _case(complaint_id, Form.blank())


@blueprint.post("/complaints/<complaint_id>/show")
@staff("supervisor")
def show(complaint_id: str) -> Response:
    """Shows the complainant in full for a purpose; audited."""

    def act(form: Form) -> Response:
        request = complaint.ShowComplainantRequest(complaint_id=complaint_id, purpose=form.text("purpose"))
        shown = ask(clients().complaint.ShowComplainant, request)
        return _case(complaint_id, form, shown)

    return carry_out(act, lambda form: _case(complaint_id, form))


@blueprint.post("/complaints/<complaint_id>/assign")
@staff("supervisor", "manager")
def assign(complaint_id: str) -> Response:
    """Names who handles it."""

    def act(form: Form) -> str:
        staff_id, _, staff_name = form.text("staff").partition("|")
        request = complaint.AssignComplaintRequest(
            complaint_id=complaint_id,
            department_key=form.text("department"),
            staff_id=staff_id,
            staff_name=staff_name,
            expected_version=form.version,
        )
        ask(clients().complaint.AssignComplaint, request)
        return "assigned"

    return _done(complaint_id, act)


@blueprint.post("/complaints/<complaint_id>/investigate")
@staff("supervisor")
def investigate(complaint_id: str) -> Response:
    """Records what was found and who answers for it (rules R05)."""

    def act(form: Form) -> str:
        request = complaint.InvestigateComplaintRequest(
            complaint_id=complaint_id,
            findings=form.text("findings"),
            liability=form.text("liability"),
            expected_version=form.version,
        )
        ask(clients().complaint.InvestigateComplaint, request)
        return "investigated"

    return _done(complaint_id, act)


@blueprint.post("/complaints/<complaint_id>/answer")
@staff("supervisor")
def answer(complaint_id: str) -> Response:
    """Answers the complainant."""

    def act(form: Form) -> str:
        request = complaint.AnswerComplaintRequest(
            complaint_id=complaint_id, answer=form.text("answer"), expected_version=form.version
        )
        ask(clients().complaint.AnswerComplaint, request)
        return "answered"

    return _done(complaint_id, act)


@blueprint.post("/complaints/<complaint_id>/call-back")
@staff("supervisor")
def call_back(complaint_id: str) -> Response:
    """Records the call-back."""

    def act(form: Form) -> str:
        request = complaint.CallBackComplaintRequest(
            complaint_id=complaint_id,
            satisfied=form.text("satisfied") == "yes",
            note=form.text("note"),
            expected_version=form.version,
        )
        ask(clients().complaint.CallBackComplaint, request)
        return "called_back"

    return _done(complaint_id, act)


@blueprint.post("/complaints/<complaint_id>/close")
@staff("supervisor")
def close(complaint_id: str) -> Response:
    """Closes it."""

    def act(form: Form) -> str:
        request = complaint.CloseComplaintRequest(complaint_id=complaint_id, expected_version=form.version)
        ask(clients().complaint.CloseComplaint, request)
        return "complaint_closed"

    return _done(complaint_id, act)


@blueprint.post("/complaints/<complaint_id>/reopen")
@staff("supervisor", "manager")
def reopen(complaint_id: str) -> Response:
    """Takes a closed complaint up again, once."""

    def act(form: Form) -> str:
        request = complaint.ReopenComplaintRequest(complaint_id=complaint_id, reason=form.text("reason"))
        ask(clients().complaint.ReopenComplaint, request)
        return "reopened"

    return _done(complaint_id, act)


def _done(complaint_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("complaint_desk.case", complaint_id=complaint_id, done=act(form)),
        lambda form: _case(complaint_id, form),
    )


def _cases(form: Form) -> Response:
    center_id = principal().center_id
    answer = ask(
        clients().complaint.ListComplaints,
        complaint.ListComplaintsRequest(
            center_id=center_id,
            state=messages.ComplaintState.ValueType(STATES.get(request.args.get("state", ""), 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    return page(
        "complaint/cases.html",
        status=form.status,
        complaints=answer.complaints,
        more=answer.next_cursor,
        center=center(center_id),
        form=form,
    )


def _case(complaint_id: str, form: Form, shown: complaint.ShowComplainantResponse | None = None) -> Response:
    found = ask(clients().complaint.GetComplaint, complaint.GetComplaintRequest(complaint_id=complaint_id)).complaint
    at = center(found.center_id)
    return page(
        "complaint/case.html",
        status=form.status,
        complaint=found,
        center=at,
        departments=department_names(at),
        people=people(found.center_id),
        form=form,
        shown=shown,
    )


def people(center_id: str) -> list[tuple[str, str]]:
    """Staff of a center as options; only those who may list them get any."""
    try:
        answer = ask(clients().workforce.ListStaff, workforce.ListStaffRequest(center_id=center_id, limit=200))
    except Forbidden:
        return []
    return [(f"{each.id}|{each.name}", f"{each.name}（{each.badge_number}）") for each in answer.staff]
