"""The certificate of a case's result: printed, and ended before its time (撤销、注销; 许可法 69, 70)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask, ask_for_paper
from gateway.pages.access import staff
from gateway.pages.approval.desk import show_case
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.rendering import see
from gateway.routes.materials import pdf
from tongban.approval_routing.v1 import certificates_pb2 as certificates

blueprint = Blueprint("certificates_desk", __name__)

_KINDS = {
    "revoked": certificates.RESULT_END_KIND_REVOKED,
    "cancelled": certificates.RESULT_END_KIND_CANCELLED,
}


@blueprint.get("/approval/cases/<case_id>/result.pdf")
@staff("clerk", "chief", "reviewer", "approver")
def certificate(case_id: str) -> Response:
    """The certificate as PDF, to be handed out."""
    wanted = certificates.GetResultPaperRequest(case_id=case_id)
    answer = ask_for_paper(clients().approval_routing.GetResultPaper, wanted)
    return pdf(answer.pdf, f"{answer.number}.pdf")


@blueprint.post("/approval/cases/<case_id>/end")
@staff("chief", "approver")
def end(case_id: str) -> Response:
    """Revokes the result, or strikes it from the register."""

    def act(form: Form) -> Response:
        sent = certificates.EndResultRequest(
            case_id=case_id,
            kind=_KINDS.get(form.text("kind"), certificates.RESULT_END_KIND_UNSPECIFIED),
            reason=form.text("reason"),
            basis=form.text("basis"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.EndResult, sent)
        return see("approval.case", case_id=case_id, done="result_ended")

    return carry_out(act, lambda form: show_case(case_id, form))
