"""Papers that were given: whether one is genuine, and further prints of it."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource
from gateway.clients import PAPER_DEADLINE, ask
from gateway.context import current_gateway
from gateway.models import Body, Code, Creating, IdPath, Key, Omittable, Params, Query, Reason, Said
from gateway.routes.materials import pdf
from gateway.routing import ResourceRoutes
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.intake.v1 import papers_pb2 as intake_papers
from tongban.papers.v1 import messages_pb2 as messages

api = ResourceRoutes("papers", "文书核验与补打")

#: What the verification codes of papers from approval_routing end in; all others are intake's.
CASE_PAPERS = "r"


class VerifyPath(Params):
    """A verification code."""

    code: Code = Field(description="文书上的验真码")


class VerifyQuery(Query):
    """A file to compare."""

    sha256: Omittable[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(
        None, description="所持电子文书的 SHA-256；给出时说明是否与出具的原件一致"
    )


class PrintedPath(IdPath):
    """A printed paper of an application."""

    paper: Key = Field(description="文书编号")


class CaseReprint(Body):
    """Which paper of a case, and why."""

    paper_id: Said = Field(description="文书编号，见已打印文书")
    reason: Said = Field(description="补打原因")


@api.get("/papers/<code>", responses=gives(messages.VerifiedPaper))
def verify_paper(path: VerifyPath, query: VerifyQuery) -> Response:
    """文书验真：凭文书上的验真码核对文号、出具机关、日期和效力。"""
    return resource(verified(path.code, query.sha256 or ""))


@api.post("/applications/<id>/papers/<paper>/reprints", responses=gives_file("application/pdf"))
def reprint_paper(path: PrintedPath, header: Creating, body: Reason) -> Response:
    """补打收件受理环节的文书（PDF）：加注补打次数、时间和人员，并留痕。"""
    request = intake_papers.ReprintPaperRequest(application_id=path.id, paper_id=path.paper, reason=body.reason)
    method = current_gateway().clients.intake.ReprintPaper
    answer = ask(method, request, timeout=PAPER_DEADLINE, idempotency_key=header.idempotency_key)
    return pdf(answer.pdf, reprint_name(answer.title, answer.number, answer.copy.number))


@api.get("/applications/<id>/printed-papers", responses=gives_page(messages.PrintedPaper))
def list_printed_papers(path: IdPath) -> Response:
    """已打印的收件受理文书及其补打记录。"""
    request = intake_papers.ListPrintedPapersRequest(application_id=path.id)
    return page(ask(current_gateway().clients.intake.ListPrintedPapers, request).papers)


@api.post("/cases/<id>/reprints", responses=gives_file("application/pdf"))
def reprint_case_paper(path: IdPath, header: Creating, body: CaseReprint) -> Response:
    """补打决定书、告知书（PDF）：加注补打次数、时间和人员，并留痕。"""
    request = case_papers.ReprintCasePaperRequest(case_id=path.id, paper_id=body.paper_id, reason=body.reason)
    method = current_gateway().clients.approval_routing.ReprintCasePaper
    answer = ask(method, request, timeout=PAPER_DEADLINE, idempotency_key=header.idempotency_key)
    return pdf(answer.pdf, reprint_name(answer.title, answer.number, answer.copy.number))


@api.get("/cases/<id>/printed-papers", responses=gives_page(messages.PrintedPaper))
def list_printed_case_papers(path: IdPath) -> Response:
    """已打印的决定书、告知书及其补打记录。"""
    request = case_papers.ListPrintedCasePapersRequest(case_id=path.id)
    return page(ask(current_gateway().clients.approval_routing.ListPrintedCasePapers, request).papers)


def verified(code: str, sha256: str) -> messages.VerifiedPaper:
    """A paper by its code, asked of the service whose it is. Raises ``NotFound``."""
    clients = current_gateway().clients
    if code.endswith(CASE_PAPERS):
        wanted = case_papers.VerifyCasePaperRequest(code=code, sha256=sha256)
        return ask(clients.approval_routing.VerifyCasePaper, wanted).paper
    return ask(clients.intake.VerifyPaper, intake_papers.VerifyPaperRequest(code=code, sha256=sha256)).paper


def reprint_name(title: str, number: str, copy: int) -> str:
    """What a further print is called as a file."""
    return f"{title}{number}（补打{copy}）.pdf"
