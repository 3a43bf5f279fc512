"""The page that an application's code opens: state, due date with its days, papers, result (rules AB06)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask, ask_for_paper
from gateway.pages.codes import as_meant
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients, limits
from gateway.pages.rendering import page, see
from gateway.requests import client_address
from gateway.routes.materials import pdf
from kit.errors import NotFound
from tongban.approval_routing.v1 import certificates_pb2 as certificates
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.approval_routing.v1 import service_pb2 as routing
from tongban.complaint.v1 import service_pb2 as complaint
from tongban.evaluation.v1 import service_pb2 as evaluation
from tongban.federation.v1 import messages_pb2 as crossings
from tongban.federation.v1 import service_pb2 as federation
from tongban.fees.v1 import messages_pb2 as bills
from tongban.fees.v1 import service_pb2 as fees
from tongban.intake.v1 import bundles_pb2 as bundles
from tongban.intake.v1 import service_pb2 as intake
from tongban.queuing.v1 import service_pb2 as queuing

blueprint = Blueprint("progress", __name__)


@blueprint.get("/progress")
def form() -> Response:
    """Asks for a code."""
    return _form(Form.blank())


@blueprint.post("/progress")
def find() -> Response:
    """Leads to whatever the code opens: a ticket, an application, a complaint; or shows a crossing by its number."""
    return carry_out(_find, _form)


@blueprint.get("/c/<code>")
def show(code: str) -> Response:
    """An application and its case, for whoever holds the code; or what was handed in here for another place."""
    try:
        application = ask(clients().intake.GetApplication, intake.GetApplicationRequest(code=code)).application
    except NotFound:
        return _crossing(ask(clients().federation.GetCrossing, federation.GetCrossingRequest(code=code)).crossing)
    case, days, clocks = _case(code)
    crossing = None
    if application.crossing_id:
        crossing = ask(clients().federation.GetCrossing, federation.GetCrossingRequest(code=code)).crossing
    return page(
        "progress/show.html",
        application=application,
        case=case,
        days=days,
        clocks=clocks,
        center=center(application.center_id),
        crossing=crossing,
        bill=_bill(case),
        bundle=ask(clients().keeping.GetPaperBundle, bundles.GetPaperBundleRequest(code=code)).bundle,
    )


@blueprint.get("/c/<code>/papers/<paper_id>.pdf")
def paper(code: str, paper_id: str) -> Response:
    """A paper as PDF."""
    answer = ask_for_paper(clients().intake.GetPaper, intake.GetPaperRequest(code=code, paper_id=paper_id))
    return pdf(answer.pdf, f"{answer.paper.title}{answer.paper.number}.pdf")


@blueprint.get("/c/<code>/decision.pdf")
def decision(code: str) -> Response:
    """The decision as PDF."""
    request = routing.GetDecisionPaperRequest(code=code)
    answer = ask_for_paper(clients().approval_routing.GetDecisionPaper, request)
    return pdf(answer.pdf, f"{answer.number}.pdf")


@blueprint.get("/c/<code>/result.pdf")
def certificate(code: str) -> Response:
    """The certificate as PDF; in full where it was delivered electronically."""
    wanted = certificates.GetResultPaperRequest(code=code)
    answer = ask_for_paper(clients().approval_routing.GetResultPaper, wanted)
    return pdf(answer.pdf, f"{answer.number}.pdf")


@blueprint.get("/c/<code>/notice.pdf")
def clock_notice(code: str) -> Response:
    """A notice about the clock as PDF."""
    wanted = routing.GetClockNoticeRequest(code=code, number=request.args.get("number", ""))
    answer = ask_for_paper(clients().approval_routing.GetClockNotice, wanted)
    return pdf(answer.pdf, f"{answer.number}.pdf")


def _crossing(crossing: crossings.Crossing) -> Response:
    return page("progress/crossing.html", crossing=crossing)


def _form(sent: Form) -> Response:
    return page("progress/form.html", status=sent.status, form=sent)


def _find(sent: Form) -> Response:
    limits().may_guess(client_address())
    if sent.text("number"):
        return _by_number(sent)
    code = as_meant(sent.text("code"))
    endpoint = _opens(code) if code.isascii() and code.isalnum() and len(code) <= 40 else ""
    if not endpoint:
        raise NotFound("code_unknown", "没有找到该查询码，请核对凭证上的 26 位字母和数字。", field="code")
    return see(endpoint, code=code)


def _by_number(sent: Form) -> Response:
    """A crossing by either place's number and the end of the applicant's ID number."""
    wanted = federation.GetCrossingRequest(number=sent.text("number"), id_tail=sent.text("id_tail"))
    return _crossing(ask(clients().federation.GetCrossing, wanted).crossing)


def _case(code: str) -> tuple[cases.Case | None, list[cases.ExplainedDay], list[cases.ExplainedClock]]:
    """The case with the days of its promise, and its clocks; there is none before acceptance, nor for a moment after it."""
    try:
        request = routing.ExplainDeadlineRequest(code=code)
        answer = ask(clients().approval_routing.ExplainDeadline, request)
    except NotFound:
        return None, [], []
    return answer.case, list(answer.days), list(answer.clocks)


def _bill(case: cases.Case | None) -> bills.Bill | None:
    """What an approved case costs; ``None`` where it costs nothing."""
    if case is None or case.decision.outcome != cases.OUTCOME_APPROVED:
        return None
    try:
        return ask(clients().fees.GetBillByCode, fees.GetBillByCodeRequest(code=case.code)).bill
    except NotFound:
        return None


def _opens(code: str) -> str:
    """The page that a code opens; empty when none does."""
    at = clients()
    doors = (
        ("ticket.show", lambda: ask(at.queuing.GetTicket, queuing.GetTicketRequest(code=code))),
        ("progress.show", lambda: ask(at.intake.GetApplication, intake.GetApplicationRequest(code=code))),
        ("progress.show", lambda: ask(at.federation.GetCrossing, federation.GetCrossingRequest(code=code))),
        ("complaint.progress", lambda: ask(at.complaint.GetComplaint, complaint.GetComplaintRequest(code=code))),
        ("evaluation.form", lambda: ask(at.evaluation.GetInvitation, evaluation.GetInvitationRequest(code=code))),
    )
    for endpoint, look in doors:
        try:
            look()
        except NotFound:
            continue
        return endpoint
    return ""
