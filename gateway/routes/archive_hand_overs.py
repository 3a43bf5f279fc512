"""Handing case files over: the list, the receiver's word, the package (rules J02)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource
from gateway.clients import ask, fetch
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Creating, Editing, IdPath, Key, Paging, Reason, Said
from gateway.routes.materials import as_attachment
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.archive.v1 import messages_pb2 as messages
from tongban.archive.v1 import service_pb2 as pb

api = ResourceRoutes("archive_hand_overs", "案卷移交")


class HandOverBody(Body):
    """Which files go to whom."""

    file_ids: Annotated[list[Key], Field(min_length=1, max_length=200)]
    receiver_id: Key = Field(description="接收人的工作人员编号")
    receiver_name: Said


class HandOversQuery(Paging):
    """Which hand-overs."""

    to_me: bool = Field(False, description="只列待本人接收的")


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


@api.post("/archive-hand-overs/<id>/confirm", responses=gives(messages.ArchiveHandOver))
def confirm_archive_hand_over(path: IdPath, header: Editing, body: SeenList) -> Response:
    """接收人确认收到所见清单上的案卷。"""
    request = build(pb.ConfirmArchiveHandOverRequest, body, hand_over_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.archive.ConfirmArchiveHandOver, request).hand_over)


@api.post("/archive-hand-overs/<id>/return", responses=gives(messages.ArchiveHandOver))
def return_archive_hand_over(path: IdPath, header: Editing, body: Reason) -> Response:
    """接收人退回，说明原因。"""
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
