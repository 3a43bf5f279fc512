"""Case files (案卷): lists, searches, the contents list, contents, filing (rules J01, J03, AG01)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, gives_page, page, resource
from gateway.clients import ask, fetch
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Day,
    Editing,
    IdPath,
    Key,
    Line,
    Omittable,
    OneOf,
    Paging,
    Purpose,
    Said,
)
from gateway.routes.materials import as_attachment
from gateway.routing import ResourceRoutes
from gateway.wire import build
from kit.ids import new_secret
from tongban.archive.v1 import messages_pb2 as messages
from tongban.archive.v1 import service_pb2 as pb

api = ResourceRoutes("case_files", "案卷")

#: How long filing may take, in seconds: every content is fetched and hashed.
FILING_SECONDS = 120.0


class CaseFilesQuery(Paging):
    """Which files: of a number, or of one of item, state and lacking."""

    number: str = Field("", max_length=60, description="办件流水号")
    state: Omittable[Annotated[str, OneOf(messages.CaseFileState)]] = None
    item_id: Omittable[Key] = None
    from_date: Omittable[Day] = None
    to_date: Omittable[Day] = None
    incomplete: bool = Field(False, description="只列待补齐的")


class PersonSearch(Body):
    """Whose files."""

    id_number: Annotated[str, Field(min_length=1, max_length=30, description="身份证件号码或统一社会信用代码")]
    purpose: Said = Field(description="查询目的，将记入审计")
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=512, pattern=r"^[\x21-\x7e]*$")] = ""


class Filing(Body):
    """Filing, also of what is incomplete."""

    despite: Line = Field("", description="缺件时仍归档的原因")


class FileEntryPath(IdPath):
    """A line of a contents list."""

    number: int = Field(ge=1, le=100_000, description="卷内序号")


@api.get("/centers/<center>/case-files", responses=gives_page(messages.CaseFile))
def list_case_files(path: CenterPath, query: CaseFilesQuery) -> Response:
    """中心的案卷；不含卷内目录。"""
    request = build(pb.ListCaseFilesRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.archive.ListCaseFiles, request)
    return page(answer.files, answer.next_cursor)


@api.post("/centers/<center>/case-files/search", responses=gives_page(messages.CaseFile))
def find_case_files(path: CenterPath, body: PersonSearch) -> Response:
    """按身份证件号码或统一社会信用代码查案卷；须说明目的并留痕。"""
    request = build(pb.FindCaseFilesRequest, body, center_id=path.center)
    answer = ask(current_gateway().clients.archive.FindCaseFiles, request, idempotency_key=new_secret())
    return page(answer.files, answer.next_cursor)


@api.post("/case-files/<id>/show", responses=gives(messages.CaseFile))
def show_case_file(path: IdPath, body: Purpose) -> Response:
    """查看案卷及卷内目录；须说明目的并留痕。"""
    request = pb.GetCaseFileRequest(file_id=path.id, purpose=body.purpose)
    answer = ask(current_gateway().clients.archive.GetCaseFile, request, idempotency_key=new_secret())
    return resource(answer.file)


@api.get("/case-files/<id>/entries/<number>", responses=gives_file("application/octet-stream"))
def download_file_entry(path: FileEntryPath) -> Response:
    """下载卷内的一件；记入审计。"""
    return file_entry(path.id, path.number)


@api.post("/case-files/<id>/file", responses=gives(messages.CaseFile))
def file_case(path: IdPath, header: Editing, body: Filing) -> Response:
    """归档：取回并保存全部内容；缺件的须写明原因。已归档的案卷归入新增内容。"""
    request = pb.FileCaseRequest(file_id=path.id, despite=body.despite, expected_version=header.version)
    answer = ask(current_gateway().clients.archive.FileCase, request, timeout=FILING_SECONDS)
    return resource(answer.file)


def file_entry(file_id: str, number: int) -> Response:
    """A content, to be kept and never shown in place: it may be anything."""
    request = pb.DownloadFileEntryRequest(file_id=file_id, number=number)
    client = current_gateway().clients.archive
    parts = fetch(client.DownloadFileEntry, request, pb.DownloadFileEntryResponse)
    entry = next(parts).entry  # what the service refuses, it refuses here
    response = Response((part.chunk for part in parts), content_type="application/octet-stream")
    if entry.size:
        response.headers["Content-Length"] = str(entry.size)
    response.headers["X-Media-Type"] = entry.media_type
    suffix = {"text/plain": ".txt", "application/pdf": ".pdf"}.get(entry.media_type, "")
    return as_attachment(response, entry.filename or f"{entry.number:04d} {entry.title}{suffix}")
