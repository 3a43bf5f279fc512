"""The complaint desk: assign, investigate, answer, call back, close, reopen (rules R03–R06)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.complaint.views import TOPICS
from gateway.pages.forms import Form
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from kit.errors import Forbidden, TongbanError
from tongban.complaint.v1 import messages_pb2 as messages
from tongban.complaint.v1 import service_pb2 as complaint
from tongban.workforce.v1 import service_pb2 as workforce

blueprint = Blueprint("complaint_desk", __name__)

STATES = enum_names(messages.ComplaintState.DESCRIPTOR)
SHOWN = 30

Act = Callable[[Form], object]


@blueprint.get("/complaints")
@staff("supervisor", "manager")
def cases() -> Response:
    """A center's complaints."""
    return _cases(Form.blank())


@blueprint.post("/complaints")
@staff("supervisor", "manager")
def take_call() -> Response:
    """Writes down a complaint that came by phone or in person (rules K05)."""
    form = Form.sent()
    try:
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
    except TongbanError as error:
        form.refuse(error)
        return _cases(form)
    return see("complaint_desk.case", complaint_id=answer.complaint.id, done="filed")


@blueprint.get("/complaints/<complaint_id>")
@staff("supervisor", "manager")
def case(complaint_id: str) -> Response:
    """One complaint with what may be done next."""
    return _case(complaint_id, Form.blank())


@blueprint.post("/complaints/<complaint_id>/show")
@staff("supervisor")
def show(complaint_id: str) -> Response:
    """Shows the complainant in full for a purpose; audited."""
    form = Form.sent()
    try:
        request = complaint.ShowComplainantRequest(complaint_id=complaint_id, purpose=form.text("purpose"))
        shown = ask(clients().complaint.ShowComplainant, request)
    except TongbanError as error:
        form.refuse(error)
        return _case(complaint_id, form)
    return _case(complaint_id, form, shown)


@blueprint.post("/complaints/<complaint_id>/assign")
@staff("supervisor", "manager")
def assign(complaint_id: str) -> Response:
    """Names who handles it."""

    def act(form: Form) -> object:
        staff_id, _, staff_name = form.text("staff").partition("|")
        request = complaint.AssignComplaintRequest(
            complaint_id=complaint_id,
            department_key=form.text("department"),
            staff_id=staff_id,
            staff_name=staff_name,
            expected_version=form.version,
        )
        return ask(clients().complaint.AssignComplaint, request)

    return _done(complaint_id, act, "assigned")


@blueprint.post("/complaints/<complaint_id>/investigate")
@staff("supervisor")
def investigate(complaint_id: str) -> Response:
    """Records what was found and who answers for it (rules R05)."""

    def act(form: Form) -> object:
        request = complaint.InvestigateComplaintRequest(
            complaint_id=complaint_id,
            findings=form.text("findings"),
            liability=form.text("liability"),
            expected_version=form.version,
        )
        return ask(clients().complaint.InvestigateComplaint, request)

    return _done(complaint_id, act, "investigated")


@blueprint.post("/complaints/<complaint_id>/answer")
@staff("supervisor")
def answer(complaint_id: str) -> Response:
    """Answers the complainant."""

    def act(form: Form) -> object:
        request = complaint.AnswerComplaintRequest(
            complaint_id=complaint_id, answer=form.text("answer"), expected_version=form.version
        )
        return ask(clients().complaint.AnswerComplaint, request)

    return _done(complaint_id, act, "answered")


@blueprint.post("/complaints/<complaint_id>/call-back")
@staff("supervisor")
def call_back(complaint_id: str) -> Response:
    """Records the call-back."""

    def act(form: Form) -> object:
        request = complaint.CallBackComplaintRequest(
            complaint_id=complaint_id,
            satisfied=form.text("satisfied") == "yes",
            note=form.text("note"),
            expected_version=form.version,
        )
        return ask(clients().complaint.CallBackComplaint, request)

    return _done(complaint_id, act, "called_back")


@blueprint.post("/complaints/<complaint_id>/close")
@staff("supervisor")
def close(complaint_id: str) -> Response:
    """Closes it."""

    def act(form: Form) -> object:
        request = complaint.CloseComplaintRequest(complaint_id=complaint_id, expected_version=form.version)
        return ask(clients().complaint.CloseComplaint, request)

    return _done(complaint_id, act, "complaint_closed")


@blueprint.post("/complaints/<complaint_id>/reopen")
@staff("supervisor", "manager")
def reopen(complaint_id: str) -> Response:
    """Takes a closed complaint up again, once."""

    def act(form: Form) -> object:
        request = complaint.ReopenComplaintRequest(complaint_id=complaint_id, reason=form.text("reason"))
        return ask(clients().complaint.ReopenComplaint, request)

    return _done(complaint_id, act, "reopened")


def _done(complaint_id: str, act: Act, notice: str) -> Response:
    form = Form.sent()
    try:
        act(form)
    except TongbanError as error:
        form.refuse(error)
        return _case(complaint_id, form)
    return see("complaint_desk.case", complaint_id=complaint_id, done=notice)


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
