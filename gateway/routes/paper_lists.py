"""Collected papers: lists by which they go to departments, and what is left to be fetched (rules B08, C16)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource
from gateway.clients import PAPER_DEADLINE, ask
from gateway.context import current_gateway
from gateway.models import (
    AnyKey,
    Body,
    CenterPath,
    Creating,
    Editing,
    IdPath,
    Key,
    Line,
    NamedPath,
    Omittable,
    OneOf,
    Paging,
    Reason,
    Said,
    id_or_code,
)
from gateway.routes.materials import as_attachment, pdf
from gateway.routing import ResourceRoutes
from gateway.signatures import Signature, decoded
from gateway.wire import build
from tongban.intake.v1 import bundles_pb2 as bundles
from tongban.intake.v1 import hand_overs_pb2 as pb

api = ResourceRoutes("paper_lists", "纸质材料交接")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PaperListBody(Body):
    """Which papers."""

    department_key: Key
    application_ids: Annotated[list[Key], Field(max_length=200)] = Field([], description="不填为该部门全部待交接的")


class SeenPaperList(Body):
    """The list that the signer has before them."""

    list_sha256: Sha256


class FoundLine(Body):
    """What the department found of a line."""

    application_id: Key
    material_key: Key
    state: Annotated[str, OneOf(pb.PaperLineState)]
    note: Line = Field("", description="缺少或者破损的必填")


class ReceivedPaperList(SeenPaperList):
    """What the department found, line by line."""

    lines: Annotated[list[FoundLine], Field(min_length=1, max_length=2000)]


class SettledLine(Body):
    """What became of a line that differed."""

    application_id: Key
    material_key: Key
    settlement: Annotated[str, OneOf(pb.PaperLineSettlement)]


class SettledPaperList(Body):
    """How the differences were cleared up."""

    lines: Annotated[list[SettledLine], Field(min_length=1, max_length=2000)]
    said: Said


class PaperListsQuery(Paging):
    """Which lists."""

    state: Omittable[Annotated[str, OneOf(pb.PaperListState)]] = None


class WaitingQuery(Paging):
    """Whose papers."""

    department: AnyKey = Field("", description="只列某部门的")


class LeftPieceBody(Body):
    """Originals of one material."""

    key: Key
    originals: Annotated[int, Field(ge=1, le=10_000)]


class LeftBody(Body):
    """What the applicant is to fetch."""

    pieces: Annotated[list[LeftPieceBody], Field(min_length=1, max_length=200)]
    place: Annotated[str, Field(min_length=1, max_length=100, description="存放处")]
    reason: Said = Field(description="须取回的原因")


class FetchedBody(Body):
    """Who fetched it, with their signature."""

    fetched_by: Annotated[str, Field(min_length=1, max_length=100, description="取件人姓名；留存时遮盖")]
    signature: Signature


@api.post("/centers/<center>/paper-lists", responses=gives(pb.PaperList, 201))
def draft_paper_list(path: CenterPath, header: Creating, body: PaperListBody) -> Response:
    """把某部门待交接的纸质材料制成交接清单。"""
    request = build(pb.DraftPaperListRequest, body, center_id=path.center)
    method = current_gateway().clients.keeping.DraftPaperList
    answer = ask(method, request, idempotency_key=header.idempotency_key)
    return resource(answer.list, 201, location=f"/api/v1/paper-lists/{answer.list.id}")


@api.get("/centers/<center>/paper-lists", responses=gives_page(pb.PaperList))
def list_paper_lists(path: CenterPath, query: PaperListsQuery) -> Response:
    """中心的材料交接清单；部门人员只见本部门的。"""
    request = build(pb.ListPaperListsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.keeping.ListPaperLists, request)
    return page(answer.lists, answer.next_cursor)


@api.get("/paper-lists/<id>", responses=gives(pb.PaperList))
def get_paper_list(path: IdPath) -> Response:
    """一张交接清单。"""
    return resource(ask(current_gateway().clients.keeping.GetPaperList, pb.GetPaperListRequest(list_id=path.id)).list)


@api.post("/paper-lists/<id>/give", responses=gives(pb.PaperList))
def give_paper_list(path: IdPath, header: Editing, body: SeenPaperList) -> Response:
    """移交人签名确认所见的清单。"""
    request = build(pb.GivePaperListRequest, body, list_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.keeping.GivePaperList, request).list)


@api.post("/paper-lists/<id>/receive", responses=gives(pb.PaperList))
def receive_paper_list(path: IdPath, header: Editing, body: ReceivedPaperList) -> Response:
    """部门逐项签收：收到、缺少或者破损。"""
    request = build(pb.ReceivePaperListRequest, body, list_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.keeping.ReceivePaperList, request).list)


@api.post("/paper-lists/<id>/settle", responses=gives(pb.PaperList))
def settle_paper_list(path: IdPath, header: Editing, body: SettledPaperList) -> Response:
    """处理交接差异，由双方以外的人员办理。"""
    request = build(pb.SettlePaperListRequest, body, list_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.keeping.SettlePaperList, request).list)


@api.post("/paper-lists/<id>/withdraw", responses=gives(pb.PaperList))
def withdraw_paper_list(path: IdPath, header: Editing, body: Reason) -> Response:
    """签收前撤回清单，材料重新待交接。"""
    request = build(pb.WithdrawPaperListRequest, body, list_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.keeping.WithdrawPaperList, request).list)


@api.get("/paper-lists/<id>/paper", responses=gives_file("application/pdf"))
def print_paper_list(path: IdPath) -> Response:
    """交接清单（PDF）：移交后的，或者签收后的。"""
    return printed(path.id)


@api.get("/centers/<center>/waiting-papers", responses=gives_page(bundles.PaperBundle))
def list_waiting_papers(path: CenterPath, query: WaitingQuery) -> Response:
    """待交接部门的纸质材料，等待最久的在前。"""
    request = bundles.ListWaitingPapersRequest(
        center_id=path.center, department_key=query.department, limit=query.limit, cursor=query.cursor
    )
    answer = ask(current_gateway().clients.keeping.ListWaitingPapers, request)
    return page(answer.bundles, answer.next_cursor)


@api.get("/centers/<center>/left-papers", responses=gives_page(bundles.PaperBundle))
def list_left_papers(path: CenterPath, query: Paging) -> Response:
    """申请人尚未取回的材料，存放最久的在前。"""
    request = build(bundles.ListLeftPapersRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.keeping.ListLeftPapers, request)
    return page(answer.bundles, answer.next_cursor)


@api.get("/applications/<ref>/papers-here", responses=gives(bundles.PaperBundle))
def get_paper_bundle(path: NamedPath) -> Response:
    """一件申请的纸质材料在哪里；申请人凭查询码。"""
    application_id, code = id_or_code(path.ref)
    request = bundles.GetPaperBundleRequest(application_id=application_id, code=code)
    return resource(ask(current_gateway().clients.keeping.GetPaperBundle, request).bundle)


@api.post("/applications/<id>/left-papers", responses=gives(bundles.PaperBundle))
def leave_papers(path: IdPath, header: Editing, body: LeftBody) -> Response:
    """登记待申请人取回的原件和存放处。"""
    request = build(bundles.LeavePapersRequest, body, application_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.keeping.LeavePapers, request).bundle)


@api.post("/applications/<id>/left-papers/fetch", responses=gives(bundles.PaperBundle))
def fetch_left_papers(path: IdPath, header: Editing, body: FetchedBody) -> Response:
    """申请人签名取回。"""
    request = bundles.FetchLeftPapersRequest(
        application_id=path.id,
        fetched_by=body.fetched_by,
        signature=decoded(body.signature),
        expected_version=header.version,
    )
    return resource(ask(current_gateway().clients.keeping.FetchLeftPapers, request).bundle)


@api.get("/applications/<id>/left-papers/signature", responses=gives_file("application/octet-stream"))
def get_left_papers_signature(path: IdPath) -> Response:
    """取回材料时的签名。"""
    request = bundles.GetLeftPapersSignatureRequest(application_id=path.id)
    answer = ask(current_gateway().clients.keeping.GetLeftPapersSignature, request)
    return signature_file(answer.content, answer.media_type)


def printed(list_id: str) -> Response:
    """A list as PDF."""
    method = current_gateway().clients.keeping.PrintPaperList
    answer = ask(method, pb.PrintPaperListRequest(list_id=list_id), timeout=PAPER_DEADLINE)
    return pdf(answer.pdf, f"{answer.title}{answer.number}.pdf")


def signature_file(content: bytes, media_type: str) -> Response:
    """A signature as a file to be kept; its type stands beside it."""
    response = Response(content, content_type="application/octet-stream")
    response.headers["X-Media-Type"] = media_type
    return as_attachment(response, "signature")
