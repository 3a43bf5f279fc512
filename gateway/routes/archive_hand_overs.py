"""Handing case files over: the list, the receiver's word, the package (rules J02)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource, whole
from gateway.clients import ask, ask_for_paper, fetch
from gateway.context import current_gateway
from gateway.models import AnyKey, Body, CenterPath, Creating, Editing, IdPath, Key, Line, Paging, Said
from gateway.routes.case_files import FILING_SECONDS
from gateway.routes.materials import as_attachment, pdf
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.archive.v1 import messages_pb2 as messages
from tongban.archive.v1 import service_pb2 as pb

api = ResourceRoutes("archive_hand_overs", "案卷移交")


class HandOverBody(Body):
    """Which files go to whom."""

    file_ids: Annotated[list[Key], Field(min_length=1, max_length=200)]
    receiver_id: AnyKey = Field("", description="接收人的工作人员编号；不填即由本中心档案管理员接收")
    receiver_name: Line = ""


class HandOversQuery(Paging):
    """Which hand-overs."""

    to_me: bool = Field(False, description="只列待本人接收的")


class ReturnedFile(Body):
    """Why one file of a list is returned."""

    file_id: Key
    reason: Said


class ReturnedHandOver(Body):
    """Why a list is returned, all of it or by line."""

    reason: Line = Field("", description="退回原因；逐卷写明的可以不填")
    lines: Annotated[list[ReturnedFile], Field(max_length=200)] = Field([], description="逐卷的退回原因")


class SeenList(Body):
    """The list that the receiver has before them."""

    list_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@api.post("/centers/<center>/archive-hand-overs", responses=gives(messages.ArchiveHandOver, 201))
def propose_archive_hand_over(path: CenterPath, header: Creating, body: HandOverBody) -> Response:
    """把已归档的案卷移交指定的接收人。"""
    request = build(pb.ProposeArchiveHandOverRequest, body, center_id=path.center)
    client = current_gateway().clients.archive
    answer = ask(client.ProposeArchiveHandOver, request, idempotency_key=header.idempotency_key)
    return resource(answer.hand_over, 201, location=f"/api/v1/archive-hand-overs/{answer.hand_over.id}")


@api.get("/centers/<center>/archive-hand-overs", responses=gives_page(messages.ArchiveHandOver))
def list_archive_hand_overs(path: CenterPath, query: HandOversQuery) -> Response:
    """中心的案卷移交；或待本人接收的。"""
    request = build(pb.ListArchiveHandOversRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.archive.ListArchiveHandOvers, request)
    return page(answer.hand_overs, answer.next_cursor)


@api.get("/archive-hand-overs/<id>", responses=gives(messages.ArchiveHandOver))
def get_archive_hand_over(path: IdPath) -> Response:
    """一次移交及其清单。"""
    request = pb.GetArchiveHandOverRequest(hand_over_id=path.id)
    return resource(ask(current_gateway().clients.archive.GetArchiveHandOver, request).hand_over)


@api.get("/archive-hand-overs/<id>/check", responses=gives(pb.CheckArchiveHandOverResponse))
def check_archive_hand_over(path: IdPath) -> Response:
    """接收前核对：逐件重新计算内容的 SHA-256，列出与清单不符之处。"""
    request = pb.CheckArchiveHandOverRequest(hand_over_id=path.id)
    return whole(ask(current_gateway().clients.archive.CheckArchiveHandOver, request, timeout=FILING_SECONDS))


@api.get("/archive-hand-overs/<id>/receipt", responses=gives_file("application/pdf"))
def get_archive_receipt(path: IdPath) -> Response:
    """移交接收回执（PDF）；双方签署之后。"""
    request = pb.GetArchiveReceiptRequest(hand_over_id=path.id)
    answer = ask_for_paper(current_gateway().clients.archive.GetArchiveReceipt, request)
    return pdf(answer.pdf, f"移交接收回执{answer.number}.pdf")


@api.post("/archive-hand-overs/<id>/confirm", responses=gives(messages.ArchiveHandOver))
def confirm_archive_hand_over(path: IdPath, header: Editing, body: SeenList) -> Response:
    """接收人签收所见清单上的案卷；签收前逐件重新核对内容。"""
    request = build(pb.ConfirmArchiveHandOverRequest, body, hand_over_id=path.id, expected_version=header.version)
    client = current_gateway().clients.archive
    return resource(ask(client.ConfirmArchiveHandOver, request, timeout=FILING_SECONDS).hand_over)


@api.post("/archive-hand-overs/<id>/return", responses=gives(messages.ArchiveHandOver))
def return_archive_hand_over(path: IdPath, header: Editing, body: ReturnedHandOver) -> Response:
    """接收人退回，说明原因，也可以逐卷说明。"""
    request = build(pb.ReturnArchiveHandOverRequest, body, hand_over_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.archive.ReturnArchiveHandOver, request).hand_over)


@api.get("/archive-hand-overs/<id>/package", responses=gives_file("application/zip"))
def download_archive_package(path: IdPath) -> Response:
    """下载移交包（ZIP：清单、METS 索引、全部文件）；逐卷记入审计。"""
    return package(path.id)


def package(hand_over_id: str) -> Response:
    """The package, streamed."""
    request = pb.DownloadArchivePackageRequest(hand_over_id=hand_over_id)
    parts = fetch(current_gateway().clients.archive.DownloadArchivePackage, request, pb.DownloadArchivePackageResponse)
    first = next(parts)  # what the service refuses, it refuses here

    def chunks() -> Iterator[bytes]:
        yield first.chunk
        yield from (part.chunk for part in parts)

    return as_attachment(Response(chunks(), content_type="application/zip"), f"{hand_over_id}.zip")
