"""Seals: their picture, the right to use them, and the book of their uses."""

from __future__ import annotations

import base64
from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Creating, Editing, IdPath, Paging, Reason
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.catalog.v1 import seals_pb2 as pb
from tongban.intake.v1 import papers_pb2 as intake_papers
from tongban.papers.v1 import messages_pb2 as papers

api = ResourceRoutes("seals", "印章")


class SealBody(Body):
    """A seal with the right to use it."""

    department_key: Annotated[
        str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.-]*$", description="所属部门；留空为中心的印章")
    ] = ""
    name: Annotated[str, Field(min_length=1, max_length=60, description="如“受理专用章”")]
    kinds: Annotated[list[Annotated[str, Field(pattern=r"^[a-z_]{1,60}$")]], Field(min_length=1, max_length=50)] = (
        Field(description="用于哪些文书")
    )
    roles: Annotated[
        list[Annotated[str, Field(pattern=r"^(clerk|chief|reviewer|approver|manager|service)$")]],
        Field(min_length=1, max_length=10),
    ] = Field(description="哪些岗位出具的文书可以使用")
    image: Annotated[
        str,
        Field(
            min_length=1,
            max_length=140_000,
            pattern=r"^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            description="PNG 图样，base64",
        ),
    ]


class SealPapers(CenterPath):
    """A seal of a center."""

    seal: Annotated[str, Field(min_length=1, max_length=64)]


@api.post("/centers/<center>/seals", responses=gives(pb.Seal, 201))
def register_seal(path: CenterPath, header: Creating, body: SealBody) -> Response:
    """登记印章：图样、使用范围和授权岗位。"""
    request = build(pb.RegisterSealRequest, body.model_dump(exclude={"image"}), center_id=path.center)
    request.image = base64.b64decode(body.image)
    answer = ask(current_gateway().clients.catalog.RegisterSeal, request, idempotency_key=header.idempotency_key)
    return resource(answer.seal, 201, location=f"/api/v1/seals/{answer.seal.id}")


@api.get("/centers/<center>/seals", responses=gives_page(pb.Seal))
def list_seals(path: CenterPath, query: Paging) -> Response:
    """中心登记的印章，新登记的在前。"""
    answer = ask(current_gateway().clients.catalog.ListSeals, build(pb.ListSealsRequest, query, center_id=path.center))
    return page(answer.seals, answer.next_cursor)


@api.get("/seals/<id>", responses=gives_file("image/png"))
def get_seal(path: IdPath) -> Response:
    """印章的图样（PNG）。"""
    seal = ask(current_gateway().clients.catalog.GetSeal, pb.GetSealRequest(seal_id=path.id)).seal
    return Response(seal.image, content_type="image/png")


@api.post("/seals/<id>/withdraw", responses=gives(pb.Seal))
def withdraw_seal(path: IdPath, header: Editing, body: Reason) -> Response:
    """停用印章；已加盖的文书不变。"""
    request = build(pb.WithdrawSealRequest, body, seal_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.catalog.WithdrawSeal, request).seal)


@api.get("/centers/<center>/seals/<seal>/papers", responses=gives_page(papers.SealedPaper))
def list_sealed_papers(path: SealPapers, query: Paging) -> Response:
    """印章在收件受理文书上的使用记录。"""
    request = build(intake_papers.ListSealedPapersRequest, query, center_id=path.center, seal_id=path.seal)
    answer = ask(current_gateway().clients.intake.ListSealedPapers, request)
    return page(answer.papers, answer.next_cursor)


@api.get("/centers/<center>/seals/<seal>/case-papers", responses=gives_page(papers.SealedPaper))
def list_sealed_case_papers(path: SealPapers, query: Paging) -> Response:
    """印章在决定书、告知书和证照上的使用记录。"""
    request = build(case_papers.ListSealedCasePapersRequest, query, center_id=path.center, seal_id=path.seal)
    answer = ask(current_gateway().clients.case_papers.ListSealedCasePapers, request)
    return page(answer.papers, answer.next_cursor)
