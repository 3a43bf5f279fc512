"""What was printed of an application and its case, and further prints, for those who hand papers out."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.auth import identity
from gateway.clients import PAPER_DEADLINE, ask
from gateway.pages.access import staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.rendering import page
from gateway.routes.materials import pdf
from gateway.routes.papers import reprint_name
from kit.errors import NotFound
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.intake.v1 import papers_pb2 as intake_papers
from tongban.papers.v1 import messages_pb2 as papers

blueprint = Blueprint("printing", __name__)

_PRINTS = ("clerk", "chief", "reviewer", "approver")


@blueprint.get("/applications/<application_id>/printed")
@staff(*_PRINTS, "supervisor", "manager")
def printed(application_id: str) -> Response:
    """Every paper that was printed, with when, by whom and why it was printed again."""
    return _listed(application_id, Form.blank())


@blueprint.post("/applications/<application_id>/printed/reprint")
@staff(*_PRINTS)
def reprint(application_id: str) -> Response:
    """A further print of one of them (补打)."""

    def act(form: Form) -> Response:
        paper_id, reason = form.text("paper_id"), form.text("reason")
        if form.flag("of_case"):
            wanted = case_papers.ReprintCasePaperRequest(case_id=application_id, paper_id=paper_id, reason=reason)
            method = clients().approval_routing.ReprintCasePaper
            made = ask(method, wanted, timeout=PAPER_DEADLINE, idempotency_key=form.key)
            return pdf(made.pdf, reprint_name(made.title, made.number, made.copy.number))
        asked = intake_papers.ReprintPaperRequest(application_id=application_id, paper_id=paper_id, reason=reason)
        answer = ask(clients().intake.ReprintPaper, asked, timeout=PAPER_DEADLINE, idempotency_key=form.key)
        return pdf(answer.pdf, reprint_name(answer.title, answer.number, answer.copy.number))

    return carry_out(act, lambda form: _listed(application_id, form))


def _listed(application_id: str, form: Form) -> Response:
    wanted = intake_papers.ListPrintedPapersRequest(application_id=application_id)
    of_application = ask(clients().intake.ListPrintedPapers, wanted).papers
    return page(
        "papers/printed.html",
        status=form.status,
        form=form,
        application_id=application_id,
        of_application=of_application,
        of_case=_of_case(application_id),
        may_print=identity().actor.has(*_PRINTS),
    )


def _of_case(case_id: str) -> list[papers.PrintedPaper]:
    """Those of the case; there is none before acceptance."""
    try:
        wanted = case_papers.ListPrintedCasePapersRequest(case_id=case_id)
        return list(ask(clients().approval_routing.ListPrintedCasePapers, wanted).papers)
    except NotFound:
        return []
