"""Reading cases behind the window: lists, one case, its papers, its journey (rules G02; convention 13)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask, ask_for_paper
from gateway.pages.access import principal, staff
from gateway.pages.approval.desk import show_case
from gateway.pages.approval.tasks import show_tasks
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page
from gateway.routes.materials import pdf
from tongban.approval_routing.v1 import service_pb2 as routing
from tongban.intake.v1 import service_pb2 as intake
from tongban.supervision.v1 import service_pb2 as supervision

blueprint = Blueprint("approval", __name__)

#: Lists of cases; those of running steps are in ``tasks``.
SCOPES = {
    "center": routing.CASE_SCOPE_CENTER,
    "extensions": routing.CASE_SCOPE_EXTENSIONS,
}
#: Who reads which extensions wait for the center.
REVIEWERS = ("manager", "supervisor")
SHOWN = 30
WORKERS = ("reviewer", "approver", "chief")
READERS = (*WORKERS, "clerk", "supervisor", "manager")


@blueprint.get("/approval")
@staff(*WORKERS, "supervisor", "manager")
def cases() -> Response:
    """What one may take, what one has taken, and all of the center."""
    mine = principal()
    scope = request.args.get("scope", "")
    if scope not in SCOPES:
        return show_tasks(Form.blank())
    if scope == "extensions" and not identity().actor.has(*REVIEWERS):
        scope = "center"
    answer = ask(
        clients().approval_routing.ListCases,
        routing.ListCasesRequest(
            center_id=mine.center_id, scope=SCOPES[scope], limit=SHOWN, cursor=request.args.get("cursor", "")
        ),
    )
    at = center(mine.center_id)
    return page(
        "approval/cases.html",
        cases=answer.cases,
        more=answer.next_cursor,
        scope=scope,
        reviews=identity().actor.has(*REVIEWERS),
        center=at,
        departments=department_names(at),
    )


@blueprint.get("/approval/cases/<case_id>")
@staff(*READERS)
def case(case_id: str) -> Response:
    """One case with what may be done next."""
    return show_case(case_id, Form.blank())


@blueprint.post("/approval/cases/<case_id>/applicant")
@staff(*WORKERS)
def applicant(case_id: str) -> Response:
    """Shows the applicant in full for a stated purpose; audited (convention 13)."""

    def act(form: Form) -> Response:
        wanted = intake.ShowApplicantRequest(application_id=case_id, purpose=form.text("purpose"))
        shown = ask(clients().intake.ShowApplicant, wanted).applicant
        return show_case(case_id, form, shown)

    return carry_out(act, lambda form: show_case(case_id, form))


@blueprint.get("/approval/cases/<case_id>/decision.pdf")
@staff(*READERS)
def decision_paper(case_id: str) -> Response:
    """The decision as PDF."""
    wanted = routing.GetDecisionPaperRequest(case_id=case_id)
    answer = ask_for_paper(clients().approval_routing.GetDecisionPaper, wanted)
    return pdf(answer.pdf, f"{answer.number}.pdf")


@blueprint.get("/approval/cases/<case_id>/notice.pdf")
@staff(*READERS)
def clock_notice(case_id: str) -> Response:
    """A notice about the clock as PDF."""
    wanted = routing.GetClockNoticeRequest(case_id=case_id, number=request.args.get("number", ""))
    answer = ask_for_paper(clients().approval_routing.GetClockNotice, wanted)
    return pdf(answer.pdf, f"{answer.number}.pdf")


@blueprint.get("/journeys/<journey_id>")
@staff(*READERS)
def journey(journey_id: str) -> Response:
    """A whole visit in order: who did what, when, by which rule."""
    found = ask(clients().supervision.GetJourney, supervision.GetJourneyRequest(journey_id=journey_id)).journey
    return page("approval/journey.html", journey=found)
