"""Files of parts: kept before they are named in a part, and read at either end on the record."""

from __future__ import annotations

from flask import Response

from gateway.answers import gives, gives_file, resource
from gateway.clients import fetch, send
from gateway.context import current_gateway
from gateway.models import CenterPath
from gateway.routes.materials import FilePath, UploadForm, as_attachment
from gateway.routing import ResourceRoutes
from gateway.uploads import framed, named
from tongban.federation.v1 import part_requests_pb2 as pb
from tongban.federation.v1 import parts_pb2 as messages

api = ResourceRoutes("part_files", "协办件文件")


@api.post("/centers/<center>/part-files", responses=gives(messages.PartPaper, 201))
def upload_part_file(path: CenterPath, form: UploadForm) -> Response:
    """上传协办件的一个文件；在发起、答复或补交时以返回的摘要列入材料，随函送达对方。"""
    header = pb.PartFileHeader(center_id=path.center, filename=named(form.file), media_type=form.file.mimetype)
    frames = framed(pb.UploadPartFileRequest, header, form.file)
    answer = send(current_gateway().clients.cooperation.UploadPartFile, frames, pb.UploadPartFileResponse)
    return resource(answer.file, 201)


@api.get("/parts/<id>/files/<sha256>", responses=gives_file("application/octet-stream"))
def download_part_file(path: FilePath) -> Response:
    """下载协办件的一个文件；记入审计。"""
    request = pb.DownloadPartFileRequest(part_id=path.id, sha256=path.sha256)
    client = current_gateway().clients.cooperation
    parts = fetch(client.DownloadPartFile, request, pb.DownloadPartFileResponse)
    first = next(parts)  # what the service refuses, it refuses here
    response = Response((part.chunk for part in parts), content_type="application/octet-stream")
    response.headers["Content-Length"] = str(first.file.size)
    response.headers["X-Media-Type"] = first.file.media_type
    return as_attachment(response, first.file.filename)
