"""Templates of papers (文书模板): a center's words and layout in editions, each from its day on."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource
from gateway.clients import PAPER_DEADLINE, ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Day, Editing, Paging, Said
from gateway.routes.materials import pdf
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.catalog.v1 import paper_editions_pb2 as pb
from tongban.intake.v1 import papers_pb2 as intake_papers

api = ResourceRoutes("paper_templates", "文书模板")

#: What is printed by approval_routing; all other papers are intake's.
OF_CASES = ("approved", "denied", "special_procedure", "extension", "result", "delivery_slip")
_Kind = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z_]+$", description="文书种类，如 receipt")]


class TemplatePath(CenterPath):
    """A center's template for a kind of paper."""

    kind: _Kind


class EditionPath(TemplatePath):
    """One edition of it."""

    number: Annotated[int, Field(ge=1, le=1_000_000, description="版次")]


class TemplateBody(Body):
    """What it says and how it looks."""

    wording: dict[str, Any] = Field(description="中心用语：letterhead、opening、closing、note、seal，可以只写其中几项")
    layout: dict[str, Any] = Field(description="版式：与文书原有版式不同的各项")


class PublishBody(Body):
    """From when on it holds, and why."""

    effective_on: Day = Field(description="施行日期；当天为立即施行")
    reason: Said = Field(description="修改原因")


@api.get("/centers/<center>/paper-templates", responses=gives_page(pb.PaperTemplate))
def list_paper_templates(path: CenterPath) -> Response:
    """各种文书的模板：现行的、待施行的和正在拟订的。"""
    request = pb.ListPaperTemplatesRequest(center_id=path.center)
    return page(ask(current_gateway().clients.catalog.ListPaperTemplates, request).templates)


@api.get("/centers/<center>/paper-templates/<kind>/editions", responses=gives_page(pb.PaperEdition))
def list_paper_editions(path: TemplatePath, query: Paging) -> Response:
    """一种文书的历次版本，最近的在前。"""
    request = build(pb.ListPaperEditionsRequest, query, center_id=path.center, kind=path.kind)
    answer = ask(current_gateway().clients.catalog.ListPaperEditions, request)
    return page(answer.editions, answer.next_cursor)


@api.get("/centers/<center>/paper-templates/<kind>/editions/<number>", responses=gives(pb.PaperEdition))
def get_paper_edition(path: EditionPath) -> Response:
    """文书模板的一版。"""
    request = pb.GetPaperEditionRequest(center_id=path.center, kind=path.kind, number=path.number)
    return resource(ask(current_gateway().clients.catalog.GetPaperEdition, request).edition)


@api.put("/centers/<center>/paper-templates/<kind>/draft", responses=gives(pb.PaperEdition))
def draft_paper_edition(path: TemplatePath, header: Editing, body: TemplateBody) -> Response:
    """拟订新版，或者修改正在拟订的一版；发布以前不影响出具的文书。"""
    request = build(
        pb.DraftPaperEditionRequest,
        body,
        center_id=path.center,
        kind=path.kind,
        expected_version=header.version,
    )
    return resource(ask(current_gateway().clients.catalog.DraftPaperEdition, request).edition)


@api.post("/centers/<center>/paper-templates/<kind>/editions/<number>/publish", responses=gives(pb.PaperEdition))
def publish_paper_edition(path: EditionPath, header: Editing, body: PublishBody) -> Response:
    """发布：自施行日期起出具的文书用这一版；发布后不能再改动，已经出具的文书不变。"""
    request = build(
        pb.PublishPaperEditionRequest,
        body,
        center_id=path.center,
        kind=path.kind,
        number=path.number,
        expected_version=header.version,
    )
    return resource(ask(current_gateway().clients.catalog.PublishPaperEdition, request).edition)


@api.post("/centers/<center>/paper-templates/<kind>/preview", responses=gives_file("application/pdf"))
def preview_paper(path: TemplatePath, body: TemplateBody) -> Response:
    """样张（PDF）：用虚构的办件按给出的用语和版式打印，每页标明“样张”；不作任何改变。"""
    return pdf(sample(path.center, path.kind, body.wording, body.layout), f"样张-{path.kind}.pdf")


def sample(center_id: str, kind: str, wording: dict[str, Any], layout: dict[str, Any]) -> bytes:
    """A sample by the service that prints the kind. Raises ``Invalid``, ``Forbidden``, ``Unavailable``."""
    clients = current_gateway().clients
    asked = {"center_id": center_id, "kind": kind, "wording": wording, "layout": layout}
    if kind in OF_CASES:
        of_case = build(case_papers.PreviewCasePaperRequest, asked)
        return ask(clients.case_papers.PreviewCasePaper, of_case, timeout=PAPER_DEADLINE).pdf
    return ask(clients.intake.PreviewPaper, build(intake_papers.PreviewPaperRequest, asked), timeout=PAPER_DEADLINE).pdf
